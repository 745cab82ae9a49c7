"""The messages by which screens ask the app to act: screens do not know the app."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from fftui.experiment import Experiment

if TYPE_CHECKING:
    from fftui.runs.view import RunView
    from fftui.studies.study import Scale, Study


@dataclass
class StartRun(Message):
    """Start a run of `experiment`, made from `preset`, and show it."""

    experiment: Experiment
    preset: str | None


@dataclass
class ResumeRun(Message):
    """Resume the interrupted `run` and show it."""

    run: str


@dataclass
class HandOver(Message):
    """Stop `run`, of this process, with a checkpoint, go on with it in the background, and quit."""

    run: str


@dataclass
class OpenRun(Message):
    """Show `run`: this process's own, or one from its journal."""

    run: str


@dataclass
class RunEnded(Message):
    """`run`, of another process, has ended while it was shown; `view` is its last."""

    run: str
    view: "RunView"


@dataclass
class EditRun(Message):
    """Open what `run` was asked to do in the form."""

    run: str


@dataclass
class EditAgain(Message):
    """Open `experiment`, made from `preset`, in the form: a run of it could not be started."""

    experiment: Experiment
    preset: str | None


@dataclass
class ShowSettings(Message):
    """Show what `run` was asked to do."""

    run: str


@dataclass
class LookInto(Message):
    """Show what `run` has learned, first in `layer` (from 1)."""

    run: str
    layer: int = 1


@dataclass
class OpenStudy(Message):
    """Show `study`."""

    study: "Study"


@dataclass
class StartStudy(Message):
    """Run the missing trials of `study`."""

    study: "Study"


@dataclass
class OpenClaims(Message):
    """Show the paper's claims at `scale`."""

    scale: "Scale"


@dataclass
class ShowFigures(Message):
    """Show the figures of the studies, runs or paper's figures `names`, of studies at `scale`."""

    title: str
    names: tuple[str, ...]
    scale: "Scale" = "full"


@dataclass
class OpenSweep(Message):
    """Show the sweep called `name`."""

    name: str


@dataclass
class StartSweep(Message):
    """Carry trials of the sweep called `name` out, until it has `total`."""

    name: str
    total: int
