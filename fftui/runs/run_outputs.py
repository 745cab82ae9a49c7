"""What the process that carries out a run writes into the run's folder, and the run's view.

A file that cannot be written ends nothing: it is noted once, and stands in `errors` until it can be
written again.
"""

import os
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from fftui import events as ev
from fftui.errors import FFTUIError
from fftui.experiment import Experiment
from fftui.inert import inert
from fftui.runs import provenance
from fftui.runs.files import write_bytes
from fftui.runs.folder import RunFolder
from fftui.runs.journal import read_journal
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.kept_tables import mark_current
from fftui.runs.new_folder import make_again
from fftui.runs.run_record import RunRecord
from fftui.runs.view import RunView

if TYPE_CHECKING:
    from fftui.learning.state import TrainingState

Listener = Callable[[float, ev.Event], None]
Output = Literal["journal", "checkpoint", "tables", "record", "end"]


class RunOutputs:
    """Journal, checkpoint, record and tables of the run in `folder`, and the view of what was
    stated. Each of `listeners` is called with each event and its Unix time, in the thread that
    states it.
    """

    def __init__(
        self, folder: RunFolder, experiment: Experiment, listener: Listener | None = None
    ) -> None:
        self.folder = folder
        self.record: RunRecord = folder.record()
        self.listeners = [] if listener is None else [listener]
        self.view = RunView()
        self.errors: dict[Output, str] = {}
        self.room_may_help = True  # against what could not be written
        self.while_written = ""  # what goes on where something cannot be written
        self._experiment = experiment
        self._journal: JournalWriter | None = None
        self._fold_lock = threading.Lock()
        self._listener_errors: list[str] = []
        self._made_again = 0

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each output that cannot be written, and for a listener that failed."""
        return (*self.errors.values(), *self._listener_errors)

    @property
    def reason(self) -> str:
        """Why a run is unsaved, in one line."""
        return "; ".join(self.errors.values())

    @property
    def journal(self) -> JournalWriter:
        """The open journal."""
        assert self._journal is not None
        return self._journal

    def open(self) -> None:
        """Open the journal. Raises RequestError where another process writes it, OSError."""
        self._journal = JournalWriter(
            self.folder.journal,
            make_folder=lambda: make_again(self.folder, self._experiment, self.record),
        )

    def close(self) -> None:
        """Close the journal, after an attempt to write what waits."""
        self.journal.close()
        self._watch_journal()

    def discard(self) -> None:
        """Remove the folder of a run that was refused before it started."""
        if self._journal is not None:
            self._journal.close()  # it would make its folder again
        self.folder.discard()

    def read_back(self) -> None:
        """Replace the view by that of the journal as it is. Raises OSError."""
        view = RunView()
        for at, event in read_journal(self.folder.journal):
            view = view.after(at, event)
        self.view = view

    def emit(self, event: ev.Event) -> None:
        """Append `event` to the journal and replace the view by the next one; any thread may call
        this.
        """
        with self._fold_lock:
            at = self.journal.append(event)
            self.view = self.view.after(at, event)
        self._hear(at, event)
        self._watch_journal()

    def show(self, event: ev.Event) -> None:
        """Replace the view by the one after `event`, of which the journal does not hear."""
        with self._fold_lock:
            self.view = self.view.after(time.time(), event)

    def is_flushed(self) -> bool:
        """Whether all rows are on the disk, after an attempt to write them."""
        with suppress(OSError):
            self.journal.sync()
        self._watch_journal()
        return self.journal.failure is None

    def write_checkpoint(self, state: "TrainingState") -> bool:
        """Whether `state` is on the disk as the run's checkpoint, which is never ahead of the
        rows.
        """
        from fftui.runs.checkpoint import save_checkpoint  # noqa: PLC0415 - torch

        try:
            self.journal.sync()
            save_checkpoint(self.folder, state)
        except OSError as error:
            self._cannot_write("checkpoint", error, str(self.folder.checkpoint))
            return False
        self.errors.pop("checkpoint", None)
        return True

    def write_tables(self, ending: ev.RunFinished | None = None) -> bool:
        """Whether the tables are on the disk, after an attempt to write them; `ending` is the last
        event, where the journal lacks it.
        """
        try:
            from fftui.runs.tables import write_tables  # noqa: PLC0415 - Polars

            write_tables(self.folder, ending)
        # whatever fails here, what was learned is kept
        except Exception as error:  # noqa: BLE001
            self.room_may_help = isinstance(error, OSError)
            self._cannot_write("tables", error, f"the tables in {self.folder.path}")
            return False
        self.errors.pop("tables", None)
        return True

    def update_record(self, **changes: object) -> None:
        """Replace fields of the record, in memory and, where that can be, on the disk."""
        self.record = self.record.model_copy(update=changes)
        try:
            self.folder.write_record(self.record)
        except OSError as error:
            self._cannot_write("record", error, str(self.folder.run_json))
        else:
            self.errors.pop("record", None)

    def change_status(self, status: ev.Status) -> None:
        """Record the status, and state it."""
        self.update_record(status=status)
        self.emit(ev.StatusChanged(status))

    def write_start(self, event: ev.RunStarted) -> None:
        """Record which process carries the run out, and on what."""
        self.update_record(
            status="running",
            ended=None,
            error=None,
            device=event.device,
            ranks=event.ranks,
            processes=event.processes,
            precision=event.precision,
            pid=os.getpid(),
            process_started=provenance.process_start(os.getpid()),
            versions=provenance.versions(),
            machine=provenance.machine(),
            source_revision=provenance.source_revision(),
        )

    def write_end(self, end: ev.RunFinished) -> None:
        """Record the end."""
        self.update_record(
            status=end.status,
            ended=datetime.now(UTC),
            test_accuracy=end.test_accuracy,
            layer_accuracies=end.layer_accuracies,
            depth_accuracies=end.depth_accuracies,
            e2e_s=end.e2e_s,
            train_s=end.train_s,
            compute_s=end.compute_s,
            data_s=end.data_s,
            evaluation_s=end.evaluation_s,
            diverged=self.view.diverged,
            error=end.error,
            **self.view.energy.summary(),
            **self.view.memory_summary(),
        )

    def is_finished(self, end: ev.RunFinished) -> bool:
        """Whether everything of a run that stated `end` is on the disk, after an attempt to write
        what is not.
        """
        if not self.is_flushed():
            return False
        self.date_tables()
        if "tables" not in self.errors:
            self.write_end(end)
        return not self.errors

    def date_tables(self) -> None:
        """Date the tables as the journal, whose rows since they were written enter none of them."""
        try:
            mark_current(self.folder)
        except OSError:  # deleted meanwhile
            self.write_tables()

    def log_failure(self, error: Exception) -> None:
        """Write the traceback of a failed run into its error log."""
        try:
            text = inert("".join(traceback.format_exception(error)))
            write_bytes(self.folder.error_log, text.encode())
        except OSError as failure:
            self._cannot_write("record", failure, str(self.folder.error_log))

    def _hear(self, at: float, event: ev.Event) -> None:
        """Call the listeners. One that fails is called no more: it changes nothing of the run."""
        failed = []
        for listener in tuple(self.listeners):
            try:
                listener(at, event)
            except Exception as error:  # noqa: BLE001 - a foreign function
                self.listeners.remove(listener)
                failed.append(
                    f"what listened to run {self.folder.id} failed at the event {event.kind}:"
                    f" {describe(error)}"
                )
        self._listener_errors += failed
        for line in failed:  # once all have heard the event
            self.emit(ev.Noted(line))

    def _watch_journal(self) -> None:
        journal = self.journal
        if journal.failure is None:
            self.errors.pop("journal", None)
        elif "journal" not in self.errors:
            self._cannot_write("journal", journal.failure, str(self.folder.journal))
        if journal.made_again > self._made_again:
            self._made_again = journal.made_again
            self.emit(ev.Noted(f"{self.folder.path} was deleted and is made again"))

    def _cannot_write(self, output: Output, error: Exception, what: str) -> None:
        """Note that `output` cannot be written, once until it can be again."""
        known = output in self.errors
        reason = error.strerror if isinstance(error, OSError) else None
        self.errors[output] = f"cannot write {what}: {reason or describe(error)}"
        if not known:
            self.emit(ev.Noted(self.errors[output] + self.while_written))


def describe(error: Exception) -> str:
    """The error's message in one line, with its type where it is none of fftui's own."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return reason if isinstance(error, FFTUIError) else f"{type(error).__name__}: {reason}"
