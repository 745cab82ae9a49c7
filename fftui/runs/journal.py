"""The journal: a run's events, one JSON object a line, appended and never changed.

A reader trusts whole lines only: a line without its newline is still being written, or was cut off
by a crash. A line that is no event (torn by a crash and closed by a later session, or a newer
version's event) is skipped.
"""

import errno
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from fftui.errors import RequestError
from fftui.events import (
    EpochFinished,
    Event,
    LayerStarted,
    MeansSoFar,
    RankSampled,
    Stepped,
    TelemetrySampled,
    WindowMeasured,
    from_json,
    to_json,
)
from fftui.runs.files import open_own, read_own

try:
    import fcntl
except ImportError:  # Windows: nothing stops two processes from running one run there
    fcntl = None  # type: ignore[assignment]

STEP_EVERY_S = 1.0
RETRY_EVERY_S = 5.0
KEPT_BYTES = 64 << 20  # of lines that wait for room: some hundred thousand epochs
CLAIM_S = 0.5  # `is_held` takes the lock for a moment
OUTLINE_END_BYTES = 1 << 16
COPIED_AT_ONCE = 1 << 20  # bytes
LONGEST_LINE = 1 << 23  # bytes: an evaluation of 48 million images, or of a thousand layers
LONGEST_SKIPPED = 1 << 28  # bytes of one line, as of a file with a hole
EVENT_KEY = b'"event":"'


def _starts_of(kinds: Sequence[type[Event]]) -> tuple[bytes, ...]:
    """How the lines of events of these kinds go on from `EVENT_KEY`."""
    return tuple(f'"event":"{kind.kind}"'.encode() for kind in kinds)


FREQUENT = _starts_of((TelemetrySampled, RankSampled, Stepped, WindowMeasured))
OF_AN_EPOCH = _starts_of((MeansSoFar,))  # of no interest once it is over
EPOCH_ENDS = _starts_of((EpochFinished, LayerStarted))


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
        self._fd = _claimed(path)

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


class JournalTail:
    """Reads a journal that another thread or process writes, only the new lines each time.

    With `kinds` it reads events of these only. `behind` is the number of bytes that the last `read`
    left, `size` that of the file then.
    """

    def __init__(self, path: Path, *kinds: type[Event]) -> None:
        self._path = path
        self._starts = _starts_of(kinds)
        self._offset = 0
        self._ends_here = False  # before a line so long that nothing is read behind it
        self.size = 0
        self.behind = 0

    @classmethod
    def from_end(cls, path: Path) -> "JournalTail":
        """Reads only what is written from now on."""
        tail = cls(path)
        with suppress(OSError):
            tail._offset = path.stat().st_size
        return tail

    def read(self, at_most: int | None = None) -> list[tuple[float, Event]]:
        """The events written since the last call, as (Unix time, event): all, or those of about
        `at_most` bytes. Raises OSError, but not for a missing file.
        """
        if self._ends_here:
            return []
        try:
            with read_own(self._path) as file:
                file.seek(self._offset)
                self.size = os.fstat(file.fileno()).st_size
                lines, rest = self._whole_lines(file, at_most)
        except FileNotFoundError:
            return []
        left = max(0, self.size - self._offset - rest)
        self.behind = 0 if self._ends_here else left
        if self._starts:
            lines = [line for line in lines if line.startswith(self._starts, line.find(EVENT_KEY))]
        return [found for line in lines if (found := _event_of(line)) is not None]

    def _whole_lines(self, file: BinaryIO, at_most: int | None) -> tuple[list[bytes], int]:
        """The whole lines from here on, of about `at_most` bytes, and the bytes of a line behind
        them that is still being written.
        """
        lines: list[bytes] = []
        began = self._offset
        for line, taken in _lines_of(file):
            if line is not None and not line.endswith(b"\n"):
                return lines, taken
            self._offset += taken
            if line is not None:
                lines.append(line)
            elif taken >= LONGEST_SKIPPED:
                self._ends_here = True
            if at_most is not None and self._offset - began >= at_most:
                break
        return lines, 0

    def outline(self) -> Iterator[tuple[float, Event]]:
        """The events of the whole journal without the frequent ones (samples, steps, windows)
        before its last `OUTLINE_END_BYTES`, and without what finished epochs had brought on their
        way: all that layers and charts need, many times as fast. Raises OSError.
        """
        try:
            file = read_own(self._path)
        except FileNotFoundError:
            return
        with file:
            all_from = os.fstat(file.fileno()).st_size - OUTLINE_END_BYTES
            for line in _outline_of(file, all_from):
                if line.endswith(b"\n") and (found := _event_of(line)) is not None:
                    yield found


