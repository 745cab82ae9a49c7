"""TensorBoard: event files by tensorboardX, which needs no TensorFlow. Also live, as a listener."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from tensorboardX import SummaryWriter

from fftui import events as ev
from fftui.errors import RequestError
from fftui.trackers.metric_points import MetricPoint, MetricPoints
from fftui.trackers.tracked_run import TrackedRun

FLUSH_S = 2  # of a live run: how far behind its curves are


def write(run: TrackedRun, output: Path) -> str:
    """Write a run's event file into a folder of its own in `output`; how it is seen. Raises
    RequestError where that folder has one.
    """
    folder = output / run.id
    if any(folder.glob("events.out.tfevents.*")):
        msg = f"{folder} has an event file, and a second one would double its curves: remove it"
        raise RequestError(msg)
    writer: Any = SummaryWriter(logdir=str(folder), write_to_disk=True)
    try:
        for point in run.points:
            _add(writer, point)
        lines = [f"{name}: {value}" for name, value in (run.facts | run.settings).items()]
        writer.add_text("settings", _verbatim(lines), 0, run.began_at)
        if run.note:
            writer.add_text("note", _verbatim(run.note.splitlines()), 0, run.began_at)
    finally:
        writer.close()
    return f"tensorboard --logdir {output}"


class TensorBoardLog:
    """A listener to events that writes their points into `folder`, which it makes."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError where the folder cannot be made."""
        folder.mkdir(parents=True, exist_ok=True)
        self._writer: Any = SummaryWriter(logdir=str(folder), flush_secs=FLUSH_S)
        self._points = MetricPoints()

    def __call__(self, at: float, event: ev.Event) -> None:
        """Write the points of an event; the last one closes the file. Raises what fails."""
        for point in self._points.of(at, event):
            _add(self._writer, point)
        if isinstance(event, ev.RunFinished):
            with suppress(OSError):
                self._writer.close()


def _add(writer: Any, point: MetricPoint) -> None:
    writer.add_scalar(point.name, point.value, point.step, point.at)


def _verbatim(lines: list[str]) -> str:
    """Text that TensorBoard, which reads Markdown, shows as it stands."""
    return "".join(f"    {line}\n" for line in lines)
