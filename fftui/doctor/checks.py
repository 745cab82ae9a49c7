"""Results of the doctor, one fact each: its state, its value, and advice where it is missing or
weak.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

# ok: there; note: there, with something to know; missing: would give more; broken: fftui cannot do
# without it
State = Literal["ok", "note", "missing", "broken"]
Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]


@dataclass(frozen=True)
class Check:
    """One fact. `key` names it in JSON and carries the unit of `value`; `text` is the value for
    people.

    `advice` is one line: what the piece would give and how to get it. Empty where there is nothing
    to do.
    """

    key: str
    label: str
    state: State
    value: Json
    text: str
    advice: str = ""


@dataclass(frozen=True)
class Section:
    """The facts of one subject, in the order in which they are read."""

    key: str
    title: str
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Report:
    """All sections, in the order in which they are read."""

    sections: tuple[Section, ...]

    @property
    def broken(self) -> tuple[Check, ...]:
        """The facts that keep fftui from working."""
        return self.in_state("broken")

    def in_state(self, state: State) -> tuple[Check, ...]:
        """The facts in one state, in order."""
        return tuple(
            check for section in self.sections for check in section.checks if check.state == state
        )


def first_line(error: BaseException | str) -> str:
    """The first line of an error's message, without the full stop; the error's type where it has
    none.
    """
    text = str(error).strip()
    return text.splitlines()[0].rstrip(". ") if text else type(error).__name__
