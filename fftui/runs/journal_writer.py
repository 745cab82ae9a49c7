"""`JournalWriter`: appends events to a run's journal, whatever happens to the disk or the folder
meanwhile.
"""

import errno
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from fftui.errors import RequestError
from fftui.events import Event, MeansSoFar, RankSampled, Stepped, TelemetrySampled, to_json
from fftui.runs.files import open_own, read_own
from fftui.runs.journal_lock import hold

STEP_EVERY_S = 1.0
RETRY_EVERY_S = 5.0
KEPT_BYTES = 64 << 20  # of lines that wait for room: some hundred thousand epochs
COPIED_AT_ONCE = 1 << 20  # bytes


class JournalWriter:
    """Appends events to a journal; each line is written before `append` returns. Threads may share
    one writer.

    On a full disk lines are kept in memory (telemetry and steps are dropped) and written later. A
    journal that is deleted under the writer is made again with all its lines; one that is moved
    is still written, and counts as a failure until it is back.
    """

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float] = time.time,
        make_folder: Callable[[], None] | None = None,
    ) -> None:
        """Open `path` for appending; `make_folder` makes its folder again where that is deleted,
        and may raise OSError.

        Raises RequestError where another process writes the journal, OSError.
        """
        self._path = path
        self._clock = clock
        self._make_folder = make_folder
        self.made_again = 0  # times that the journal was deleted and made again
        self._lock = threading.Lock()
        self._stepped_at = float("-inf")
        self._tried_at = float("-inf")
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        # why the last attempt failed; None once everything is written
        self.failure: OSError | None = None
        if path.parent.is_symlink():
            msg = f"{path.parent} is a link: go on with the run in the folder that it leads to"
            raise RequestError(msg)
        self._torn = _ends_torn(path)
        self._fd = _opened(path)

    def append(self, event: Event) -> float:
        """Write `event`, steps at most once a second, and return the Unix time at which it was
        stated.
        """
        with self._lock:
            at = self._clock()
            expendable = isinstance(event, Stepped | MeansSoFar | TelemetrySampled | RankSampled)
            if isinstance(event, Stepped):
                if abs(at - self._stepped_at) < STEP_EVERY_S:
                    return at
                self._stepped_at = at
            if not (expendable and self.failure):
                self._waiting.append(to_json(at, event).encode() + b"\n")
                self._waiting_bytes += len(self._waiting[-1])
            if abs(at - self._tried_at) >= RETRY_EVERY_S:
                self._settle(at)
            elif self.failure is None:
                self._write()
            return at

    @property
    def is_full(self) -> bool:
        """Whether the lines that wait for room are as many as are kept."""
        return self._waiting_bytes > KEPT_BYTES

    def sync(self) -> None:
        """Write the lines kept in memory, and all lines to the disk itself.

        Raises OSError where they are not all at the journal's place.
        """
        with self._lock:
            self._settle(self._clock())
            if self.failure is None:
                try:
                    os.fsync(self._fd)
                except OSError as error:
                    self.failure = error
            if self.failure is not None:
                raise OSError(self.failure.errno, self.failure.strerror, str(self._path))

    def touch(self) -> None:
        """Update the file's time, so that other machines see that the process is alive though it
        writes nothing.
        """
        with self._lock, suppress(OSError):
            os.utime(self._fd if os.utime in os.supports_fd else self._path)

    def close(self) -> None:
        """Write the lines kept in memory, if possible, and close the file; `failure` is set if
        lines were lost.
        """
        with self._lock:
            if self._fd < 0:
                return
            if self._waiting:
                self._settle(self._clock())
            os.close(self._fd)
            self._fd = -1

    def _settle(self, at: float) -> None:
        """Write what waits, to a journal that is where it belongs."""
        self._tried_at = at
        try:
            self._ensure_place()
        except OSError as error:
            self._write()  # into the moved file: it is the run's still
            self.failure = error
        else:
            self._write()

    def _ensure_place(self) -> None:
        """Make a deleted journal again, from its lines as they were. Raises OSError where that
        cannot be done, and where it was moved.
        """
        own = os.fstat(self._fd)
        with suppress(FileNotFoundError):
            if os.path.samestat(own, self._path.stat()):
                return
        if own.st_nlink > 0:
            raise OSError(errno.ENOENT, "it was moved, or its folder was: move it back")
        if self._make_folder is not None:
            self._make_folder()
        self._fd = _copied(self._fd, self._path)
        self.made_again += 1

    def _write(self) -> None:
        while self._waiting:
            # A newline before the line ends the one that a crash or a full disk has cut off.
            line = b"\n" + self._waiting[0] if self._torn else self._waiting[0]
            try:
                written = os.write(self._fd, line)
            except OSError as error:
                self.failure = error
                return
            # the disk has just become full: the next attempt raises OSError
            if written < len(line):
                self._torn = True
                continue
            self._torn = False
            self._waiting_bytes -= len(self._waiting.popleft())
        self.failure = None


def _ends_torn(path: Path) -> bool:
    try:
        with read_own(path) as file:
            if file.seek(0, os.SEEK_END) == 0:
                return False
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"
    except FileNotFoundError:
        return False


def _opened(path: Path) -> int:
    """The descriptor of a journal opened to append, locked for this process.

    Raises RequestError where another process holds it, OSError.
    """
    # read too: the lines of a deleted journal are read from here
    fd = open_own(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    try:
        hold(fd, path)
    except RequestError:
        os.close(fd)
        raise
    return fd


def _copied(deleted: int, path: Path) -> int:
    """The descriptor of a new journal at `path` with all that the `deleted` one holds, which is
    closed. Raises OSError; the deleted one is then as it was.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    fd = -1
    try:
        beside.unlink(missing_ok=True)
        fd = _opened(beside)
        at = 0
        while part := os.pread(deleted, COPIED_AT_ONCE, at):
            at += os.write(fd, part)
        os.fsync(fd)
        beside.replace(path)
    except BaseException:
        if fd >= 0:
            os.close(fd)
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
    os.close(deleted)
    return fd
