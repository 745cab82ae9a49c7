"""How a run stands: whether the process that should be carrying it out still does, on this machine or another."""

import time

from fftui.errors import RequestError
from fftui.runs import provenance
from fftui.runs.folder import RunFolder, RunRecord
from fftui.runs.journal import is_held

SILENT_S = 600.0  # of another machine's journal; one at work writes every few seconds, a paused one every minute


def in_progress(folder: RunFolder, record: RunRecord) -> bool:
    """Whether a process carries the run out now.

    The lock on its journal tells, where there is one. Else a process of this machine is looked for, and one of another
    machine is believed in until the run has not been written for `SILENT_S`.
    """
    if record.status not in ("running", "paused"):
        return False
    held = is_held(folder.journal)
    if held:
        return True
    if record.machine.get("host") in (None, provenance.host()):
        return held is None and provenance.still_there(record.pid, record.process_started)
    return _silent_s(folder) < SILENT_S


def standing(folder: RunFolder) -> RunRecord:
    """The run's record as it stands: `interrupted` where nobody carries it out any more.

    Raises RunNotFoundError where there is none or it is damaged.
    """
    return as_it_stands(folder, folder.record())


def as_it_stands(folder: RunFolder, record: RunRecord) -> RunRecord:
    """`record`, but `interrupted` where it says that the run is at work and it is not."""
    gone = record.status in ("running", "paused") and not in_progress(folder, record)
    return record.model_copy(update={"status": "interrupted"}) if gone else record


def refuse_at_work(folder: RunFolder, record: RunRecord) -> None:
    """Raise RequestError, with what to do, where another process carries the run out."""
    if not in_progress(folder, record):
        return
    host = record.machine.get("host", "another machine")
    msg = f"run {folder.id} is being carried out by process {record.pid} on {host}; stop that one first"
    if host != provenance.host():
        msg += (
            f" (last written {_silent_s(folder):.0f} s ago; running or paused, it counts as gone after "
            f"{SILENT_S / 60:.0f} minutes of silence; if it is, fftui resume --force takes it over now)"
        )
    raise RequestError(msg)


def _silent_s(folder: RunFolder) -> float:
    """Seconds since the run was last written."""
    written = [path.stat().st_mtime for path in (folder.journal, folder.run_json) if path.exists()]
    return max(0.0, time.time() - max(written, default=0.0))
