"""The current status of a run: whether its process is alive, on this machine or another."""

import time
from contextlib import suppress

from fftui.errors import RequestError
from fftui.runs import provenance
from fftui.runs.annotations import readable_annotations
from fftui.runs.folder import RunFolder
from fftui.runs.journal_lock import is_held
from fftui.runs.ownership import Ownership, release_of_other_machines, take
from fftui.runs.run_record import RunRecord
from fftui.runs.slurm_queue import has_job

# of another machine's journal; a running one is written every few seconds, a paused one every
# minute
SILENT_S = 600.0
OWNER = "owner"


def in_progress(folder: RunFolder, record: RunRecord) -> bool:
    """Whether a process is running or pausing the run now, or waits for room to write it.

    Decided by the lock on its journal where there are locks; else by the process list of this
    machine. A process on another machine counts as alive until the run has not been written for
    `SILENT_S`.
    """
    if record.status not in ("running", "paused", "unsaved"):
        return False
    held = is_held(folder.journal)
    if held:
        return True
    if record.machine.get("host") in (None, provenance.host()):
        return held is None and provenance.is_alive(record.pid, record.process_started)
    return _silent_s(folder) < SILENT_S


def is_waiting(folder: RunFolder, record: RunRecord) -> bool:
    """Whether the run waits in the queue of a process (`fftui.runs.run_queue`), or in that of Slurm
    whoever has submitted it. A process of another machine counts as alive: nothing there says that
    it is gone.
    """
    return record.status == "waiting" and (_counts_as_alive(record) or has_job(folder))


def _counts_as_alive(record: RunRecord) -> bool:
    """Whether the process that wrote the record is alive, as far as anything here says."""
    elsewhere = record.machine.get("host") not in (None, provenance.host())
    return elsewhere or provenance.is_alive(record.pid, record.process_started)


def _queue(record: RunRecord) -> str:
    """Whose queue a run that waits is in, in words."""
    if not _counts_as_alive(record):
        return "Slurm"
    return f"process {record.pid} on {record.machine.get('host', 'another machine')}"


def is_live(record: RunRecord) -> bool:
    """Whether a record with its current status is that of a run which a process is running,
    pausing, or trying to write.
    """
    waits_for_room = record.status == "unsaved" and record.ended is None
    return waits_for_room or record.status in ("running", "paused")


def current_record(folder: RunFolder) -> RunRecord:
    """The run's record with its current status, `interrupted` where its process is gone, and under
    the name it was given since.

    Raises RunNotFoundError where the record is missing or damaged.
    """
    record = with_current_status(folder, folder.record())
    name = readable_annotations(folder.path).name
    return record if name is None else record.model_copy(update={"name": name})


def with_current_status(folder: RunFolder, record: RunRecord) -> RunRecord:
    """`record` with its current status: `interrupted` where it says waiting, running, paused or
    that it waits for room (`unsaved` without an end), and its process is gone.
    """
    unfinished = record.status == "waiting" or is_live(record)
    gone = unfinished and not (is_waiting(folder, record) or in_progress(folder, record))
    return record.model_copy(update={"status": "interrupted"}) if gone else record


def ensure_not_running(folder: RunFolder, record: RunRecord) -> None:
    """Raise RequestError, with what to do, where another process is running the run, or has it in
    its queue.
    """
    waits = is_waiting(folder, record)
    if not waits and not in_progress(folder, record):
        return
    if waits:
        msg = (
            f"run {folder.id} waits in the queue of {_queue(record)}, and begins there; fftui"
            " resume --force begins it now"
        )
        raise RequestError(msg)
    host = record.machine.get("host", "another machine")
    msg = f"run {folder.id} is in use by process {record.pid} on {host}; stop that one first"
    if host != provenance.host():
        msg += (
            f" (last written {_silent_s(folder):.0f} s ago; running or paused, it counts as gone"
            f" after {SILENT_S / 60:.0f} minutes of silence; if it is, fftui resume --force takes"
            " it over now)"
        )
    raise RequestError(msg)


def take_run(folder: RunFolder) -> Ownership | None:
    """Make this process the one that may run or move the run; None where its folder cannot be
    written. Raises HeldError where another process is.
    """
    try:
        return take(folder.path, OWNER, lambda: _silent_s(folder), SILENT_S)
    except OSError:
        return None


def take_from_other_machines(folder: RunFolder) -> None:
    """Let a run be taken that another machine owns: a person says that its process is gone."""
    with suppress(OSError):
        release_of_other_machines(folder.path, OWNER)


def ensure_running(folder: RunFolder, record: RunRecord) -> None:
    """Raise RequestError, with what to do, where no process is running the run."""
    if in_progress(folder, record):
        return
    status = with_current_status(folder, record).status
    more = {
        "finished": "",
        "waiting": f" in the queue of {_queue(record)}, and begins there",
    }.get(status, f"; go on with it: fftui resume {folder.id}")
    msg = f"run {folder.id} is not running: it is {status}{more}"
    raise RequestError(msg)


def _silent_s(folder: RunFolder) -> float:
    """Seconds since the run's journal or record was last written."""
    written = [path.stat().st_mtime for path in (folder.journal, folder.run_json) if path.exists()]
    return max(0.0, time.time() - max(written, default=0.0))
