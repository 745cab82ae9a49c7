"""Which process writes a journal: it holds the file's lock for as long as it lives."""

import time
from pathlib import Path

from fftui.errors import RequestError
from fftui.runs.files import read_own

try:
    import fcntl
except ImportError:  # Windows: nothing stops two processes from running one run there
    fcntl = None  # type: ignore[assignment]

WAIT_S = 0.5  # for a lock that `is_held` takes for a moment


def hold(fd: int, path: Path) -> None:
    """Lock the journal for the lifetime of this process. Raises RequestError where another process
    holds it.
    """
    if fcntl is None:
        return
    give_up = time.monotonic() + WAIT_S
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > give_up:
                msg = f"run {path.parent.name} is in use by another process; stop that one first"
                raise RequestError(msg) from error
            time.sleep(WAIT_S / 20)
        except OSError:
            return  # a file system without locks
        else:
            return


def is_held(path: Path) -> bool | None:
    """Whether a process, on this machine or one that shares its locks, writes this journal; None if
    unknown.

    Where the file system does not share locks between machines, False says nothing about other
    machines.
    """
    if fcntl is None:
        return None
    try:
        with read_own(path) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # no journal, or a file system without locks
        return None
    return False
