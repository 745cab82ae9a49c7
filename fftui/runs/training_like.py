"""The interface between a run and its training: that of `fftui.learning`, or a fake one
in a test.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from fftui import events as ev
from fftui.events import EpochKey
from fftui.experiment import Experiment

if TYPE_CHECKING:
    from fftui.learning.state import TrainingState


class TrainingLike(Protocol):
    """A training as a run thread needs it (`fftui.learning.training.Training`): an iterator of
    events.
    """

    @property
    def epoch_key(self) -> EpochKey:
        """The phase, layer and epoch being learned."""

    @property
    def cuda_uuid(self) -> str | None:
        """UUID of the GPU that learns; None on another device."""

    def __next__(self) -> ev.Event: ...

    def ended(self, status: ev.Status, error: str | None = None) -> ev.RunFinished:
        """The run's last event if the run ends now with `status`."""

    def close(self) -> None:
        """Stop the training."""

    def skip_layer(self) -> None:
        """End the layer being learned after the current step."""

    def state(self) -> "TrainingState":
        """The state from which the training can be resumed."""

    def pop_windows(self) -> Iterator[ev.WindowMeasured]:
        """The finished windows of time that have not been stated as events yet."""


class StartTraining(Protocol):
    """A function that starts a training, such as `fftui.learning.training.train`."""

    def __call__(
        self,
        experiment: Experiment,
        *,
        run: str,
        data_folder: Path | None,
        device: str,
        state: "TrainingState | None",
    ) -> TrainingLike:
        """Start the training of `experiment`, from `state` if given. Raises what `train` raises."""


def start_training(
    experiment: Experiment,
    *,
    run: str,
    data_folder: Path | None,
    device: str,
    state: "TrainingState | None",
) -> TrainingLike:
    """Start the training of `experiment`, from `state` if given; loads torch. Raises what `train`
    raises.
    """
    from fftui.learning.training import train  # noqa: PLC0415 - seconds

    return train(experiment, run=run, data_folder=data_folder, device=device, state=state)
