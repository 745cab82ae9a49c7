"""Where a resumed run goes on: at its last checkpoint."""

from typing import TYPE_CHECKING

from fftui import events as ev
from fftui.errors import RequestError
from fftui.runs.run_outputs import RunOutputs

if TYPE_CHECKING:
    from fftui.learning.state import TrainingState


def last_state(outputs: RunOutputs) -> "TrainingState | None":
    """The state of the run's last checkpoint, with the journal read back into the view; None, which
    is noted, where there is none. Loads torch.

    Raises RequestError where the run would diverge again, RunFailedError where the checkpoint is
    damaged, OSError where the journal cannot be read.
    """
    from fftui.runs.checkpoint import load_checkpoint  # noqa: PLC0415 - torch

    outputs.read_back()
    view, folder = outputs.view, outputs.folder
    if view.divergence is not None and view.result is not None:
        msg = (
            f"run {folder.id} would diverge again where it did: {view.divergence.advice},"
            f" with: fftui run --config {folder.experiment_path} --set PATH=VALUE"
        )
        raise RequestError(msg)
    state = load_checkpoint(folder)
    if state is None:
        outputs.emit(ev.Noted("no checkpoint yet: beginning again"))
    return state
