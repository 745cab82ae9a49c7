"""`RunQueue`: the runs that wait for the run of this process to end.

Each is a run's folder with the status `waiting` and this process in its record, so nothing that was
asked is lost with the process: then it is shown as interrupted, and is begun by resuming it.
"""

import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from fftui.errors import RequestError, RunNotFoundError
from fftui.events import Status
from fftui.experiment import Experiment
from fftui.runs import provenance
from fftui.runs.folder import RunFolder
from fftui.runs.run_record import RunRecord


@dataclass(frozen=True)
class WaitingRun:
    """A run that waits, its record when it was queued, and what it will do."""

    folder: RunFolder
    record: RunRecord
    experiment: Experiment


class RunQueue:
    """The runs that wait, in the order in which they will begin. Threads may share one queue."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: tuple[WaitingRun, ...] = ()

    @property
    def waiting(self) -> tuple[WaitingRun, ...]:
        """The runs that wait, the next one first."""
        return self._waiting

    def add(self, folder: RunFolder) -> int:
        """Let the run in `folder`, a new or an interrupted one, wait as the last; returns its place
        from 1.

        Raises RunNotFoundError or ExperimentError where its record or experiment cannot be read,
        RequestError where the record cannot be written.
        """
        experiment, record = folder.experiment(), claimed(folder, "waiting")
        with self._lock:
            self._waiting = (*self._waiting, WaitingRun(folder, record, experiment))
            return len(self._waiting)

    def move(self, run: str, by: int) -> None:
        """Move a run `by` places back, or forward where it is negative."""
        with self._lock:
            at = next((i for i, each in enumerate(self._waiting) if each.folder.id == run), None)
            if at is None:
                return
            others = [*self._waiting[:at], *self._waiting[at + 1 :]]
            others.insert(min(len(others), max(0, at + by)), self._waiting[at])
            self._waiting = tuple(others)

    def remove(self, runs: Sequence[str]) -> None:
        """Take runs out of the queue; they stay among the runs as interrupted, to be resumed.

        Raises RequestError where that cannot be written.
        """
        with self._lock:
            out = [each for each in self._waiting if each.folder.id in runs]
            self._waiting = tuple(each for each in self._waiting if each not in out)
        for each in out:
            with suppress(RunNotFoundError):  # deleted
                if each.folder.record().status == "waiting":
                    claimed(each.folder, "interrupted")

    def take(self) -> RunFolder | None:
        """The run whose turn it is, which no longer waits; None where none does. Runs that were
        deleted, or begun by another process, are passed over.

        Raises RequestError where its record cannot be written.
        """
        while True:
            with self._lock:
                if not self._waiting:
                    return None
                first, self._waiting = self._waiting[0], self._waiting[1:]
            with suppress(RunNotFoundError):
                if first.folder.record().status == "waiting":
                    claimed(first.folder, "running")
                    return first.folder


def claimed(folder: RunFolder, status: Status) -> RunRecord:
    """Write that the run is this process's, and its status; a new one counts as started now."""
    record = folder.record()
    new = not folder.journal.exists()
    record = record.model_copy(
        update={
            "status": status,
            "started": datetime.now(UTC) if new else record.started,
            "pid": os.getpid(),
            "process_started": provenance.process_start(os.getpid()),
            "machine": provenance.machine(),
        }
    )
    try:
        folder.write_record(record)
    except OSError as error:
        msg = f"cannot write {folder.run_json}: {error.strerror}"
        raise RequestError(msg) from error
    return record
