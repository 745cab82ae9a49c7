"""The states from which the ways out lead."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..pseudo_terminal import Child, until


@dataclass(frozen=True)
class State:
    """What the program is started as, and what brings it there; `run` says what carries a run out:
    the screen, no screen, or nothing.
    """

    kind: str
    reach: Callable[[Child, Path], object]
    has_run: bool = True
    has_screen: bool = True
    paused: bool = False


def _picking(child: Child, _: Path) -> None:
    child.read_until(b"quickstart")


def _form(child: Child, _: Path) -> None:
    _picking(child, _)
    child.press("\r")
    child.read_until(b"Start")


def _comparing(child: Child, _: Path) -> None:
    _picking(child, _)
    child.press("r")
    child.read_until(b"Mark")
    child.read_until(b"by hand")
    for keys in (" ", "\x1b[B", " ", "c"):
        child.press(keys)
    child.read_until(b"Metric")


def _training(child: Child, _: Path) -> None:
    child.read_until(b"learning")


def _paused(child: Child, _: Path) -> None:
    _training(child, _)
    child.press("p")
    child.read_until(b"paused")


def _evaluating(child: Child, folder: Path) -> None:
    child.read_until(b"Layers")
    until((folder / "evaluating").exists, "for an evaluation")


def _bar(child: Child, _: Path) -> None:
    child.read_until(b"epoch")


STATES = {
    "picking": State("no run", _picking, has_run=False),
    "form": State("no run", _form, has_run=False),
    "comparing": State("no run", _comparing, has_run=False),
    "training": State("training", _training),
    "paused": State("training", _paused, paused=True),
    "evaluating": State("evaluating", _evaluating),
    "headless": State("headless", _bar, has_screen=False),
    "headless, at its end": State("short", _bar, has_screen=False),
}
