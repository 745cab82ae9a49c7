"""A run read from its journal, as the live screen shows one of another process."""

import time
from collections.abc import Callable

from fftui.events import ControlAction, Status
from fftui.runs.journal import JournalTail
from fftui.runs.view import RunView, fold

PART_S = 0.2  # a long journal is read for at most about this time at once
BLOCK_BYTES = 1 << 18


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
        """True until the run is finished and all of it is read, or its journal cannot be read: one
        that has stopped or failed may be resumed.
        """
        result, unread = self.view.result, self.reading is not None
        goes_on = unread or result is None or result.status != "finished"
        return self.problem is None and goes_on

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
