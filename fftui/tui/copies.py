"""`Copy`, something on a screen that can be copied, and what a screen says of itself for that."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from fftui.inert import one_line

SHOWN = 52  # cells of a line about what is copied


@dataclass(frozen=True)
class Copy:
    """Something to copy: the key that chooses it, what it is, and its text."""

    key: str
    name: str
    text: str

    @property
    def summary(self) -> str:
        """What it is, and the beginning of it where it is one line."""
        if "\n" in self.text:
            return f"{self.name} ({len(self.text.splitlines())} lines)"
        shown = one_line(f"{self.name}: {self.text}".replace("\t", "  "))
        return shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 1]}…"


@runtime_checkable
class OffersCopies(Protocol):
    """A screen with something to copy beside its rows."""

    def copies(self) -> Iterable[Copy]:
        """What can be copied."""
        ...


@runtime_checkable
class ShowsRun(Protocol):
    """A screen that shows a run, or has one under its cursor."""

    @property
    def run_shown(self) -> str | None:
        """The id of the run; None where there is none."""
        ...
