"""Sources of a run's view: the training thread of this process, or a journal on disk.

The live screen shows any `Source` in the same way.
"""

import time
from collections.abc import Callable
from typing import Protocol

from fftui.events import ControlAction, Status
from fftui.runs.journal import JournalTail
from fftui.runs.view import RunView, fold

PART_S = 0.2  # a long journal is read for at most about this time at once
BLOCK_BYTES = 1 << 18


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
    def waits(self) -> bool:
        """Whether the run waits in a queue."""
        ...

    @property
    def reading(self) -> float | None:
        """The fraction of a long journal that is read; None once all of it is."""
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
        self.process_gone = self.waits = False
        self.reading: float | None = None

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
    """A run read from its journal, which another process may be writing.

    A long journal is read in parts. Its beginning is shown at once; then, until all of it is read,
    the view is that of its outline, which holds the layers and charts; energy and means of
    telemetry come with the last part.
    """

    def __init__(
        self,
        run: str,
        tail: JournalTail,
        status: Callable[[], Status | None],
        send: Callable[[ControlAction], object] | None = None,
    ) -> None:
        """`tail` reads the journal; `status` returns the status in the run's record; `send` asks
        the run's process for something, None where it cannot be asked.
        """
        self.run = run
        self.view = RunView()
        self.problem: str | None = None
        self.process_gone = self.waits = False
        self.reading: float | None = None
        self._whole = RunView()  # of the part that was read
        self._outlined = True  # unless it is long
        self._tail = tail
        self._status = status
        self._control = None if send is None else RemoteControl(self, send)
        self._running = False

    @property
    def control(self) -> "RemoteControl | None":
        """Asks the run's process; None where none is running it."""
        return self._control if self._running and self.view.result is None else None

    @property
    def wants_poll(self) -> bool:
        """True until the run has ended and all of it is read, or its journal cannot be read."""
        unread = self.reading is not None
        return self.problem is None and (unread or self.view.result is None)

    def poll(self) -> None:
        """Fold the events written since the last call, or of a long journal as many as fit into
        `PART_S`; a journal that cannot be read sets `problem`.
        """
        try:
            self._read_part()
        except OSError as error:
            self.problem = f"the journal cannot be read: {error.strerror}"
            self.view, self.reading = self._whole, None
        if self.reading is None or self.view.started is not None:
            status = self._status() if self.view.result is None else None
            self.process_gone, self.waits = status == "interrupted", status == "waiting"
            self._running = status in ("running", "paused", "unsaved")
            if self.process_gone and self.reading is None:
                self.view = self._whole.interrupted

    def _read_part(self) -> None:
        until = time.monotonic() + PART_S
        while True:
            self._whole = fold(self._tail.read(BLOCK_BYTES), self._whole)
            if not self._tail.behind:
                self.view, self.reading = self._whole, None
                return
            opened = self.reading is None and self.view.started is None
            self.reading = 1 - self._tail.behind / max(1, self._tail.size)
            if opened:
                self.view, self._outlined = self._whole, False
                return
            if not self._outlined:
                self._show_outline()
                self._outlined = True
            if time.monotonic() > until:
                return

    def _show_outline(self) -> None:
        """Show what the outline has, from its first part on."""
        self.view, shown_at = self._whole, time.monotonic()
        outline = RunView()
        for at, event in self._tail.outline():
            outline = outline.after(at, event)
            if time.monotonic() - shown_at > PART_S:
                self.view, shown_at = outline, time.monotonic()
        self.view = outline


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