def _outline_of(file: BinaryIO, all_from: int) -> Iterator[bytes]:
    """The lines of an outline; all of those behind the byte `all_from`."""
    at, of_this_epoch = 0, list[bytes]()
    for line, taken in _lines_of(file):
        at += taken
        if line is None:
            continue
        kind_at = line.find(EVENT_KEY)
        if at < all_from and line.startswith(FREQUENT, kind_at):
            continue
        if line.startswith(OF_AN_EPOCH, kind_at):
            of_this_epoch.append(line)
            continue
        if line.startswith(EPOCH_ENDS, kind_at):
            of_this_epoch.clear()
        yield line
    yield from of_this_epoch


def read_journal(
    path: Path, *kinds: type[Event], holding: Sequence[bytes] = ()
) -> Iterator[tuple[float, Event]]:
    """Yield (Unix time, event) of every whole line of `path`, or of those with events of certain
    `kinds`, and with one of the texts `holding`; nothing where there is no file. Raises OSError.
    """
    names = [f'"{kind.kind}"'.encode() for kind in kinds]  # most lines are not worth their parsing
    try:
        file = read_own(path)
    except FileNotFoundError:
        return
    with file:
        for line, _ in _lines_of(file):
            if line is None:
                continue
            if not line.endswith(b"\n") or (names and not any(name in line for name in names)):
                continue
            if holding and not any(text in line for text in holding):
                continue
            found = _event_of(line)
            if found is not None and (not kinds or isinstance(found[1], kinds)):
                yield found


def unread_lines(path: Path) -> tuple[int, ...] | None:
    """The line numbers, from 1, of the whole lines of `path` that are no event; None where there is
    no file.
    """
    try:
        file = read_own(path)
    except FileNotFoundError:
        return None
    with file:
        return tuple(
            number
            for number, (line, _) in enumerate(_lines_of(file), 1)
            if line is None or (line.endswith(b"\n") and line.strip() and _event_of(line) is None)
        )


def _lines_of(file: BinaryIO) -> Iterator[tuple[bytes | None, int]]:
    """The lines of a journal and their bytes, the last one perhaps without its newline; None for
    one longer than `LONGEST_LINE`, of which no more is held. Behind one longer than
    `LONGEST_SKIPPED` nothing is read.
    """
    while line := file.readline(LONGEST_LINE):
        if len(line) < LONGEST_LINE or line.endswith(b"\n"):
            yield line, len(line)
            continue
        taken = len(line)
        while taken < LONGEST_SKIPPED and (more := file.readline(LONGEST_LINE)):
            taken += len(more)
            if more.endswith(b"\n"):
                break
        else:
            yield None, taken
            return
        yield None, taken


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


def _event_of(line: bytes) -> tuple[float, Event] | None:
    try:
        return from_json(line)
    except ValueError:
        return None


def _ends_torn(path: Path) -> bool:
    try:
        with read_own(path) as file:
            if file.seek(0, os.SEEK_END) == 0:
                return False
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"
    except FileNotFoundError:
        return False


def _claimed(path: Path) -> int:
    """The descriptor of a journal opened to append, locked for this process.

    Raises RequestError where another process holds it, OSError.
    """
    # read too: the lines of a deleted journal are read from here
    fd = open_own(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    try:
        _claim(fd, path)
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
        fd = _claimed(beside)
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


def _claim(fd: int, path: Path) -> None:
    """Lock the journal for the lifetime of this process. Raises RequestError where another process
    holds it.
    """
    if fcntl is None:
        return
    give_up = time.monotonic() + CLAIM_S
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > give_up:
                msg = f"run {path.parent.name} is in use by another process; stop that one first"
                raise RequestError(msg) from error
            time.sleep(CLAIM_S / 20)
        except OSError:
            return  # a file system without locks
        else:
            return
