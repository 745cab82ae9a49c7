"""What carries a run out asks of a training: the one of `fftui.learning`, or a stand-in in a test."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from fftui import events as ev
from fftui.experiment import Experiment

if TYPE_CHECKING:
    from fftui.learning.state import TrainingState

Position = tuple[int | None, int | None, int | None]


class Learning(Protocol):
    """What a carrier asks of a training (`fftui.learning.training.Training`)."""

    @property
    def position(self) -> Position:
        """Phase, layer and epoch that learn now."""

    @property
    def cuda_uuid(self) -> str | None:
        """The GPU that learns."""

    def __next__(self) -> ev.Event: ...

    def ended(self, status: ev.Status, error: str | None = None) -> ev.RunFinished:
        """How the run stands if it ends here."""

    def close(self) -> None:
        """Stop."""

    def skip_layer(self) -> None:
        """Go on with the next layer."""

    def state(self) -> "TrainingState":
        """What it takes to go on from here."""

    def pop_windows(self) -> Iterator[ev.WindowMeasured]:
        """Windows of time that ended and are no event yet."""


class OpenLearning(Protocol):
    """Makes a training; `fftui.learning.training.train` is one."""

    def __call__(
        self, experiment: Experiment, *, run: str, data_folder: Path | None, device: str, state: "TrainingState | None"
    ) -> Learning:
        """Raises what `train` raises."""


def open_training(
    experiment: Experiment, *, run: str, data_folder: Path | None, device: str, state: "TrainingState | None"
) -> Learning:
    """The training of `experiment`. Loads torch. Raises what `train` raises."""
    from fftui.learning.training import train  # noqa: PLC0415 - seconds

    return train(experiment, run=run, data_folder=data_folder, device=device, state=state)
