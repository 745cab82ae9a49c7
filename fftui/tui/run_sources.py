"""Sources of a run's view: the training thread of this process, or a journal on disk.

The live screen shows any `Source` in the same way.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

from fftui.events import ControlAction, Event, Status
from fftui.runs.view import RunView


class RunControl(Protocol):
    """The controls of the thread that executes a run (`fftui.runs.run_thread.RunThread`)."""

    @property
    def view(self) -> RunView:
        """The newest view."""
        ...

    @property
    def paused(self) -> bool:
        """Whether the run is paused."""
        ...

    def pause(self) -> None:
        """Pause after the current step."""
        ...

    def resume(self) -> None:
        """Continue a paused run."""
        ...

    def stop(self) -> None:
        """End the run with a checkpoint and tables."""
        ...

    def skip_layer(self) -> None:
        """End the layer that learns now."""
        ...

    def request_checkpoint(self) -> None:
        """Write a checkpoint after the current step."""
        ...

    def is_alive(self) -> bool:
        """Whether the thread is running."""
        ...

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the thread, at most `timeout` seconds."""
        ...


class Source(Protocol):
    """A run for the live screen: its id, its newest view, and its control while it runs."""

    run: str

    @property
    def view(self) -> RunView:
        """The newest view, read without waiting."""
        ...

    @property
    def control(self) -> RunControl | None:
        """The control that pauses and stops the run; None where nothing runs it, or not yet."""
        ...

    @property
    def problem(self) -> str | None:
        """Why the run cannot be started or read, in one line; None where it can."""
        ...

    @property
    def process_gone(self) -> bool:
        """Whether the process of a run that has not ended is gone."""
        ...

    @property
    def wants_poll(self) -> bool:
        """Whether `poll` should be called regularly, from a thread of the screen's."""
        ...

    def poll(self) -> None:
        """Read the new events and update the view."""
        ...


class LiveSource:
    """A run of this process. Until `attach` it is being prepared: torch and the data set are
    loaded.
    """

    def __init__(self, run: str, control: RunControl | None = None) -> None:
        self.run = run
        self._control = control
        self.problem: str | None = None
        self.process_gone = False

    @property
    def view(self) -> RunView:
        """The newest view of the run's thread; an empty one until it is attached."""
        return RunView() if self._control is None else self._control.view

    @property
    def control(self) -> RunControl | None:
        """The run's thread, once it is attached."""
        return self._control

    @property
    def wants_poll(self) -> bool:
        """False: the run's thread updates its view."""
        return False

    def attach(self, run: str, control: RunControl) -> None:
        """Set the run's id and control, once its thread is started."""
        self.run, self._control = run, control

    def poll(self) -> None:
        """Do nothing: there is no journal to read."""


class JournalSource:
    """A run read from its journal, which another process may be writing."""

    def __init__(
        self,
        run: str,
        read_new: Callable[[], Iterable[tuple[float, Event]]],
        status: Callable[[], Status | None],
        send: Callable[[ControlAction], object] | None = None,
    ) -> None:
        """`read_new` returns the events since its last call, `status` the status in the run's
        record; `send` asks the run's process for something, None where it cannot be asked.
        """
        self.run = run
        self.view = RunView()
        self.problem: str | None = None
        self.process_gone = False
        self._read_new = read_new
        self._status = status
        self._control = None if send is None else RemoteControl(self, send)
        self._running = False

    @property
    def control(self) -> "RemoteControl | None":
        """Asks the run's process; None where none is running it."""
        return self._control if self._running and self.view.result is None else None

    @property
    def wants_poll(self) -> bool:
        """True until the run has ended or its journal cannot be read."""
        return self.problem is None and self.view.result is None

    def poll(self) -> None:
        """Fold the events written since the last call; a journal that cannot be read sets
        `problem`.
        """
        view = self.view
        try:
            for at, event in self._read_new():
                view = view.after(at, event)
        except OSError as error:
            self.problem = f"the journal cannot be read: {error.strerror}"
        self.view = view
        status = self._status() if view.result is None else None
        self.process_gone = status == "interrupted"
        self._running = status in ("running", "paused")


class RemoteControl:
    """The control of a run of another process. Its methods raise RequestError where that process
    cannot be asked.
    """

    def __init__(self, source: JournalSource, send: Callable[[ControlAction], object]) -> None:
        self._source = source
        self._send = send

    @property
    def view(self) -> RunView:
        """The newest view of the journal."""
        return self._source.view

    @property
    def paused(self) -> bool:
        """Whether the run is paused, as its journal says."""
        return self.view.status == "paused"

    def pause(self) -> None:
        """Ask for a pause."""
        self._send("pause")

    def resume(self) -> None:
        """Ask to continue."""
        self._send("continue")

    def stop(self) -> None:
        """Ask for the end, with a checkpoint."""
        self._send("stop")

    def skip_layer(self) -> None:
        """Ask for the next layer."""
        self._send("skip")

    def request_checkpoint(self) -> None:
        """Ask for a checkpoint."""
        self._send("checkpoint")

    def is_alive(self) -> bool:
        """Whether a process is running the run."""
        return self._source.control is not None

    def join(self, timeout: float | None = None) -> None:
        """Do nothing: the run's process is not waited for."""
