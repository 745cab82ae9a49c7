"""The journal: a run's events, one JSON object a line, appended and never changed.

A reader trusts whole lines only: a line without its newline is still being written, or was cut off
by a crash. A line that is no event (torn by a crash and closed by a later session, or a newer
version's event) is skipped.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

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
)
from fftui.runs.files import read_own

OUTLINE_END_BYTES = 1 << 16
LONGEST_LINE = 1 << 23  # bytes: an evaluation of 48 million images, or of a thousand layers
LONGEST_SKIPPED = 1 << 28  # bytes of one line, as of a file with a hole
EVENT_KEY = b'"event":"'


def _starts_of(kinds: Sequence[type[Event]]) -> tuple[bytes, ...]:
    """How the lines of events of these kinds go on from `EVENT_KEY`."""
    return tuple(f'"event":"{kind.kind}"'.encode() for kind in kinds)


FREQUENT = _starts_of((TelemetrySampled, RankSampled, Stepped, WindowMeasured))
OF_AN_EPOCH = _starts_of((MeansSoFar,))  # of no interest once it is over
EPOCH_ENDS = _starts_of((EpochFinished, LayerStarted))


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
        return [found for line in lines if (found := event_of(line)) is not None]

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
                if line.endswith(b"\n") and (found := event_of(line)) is not None:
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
            found = event_of(line)
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
            if line is None or (line.endswith(b"\n") and line.strip() and event_of(line) is None)
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


def event_of(line: bytes) -> tuple[float, Event] | None:
    """The event of a whole line and its time; None where the line is damaged."""
    try:
        return from_json(line)
    except ValueError:
        return None
