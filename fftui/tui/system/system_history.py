"""`SystemHistory`: every metric over the whole run, its means by layer, and why metrics are not
available.
"""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from fftui.runs.history import METRICS, Bucket, History
from fftui.runs.view import RunView
from fftui.text import format as fmt
from fftui.tui.stage_names import short_stage_name, stage_name
from fftui.tui.system.machine_table import layer_table, other_gpus_lines, sampler_lines
from fftui.tui.system.metric_styles import MetricStyle, metric_styles, missing_lines
from fftui.tui.system.system_panel import no_samples
from fftui.tui.system.this_machine import Machine
from fftui.tui.system.timelines import extents_of, fill_width, stage_changes, timeline, with_marks
from fftui.tui.widgets.cell_text import cut, fitted, wrapped
from fftui.tui.widgets.row_widget import Line, RowWidget, Span, line

TALLEST = 5  # rows of a metric, at most
HEADED = 4  # rows from which a line about the machine stays on top
WIDE = 100  # cells from which a metric has its scale, mean and highest value beside it
FACT = 10  # cells of each of them
VALUE = 17  # cells of the newest value, shown alone where it is narrower
FACTS = ("now", "mean", "max")
TICK = 14  # cells between two times, at least


class SystemHistory(RowWidget, can_focus=True):
    """The metrics over the whole run as blocks, then means by layer, the other GPUs, and why
    metrics are missing.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_by(-1)", "Up", show=False),
        Binding("down,j", "scroll_by(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown,space", "page(1)", "Page down", show=False),
        Binding("home", "scroll_by(-100000)", "Top", show=False),
        Binding("end", "scroll_by(100000)", "End", show=False),
    ]
    HELP = """
    Each metric over the whole run on its own fixed scale: filled up to the lowest, shaded up to the
    highest value of the column's time. Below, the mean of each metric while a layer learned, and
    the energy it took.
    """

    def __init__(self, machine: Machine, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.machine = machine
        self._view = RunView()
        self._top = 0
        self._length = 0

    def show(self, view: RunView) -> None:
        """Show the telemetry of `view`."""
        if view is not self._view:
            self._view = view
            self.repaint()

    def action_scroll_by(self, rows: int) -> None:
        """Scroll by `rows` rows, down if positive."""
        self._top += rows  # clamped where the rows are made
        self.repaint()

    def action_page(self, pages: int) -> None:
        """Scroll by `pages` pages."""
        self.action_scroll_by(pages * max(1, self.size.height - 2))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll down."""
        event.stop()
        self.action_scroll_by(2)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll up."""
        event.stop()
        self.action_scroll_by(-2)

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """A line about the machine, and the rows that are scrolled to."""
        headed = height >= HEADED
        room = height - headed
        everything = list(self._everything(width, room))
        self._length = len(everything)
        self._top = max(0, min(self._top, self._length - room))
        last = min(self._length, self._top + room)
        where = f"rows {self._top + 1} to {last} of {self._length}" if self._length > room else ""
        machine = fitted(machine_text(self._view), max(0, width - len(where) - 2))
        head = [line((machine, "dim"), (f"  {where}", "accent"))] if headed else []
        return [*head, *everything[self._top : last]]

    def _everything(self, width: int, height: int) -> Iterator[Line]:
        below = list(self._below(width))
        if self._view.telemetry:
            yield from self._timelines(width, height - len(below))
        else:
            yield line((cut(no_samples(self._view), width), "dim"))
        yield from below

    def _below(self, width: int) -> Iterator[Line]:
        """The rows under the timelines."""
        view = self._view
        if table := list(layer_table(view, width)):
            yield line()
            yield from table
        reasons = wrapped(missing_lines(view), width)
        for heading, texts in (("Other GPUs", other_gpus_lines(view)), ("Not available", reasons)):
            if texts:
                yield line()
                yield line((heading, "title"))
                yield from (line(cut(text, width)) for text in texts)
        if sampled := wrapped(sampler_lines(view), width):
            yield line()
            yield from (line((text, "dim")) for text in sampled)

    def _timelines(self, width: int, room: int) -> Iterator[Line]:
        """The timelines, as high as `room` rows allow, between the layers' names and
        the time axis.
        """
        shown = list(metric_styles(self._view, self.machine))
        heights, gap = _heights(room - 2, len(shown))
        name_width = max((len(metric_style.name) for metric_style in shown), default=0)
        scales = [[""] * height for height in heights]
        if width >= WIDE:
            scales = list(map(_ends, shown, heights))
        scale = max((len(text) for texts in scales for text in texts), default=0)
        titles = "".join(f"{text:>{FACT}}" for text in FACTS) if scale else f"{'now':>{VALUE}}"
        left, right = name_width + 1 + scale + bool(scale), (3 * FACT if scale else VALUE)
        columns, marks = fill_width(self._view.history.all, max(8, width - left - right - 1))
        head = _names(self._view, columns, marks)
        yield line((" " * left + head, "accent"), (" " + titles, "dim"))
        blank = with_marks(" " * len(columns), marks, self.glyphs.boundary, "dim")
        for metric_style, texts in zip(shown, scales, strict=True):
            extents = extents_of(columns, metric_style.metric)
            drawn = timeline(extents, metric_style.top, len(texts), marks, self.glyphs)
            names = [metric_style.name, *[""] * len(texts)]
            facts = [self._facts(metric_style, wide=scale > 0), *[[]] * len(texts)]
            for name, end, spans, fact in zip(names, texts, drawn, facts, strict=False):
                ends: Span = (f"{end:>{scale}} " if scale else "", "dim")
                yield line((f"{name:<{name_width}} ", "text"), ends, *spans, *fact)
            if gap:
                yield line((" " * left, "dim"), *blank)
        yield line((" " * left + _times(self._view, columns, marks), "dim"))

    def _facts(self, metric_style: MetricStyle, *, wide: bool) -> list[Span]:
        """The newest value, the mean and the highest value of a metric."""
        value = getattr(self._view.telemetry[-1], metric_style.metric)
        if not wide:
            return [(f" {metric_style.text(value):>{VALUE}}", "text")]
        mean, high = mean_and_max(self._view.history, metric_style.metric)
        return [
            (f" {metric_style.short_value(value):>{FACT}}", "text"),
            (
                f"{metric_style.short_value(mean):>{FACT}}{metric_style.short_value(high):>{FACT}}",
                "dim",
            ),
        ]


def mean_and_max(history: History, metric: str) -> tuple[float | None, float | None]:
    """The mean and the highest value of `metric` over the whole run; None where it was never
    available.
    """
    index = METRICS.index(metric)
    ranges_seen = [seen for _, ranges in history.stages if (seen := ranges[index])]
    if not ranges_seen:
        return None, None
    return sum(seen.total for seen in ranges_seen) / sum(seen.count for seen in ranges_seen), max(
        seen.high for seen in ranges_seen
    )


def machine_text(view: RunView) -> str:
    """The GPU or device that learns, its machine, and the sampling rate."""
    seen, device = view.machine, view.started.device if view.started else ""
    if seen is None:
        return device or "this run has not begun"
    parts = [seen.gpu or device]
    parts += ["a MIG slice: (board) marks metrics of its whole board"] if seen.mig else []
    parts += [f"driver {seen.driver}"] if seen.driver else []
    parts += [f"{seen.cores} cores"] if seen.cores else []
    parts += [fmt.size(seen.host_memory_total_bytes)] if seen.host_memory_total_bytes else []
    return " · ".join([*filter(None, parts), f"{seen.hz:g} samples/s"])


def _heights(room: int, metrics: int) -> tuple[list[int], bool]:
    """The rows of each metric so that all fill `room`, the first ones higher, and whether gaps are
    between them.
    """
    each, left = divmod(max(metrics, room), max(1, metrics))
    gap = each > 2  # two rows are more to a metric than one and a gap
    heights = [each - gap + (number < left) for number in range(metrics)]
    return [min(TALLEST, height) for height in heights], gap


def _ends(metric_style: MetricStyle, height: int) -> list[str]:
    """The labels of a metric's scale, one per row: its top and 0."""
    if height == 1:
        return [f"0–{metric_style.scale}"]
    return [metric_style.scale, *[""] * (height - 2), "0"]


