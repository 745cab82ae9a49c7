"""What carries runs out, for all that runs many of them."""

from collections.abc import Sequence
from typing import Protocol

from fftui.errors import FFTUIError
from fftui.runs.folder import RunFolder
from fftui.runs.view import RunView
from fftui.runs.workspace import Workspace


class RunWorker(Protocol):
    """What carries a run out: a `RunThread` or a `RunProcess`."""

    folder: RunFolder
    refused: FFTUIError | None

    @property
    def view(self) -> RunView:
        """The newest view of the run."""
        ...

    @property
    def problems(self) -> Sequence[str]:
        """One line for each output that could not be written."""
        ...

    def start(self) -> None:
        """Begin the run."""
        ...

    def stop(self) -> None:
        """End the run after the current step."""
        ...

    def is_alive(self) -> bool:
        """Whether the run goes on."""
        ...

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end, at most `timeout` seconds."""
        ...


class Executor(Protocol):
    """Gives every run a worker: a process of this machine, a job of a batch system, a task of a
    cluster.
    """

    @property
    def slots(self) -> int:
        """The most runs at once."""
        ...

    @property
    def one_machine(self) -> bool:
        """Whether all of its runs share one machine, so that some have to wait to be alone."""
        ...

    def worker(
        self, folder: RunFolder, workspace: Workspace, *, resume: bool, own_process: bool = False
    ) -> RunWorker:
        """What carries out the run in `folder`, from its last checkpoint if `resume`; with
        `own_process` never in this process.
        """
        ...
