"""`ManyRuns`, a thread of the screen that carries many runs out one after the other."""

import threading
from abc import ABC, abstractmethod

from fftui.errors import in_one_line
from fftui.events import Status
from fftui.runs.view import RunView


class ManyRuns(threading.Thread, ABC):
    """A thread that carries many runs out. Screens read `view` on their own timers; to the app it
    is a `RunControl`.

    Each run has a thread of its own, and neither thread ever waits for a screen. What is run is
    stopped and started instead of paused, which loses nothing.
    """

    paused = False

    def __init__(self, name: str) -> None:
        super().__init__(name=name)
        self.problem = ""  # why it ended, where it could not go on
        self._view = RunView()
        self._stopping = threading.Event()

    @abstractmethod
    def run_all(self) -> None:
        """Carry the runs out, until none is left or `stop` was called."""

    @property
    @abstractmethod
    def any_failed(self) -> bool:
        """Whether one of the runs failed."""

    @property
    def view(self) -> RunView:
        """The newest view of the run that is learning, or learned last."""
        return self._view

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping.is_set()

    @property
    def status(self) -> Status:
        """Running; or finished, interrupted or failed (one of the runs did, or all of it)."""
        if self.is_alive():
            return "running"
        if self.stopping:
            return "interrupted"
        return "failed" if self.problem or self.any_failed else "finished"

    def run(self) -> None:
        """Carry the runs out; an error is kept in `problem`, not raised."""
        try:
            self.run_all()
        except Exception as error:  # noqa: BLE001 - what nobody keeps looks like a good end
            self.problem = in_one_line(error)

    def pause(self) -> None:
        """Do nothing."""

    def resume(self) -> None:
        """Do nothing: it is never paused."""

    def skip_layer(self) -> None:
        """Do nothing: a run is carried out as its experiment says."""

    def request_checkpoint(self) -> None:
        """Do nothing: a run writes its checkpoints as its experiment says."""

    def stop(self) -> None:
        """End the run that learns after its batch, with a checkpoint, and the others with it."""
        self._stopping.set()