def _names(view: RunView, columns: Sequence[Bucket], marks: Sequence[int]) -> str:
    """The layers' names above their first columns, as far as there is room."""
    if not marks and (many := len(stage_changes([bucket.stage for bucket in view.history.all]))):
        return fitted(f"{fmt.count(many)} changes of layer: too many to mark", len(columns))
    text = ""
    for start, end in zip((0, *marks), (*marks, len(columns)), strict=True):
        key, room = columns[start].stage, end - start
        name = stage_name(view, key) if key[0] is not None else "before"
        name = name if len(name) < room else short_stage_name(view, key)
        text += (" " if start else "") + (name if len(name) < room else "").ljust(room)
    return text


def _times(view: RunView, columns: Sequence[Bucket], marks: Sequence[int]) -> str:
    """The time axis: the elapsed time at some columns, and at its end that of the newest sample."""
    text = ""
    began = columns[0].began_at if columns else 0.0
    for column, bucket in enumerate(columns):
        at = column + sum(mark <= column for mark in marks)
        begins = column == 0 or bucket is not columns[column - 1]
        if begins and at >= len(text.rstrip()) + TICK * bool(column):
            text = text.ljust(at) + (fmt.duration(bucket.began_at - began) if column else "0")
    end = fmt.duration(None if view.now is None else view.now - began)
    width = len(columns) + len(marks)
    text = text[: max(0, width - len(end))]
    whole_words = (
        text.rstrip()
        if text.endswith(" ") or len(text) < width - len(end)
        else text.rpartition("  ")[0]
    )
    return f"{whole_words:<{max(0, width - len(end))}}{end}"[:width]
