"""What Slurm has in its queue of this user's jobs, as `squeue` says, and `sacct` of those that are
long over; jobs of runs are called after them (`fftui.executors.slurm`).
"""

import os
import shutil
import subprocess
import time
from functools import lru_cache

from fftui.runs.folder import RunFolder

JOBS = ".jobs"  # the folder, in that of the runs, of the files of their jobs
FRESH_S = 10.0  # squeue is asked no more often
GIVE_UP_S = 10.0  # a controller that is busy or down


def has_job(folder: RunFolder) -> bool:
    """Whether a job of the run in `folder` waits or runs, or may do so as Slurm does not say."""
    return (folder.path.parent / JOBS).is_dir() and is_queued(folder.id)


def is_queued(run: str, since: float = 0.0) -> bool:
    """Whether a job called after the run waits or runs, as known for `FRESH_S` seconds; True where
    Slurm does not say, or has not been asked `since` (of time.monotonic), False where there is no
    Slurm.
    """
    window = int(time.monotonic() / FRESH_S)
    names = _names(window)
    return names is None or run in names or window * FRESH_S < since


def state_of(job: str) -> str | None:
    """The state of a job, such as CANCELLED or NODE_FAIL, also of one that has ended; None where
    Slurm does not say: some minutes after its end, where no accounts are kept.
    """
    states = _lines("squeue", "--noheader", "--states=all", f"--jobs={job}", "--format=%T")
    if not states:
        states = _lines("sacct", "--noheader", "-X", "-P", f"--jobs={job}", "--format=State")
    return states[0] if states else None


@lru_cache(maxsize=1)
def _names(_window: int) -> frozenset[str] | None:
    """The names of this user's jobs; None where Slurm does not say."""
    if shutil.which("squeue") is None:
        return frozenset()
    names = _lines("squeue", "--noheader", f"--user={os.getuid()}", "--format=%j")
    return None if names is None else frozenset(names)


def _lines(*command: str) -> list[str] | None:
    """The lines that a command writes, None where it fails."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=GIVE_UP_S, check=True, errors="replace"
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return [line.strip() for line in done.stdout.splitlines()]
