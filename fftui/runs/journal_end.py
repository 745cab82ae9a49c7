"""Events of a journal from its end: what a run ended with is found without reading how it came
there.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from fftui.events import Event, from_json
from fftui.runs.files import read_own

BLOCK_BYTES = 1 << 16


def read_backwards(
    path: Path, *kinds: type[Event], holding: Sequence[bytes] = ()
) -> Iterator[tuple[float, Event]]:
    """Yield (Unix time, event) of the whole lines of `path` that have events of certain `kinds` and
    one of the texts `holding`, the last one first; nothing where there is no file. Raises OSError.
    """
    try:
        file = read_own(path)
    except FileNotFoundError:
        return
    with file:
        for line in _lines_backwards(file):
            if not any(text in line for text in holding):
                continue
            try:
                at, event = from_json(line)
            except ValueError:
                continue
            if isinstance(event, kinds):
                yield at, event


def _lines_backwards(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file that end, without their ends, the last one first."""
    at, rest, torn = file.seek(0, 2), b"", True
    while at > 0:
        # of a line that is longer than a block, twice as much each time
        step = min(at, max(BLOCK_BYTES, len(rest)))
        at -= step
        file.seek(at)
        rest, *lines = (file.read(step) + rest).split(b"\n")
        if lines and torn:
            del lines[-1]
            torn = False
        yield from reversed(lines)
    if not torn:
        yield rest
