"""The lines of a log: what it keeps of each event."""

from collections.abc import Iterator, Sequence

from fftui import events as ev
from fftui.runs.layer_view import EpochPart, EpochView
from fftui.runs.view import RunView
from fftui.text.format import accuracy_text, duration, number
from fftui.text.layer_text import parallel_rows, stage_name

SILENT_S = 60.0  # of an epoch that takes long, until a log gets a line of it


class LogLines:
    """The lines of a log, with one of an epoch under way where there was none for a minute."""

    def __init__(self) -> None:
        self._last_at = float("-inf")

    def line(self, event: ev.Event, view: RunView) -> str | None:
        """The line of `event`, after which the run is as in `view`; None where it has none."""
        now = view.now or 0.0
        found = progress_line(event, view)
        if isinstance(event, ev.MeansSoFar) and now - self._last_at >= SILENT_S:
            found = _way_line(event, view)
        if found is not None or isinstance(event, ev.LayerStarted):
            self._last_at = now
        return found


def progress_line(event: ev.Event, view: RunView) -> str | None:
    """The line that a log keeps of `event`; None where it keeps none."""
    match event:
        case ev.EpochFinished():
            return "  ".join(_epoch_parts(event, view))
        case ev.RunStarted() | ev.LayerFinished():
            return _stage_line(event, view)
        case ev.Evaluated(final=True):
            return _accuracy_line(event)
        case _:
            return _note_line(event)


def _stage_line(event: ev.RunStarted | ev.LayerFinished, view: RunView) -> str:
    if isinstance(event, ev.RunStarted):
        begun = "resumed" if event.resumed else "started"
        return (
            f"run {event.run} {begun}: {event.experiment} on {event.data}, {event.device},"
            f" {event.precision}"
        )
    name = stage_name(view, event.phase, event.layer)
    return f"{name} {event.text}, {duration(event.layer_s)}"


def _accuracy_line(event: ev.Evaluated) -> str:
    line = (
        f"{event.split} accuracy {accuracy_text(event.accuracy)} of"
        f" {sum(event.class_images)} images"
    )
    if event.head_accuracy is None:
        return line
    return f"{line}; softmax head, one pass: {accuracy_text(event.head_accuracy)}"


def _note_line(event: ev.Event) -> str | None:
    match event:
        case ev.Noted():
            return event.message
        case ev.LayerDiverged() | ev.LayersChosen():
            return event.text
        case ev.MetricsUnavailable() | ev.RankDescribed():
            return event.text
        case ev.TelemetryEnded(error=str(error)):
            return f"telemetry ended, the run goes on: {error}"
        case ev.StatusChanged():
            return event.status
        case _:
            return None


def _way_line(event: ev.MeansSoFar, view: RunView) -> str | None:
    """What an epoch has brought so far; None before all layers that learn have stated it."""
    rows = view.learning
    parts = [row.under_way[-1] for row in rows if row.under_way]
    if not parts or rows[-1].number != event.layer:
        return None
    stage = view.stages[-1]
    said = [
        stage_name(view, stage.phase, stage.layer),
        f"epoch {event.epoch}/{rows[0].epochs}, {100 * event.step // event.steps} % of it",
        f"loss {number(sum(part.loss for part in parts))}",
        *_goodness_words(parts),
    ]
    if view.progress is not None and view.progress.samples_per_s is not None:
        said.append(f"{view.progress.samples_per_s:.0f} samples/s")
    if left_s := view.time_left_s():
        said.append(f"{duration(left_s)} left")
    return "  ".join(said)


def _epoch_parts(event: ev.EpochFinished, view: RunView) -> Iterator[str]:
    """The parts of an epoch's line: stage, epoch, loss, goodness, threshold, accuracy, speed, time
    left.
    """
    rows = parallel_rows(view, event.phase, event.layer) or [
        row for row in view.layers if row.number == event.layer
    ]
    yield stage_name(view, event.phase, event.layer)
    yield f"epoch {event.epoch}/{rows[0].epochs if rows else event.epoch}"
    yield f"loss {number(event.loss)}"
    epochs = [
        each
        for row in rows
        for each in row.history
        if (each.phase, each.epoch) == (event.phase, event.epoch)
    ]
    yield from _goodness_words(epochs)
    if epochs and epochs[0].threshold is not None:
        yield f"theta {number(epochs[0].threshold)}"
    if event.accuracy is not None:
        yield f"accuracy {accuracy_text(event.accuracy)}"
    yield f"{event.samples_per_s:.0f} samples/s"
    if left_s := view.time_left_s():
        yield f"{duration(left_s)} left"


def _goodness_words(epochs: Sequence[EpochView | EpochPart]) -> Iterator[str]:
    """Goodness of positive and negative data, a number a layer; nothing under a rule without
    goodness.
    """
    positive = [each.goodness_positive for each in epochs]
    negative = [each.goodness_negative for each in epochs]
    if any(value is not None for value in positive):
        words = ["g+", *map(number, positive)]
        if any(value is not None for value in negative):
            words += ["g-", *map(number, negative)]
        yield " ".join(words)
