"""TensorBoard: event files with the messages of tensorboardX, which needs no TensorFlow.

The files are written here: tensorboardX's own writer has a queue and a thread, and on a full disk
the thread ends and the queue keeps whoever writes waiting for ever, here a run.
"""

import socket
import struct
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tensorboardX import summary
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.record_writer import masked_crc32c

from fftui import events as ev
from fftui.errors import RequestError
from fftui.trackers.metric_points import MetricPoint, MetricPoints
from fftui.trackers.tracked_run import TrackedRun

VERSION = "brain.Event:2"  # what readers look for in the first record


class EventFile:
    """An event file in `folder`, which is made; each record is written at once. Raises OSError."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}"
        self._file = (folder / name).open("ab", buffering=0)
        self._write(Event(wall_time=time.time(), file_version=VERSION))

    def add(self, point: MetricPoint) -> None:
        """Write a point. Raises OSError."""
        self._add(summary.scalar(point.name, point.value), point.step, point.at)

    def add_text(self, name: str, lines: Iterable[str], at: float) -> None:
        """Write text that TensorBoard, which reads Markdown, shows as it stands. Raises OSError."""
        self._add(summary.text(name, "".join(f"    {line}\n" for line in lines)), 0, at)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _add(self, content: Any, step: int, at: float) -> None:
        self._write(Event(wall_time=at, step=step, summary=content))

    def _write(self, event: Any) -> None:
        data = event.SerializeToString()
        head = struct.pack("<Q", len(data))
        sums = (struct.pack("<I", masked_crc32c(each)) for each in (head, data))
        self._file.write(b"".join((head, next(sums), data, next(sums))))


def write(run: TrackedRun, output: Path) -> str:
    """Write a run's event file into a folder of its own in `output`; how it is seen. Raises
    RequestError where that folder has one, OSError.
    """
    folder = output / run.id
    if any(folder.glob("events.out.tfevents.*")):
        msg = f"{folder} has an event file, and a second one would double its curves: remove it"
        raise RequestError(msg)
    file = EventFile(folder)
    try:
        for point in run.points:
            file.add(point)
        facts = (f"{name}: {value}" for name, value in (run.facts | run.settings).items())
        file.add_text("settings", facts, run.began_at)
        if run.note:
            file.add_text("note", run.note.splitlines(), run.began_at)
    finally:
        file.close()
    return f"tensorboard --logdir {output}"


class TensorBoardLog:
    """A listener to events that writes their points into `folder`, behind what was stated `before`
    in the run's earlier sessions. Raises OSError where the folder cannot be written.
    """

    def __init__(self, folder: Path, before: Iterable[tuple[float, ev.Event]] = ()) -> None:
        self._points = MetricPoints()
        for at, event in before:
            for _ in self._points.of(at, event):
                pass
        self._file = EventFile(folder)

    def __call__(self, at: float, event: ev.Event) -> None:
        """Write the points of an event; the last event closes the file. Raises OSError."""
        for point in self._points.of(at, event):
            self._file.add(point)
        if isinstance(event, ev.RunFinished):
            self._file.close()
