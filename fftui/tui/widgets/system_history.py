"""`SystemHistory`: every figure of a run over its whole time, what each layer asked for, and what is not told."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from fftui import format as fmt
from fftui.runs.history import FIGURES, Bucket, History
from fftui.runs.view import RunView
from fftui.tui.gauges import Gauge, Machine, gauges, missing_lines
from fftui.tui.places import place_name, short_name
from fftui.tui.widgets.machine_table import layer_table, other_gpus_lines, sampler_lines
from fftui.tui.widgets.painted import Line, Painted, Piece, line
from fftui.tui.widgets.strips import area, changes, marked, stretched
from fftui.tui.widgets.system import no_samples
from fftui.tui.widgets.text import cut, fitted, wrapped

TALLEST = 5  # rows of a figure, at most
HEADED = 4  # rows from which one may tell of the machine, whatever is scrolled to
WIDE = 100  # cells from which scale, mean and highest stand beside a figure
FACT = 10  # cells of each then
VALUE = 17  # cells of the one value that stands there else
TICK = 14  # cells between two times, at least


class SystemHistory(Painted, can_focus=True):
    """Figures over the whole run as blocks, then means by layer, the other GPUs, and why figures are missing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_by(-1)", "Up", show=False),
        Binding("down,j", "scroll_by(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown,space", "page(1)", "Page down", show=False),
        Binding("home", "scroll_by(-100000)", "Top", show=False),
        Binding("end", "scroll_by(100000)", "End", show=False),
    ]
    HELP = """
    Each figure over the whole run on its own fixed scale: filled up to the least, shaded up to the greatest value of
    that stretch of time. Below, the mean of each figure while a layer learned, and the energy it took.
    """

    def __init__(self, machine: Machine, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.machine = machine
        self._view = RunView()
        self._top = 0
        self._length = 0

    def show(self, view: RunView) -> None:
        """Show what `view` knows of the machine."""
        if view is not self._view:
            self._view = view
            self.repaint()

    def action_scroll_by(self, rows: int) -> None:
        """Move up or down."""
        self._top += rows  # brought back into bounds where the rows are made
        self.repaint()

    def action_page(self, pages: int) -> None:
        """Move by what is in sight."""
        self.action_scroll_by(pages * max(1, self.size.height - 2))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move down."""
        event.stop()
        self.action_scroll_by(2)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move up."""
        event.stop()
        self.action_scroll_by(-2)

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """What the machine is, and the part below that is scrolled to."""
        headed = height >= HEADED
        room = height - headed
        everything = list(self._everything(width, room))
        self._length = len(everything)
        self._top = max(0, min(self._top, self._length - room))
        last = min(self._length, self._top + room)
        where = f"rows {self._top + 1} to {last} of {self._length}" if self._length > room else ""
        told = fitted(machine_text(self._view), max(0, width - len(where) - 2))
        head = [line((told, "dim"), (f"  {where}", "accent"))] if headed else []
        return [*head, *everything[self._top : last]]

    def _everything(self, width: int, height: int) -> Iterator[Line]:
        below = list(self._below(width))
        if self._view.telemetry:
            yield from self._strips(width, height - len(below))
        else:
            yield line((cut(no_samples(self._view), width), "dim"))
        yield from below

    def _below(self, width: int) -> Iterator[Line]:
        """What stands under the strips."""
        view = self._view
        if table := list(layer_table(view, width)):
            yield line()
            yield from table
        reasons = wrapped(missing_lines(view), width)
        for heading, texts in (("Other GPUs", other_gpus_lines(view)), ("Not told", reasons)):
            if texts:
                yield line()
                yield line((heading, "title"))
                yield from (line(cut(text, width)) for text in texts)
        if sampled := wrapped(sampler_lines(view), width):
            yield line()
            yield from (line((text, "dim")) for text in sampled)

    def _strips(self, width: int, room: int) -> Iterator[Line]:
        """The figures, as high as `room` rows allow, under the layers' names and over the time."""
        shown = list(gauges(self._view, self.machine))
        heights, gap = _heights(room - 2, len(shown))
        named = max((len(gauge.name) for gauge in shown), default=0)
        ends = [_ends(gauge, height) for gauge, height in zip(shown, heights, strict=True)]
        scales = ends if width >= WIDE else [[""] * height for height in heights]
        scale = max((len(text) for texts in scales for text in texts), default=0)
        left, right = named + 1 + scale + bool(scale), (3 * FACT if scale else VALUE)
        columns, marks = stretched(self._view.history.all, max(8, width - left - right - 1))
        sign = self.glyphs.boundary
        head = _names(self._view, columns, marks)
        heads = "".join(f"{text:>{FACT}}" for text in ("now", "mean", "max")) if scale else f"{'now':>{VALUE}}"
        yield line((" " * left + head, "accent"), (" " + heads, "dim"))
        for gauge, texts in zip(shown, scales, strict=True):
            drawn = area(columns, gauge.figure, gauge.top, len(texts), self.glyphs)
            for number, (text, end) in enumerate(zip(drawn, texts, strict=True)):
                name = f"{'' if number else gauge.name:<{named}} "
                pieces: list[Piece] = [(name, "text"), (f"{end:>{scale}} " if scale else "", "dim")]
                pieces += marked(text, marks, sign, "dim")
                yield line(*pieces, *([] if number else self._facts(gauge, wide=scale > 0)))
            if gap:
                yield line((" " * left, "dim"), *marked(" " * len(columns), marks, sign, "dim"))
        yield line((" " * left + _times(self._view, columns, marks), "dim"))

    def _facts(self, gauge: Gauge, *, wide: bool) -> list[Piece]:
        """The value now, the mean and the highest."""
        value = getattr(self._view.telemetry[-1], gauge.figure)
        if not wide:
            return [(f" {gauge.text(value):>{VALUE}}", "text")]
        mean, high = whole(self._view.history, gauge.figure)
        return [
            (f" {gauge.short(value):>{FACT}}", "text"),
            (f"{gauge.short(mean):>{FACT}}{gauge.short(high):>{FACT}}", "dim"),
        ]


def whole(history: History, figure: str) -> tuple[float | None, float | None]:
    """Mean and highest of `figure` over the whole run."""
    index = FIGURES.index(figure)
    told = [seen for _, ranges in history.places if (seen := ranges[index])]
    if not told:
        return None, None
    return sum(seen.total for seen in told) / sum(seen.count for seen in told), max(seen.high for seen in told)


def machine_text(view: RunView) -> str:
    """What learns, and how it is looked at."""
    seen, device = view.machine, view.started.device if view.started else ""
    if seen is None:
        return device or "this run has not begun"
    parts = [seen.gpu or device]
    parts += ["a MIG slice: (board) marks what is its whole board's"] if seen.mig else []
    parts += [f"driver {seen.driver}"] if seen.driver else []
    parts += [f"{seen.cores} cores"] if seen.cores else []
    parts += [fmt.size(seen.host_memory_total_bytes)] if seen.host_memory_total_bytes else []
    return " · ".join([*filter(None, parts), f"{seen.hz:g} looks a second"])


def _heights(room: int, figures: int) -> tuple[list[int], bool]:
    """Rows of each figure so that all fill `room`, the first ones higher; whether there is one between two."""
    each, left = divmod(max(figures, room), max(1, figures))
    gap = each > 2  # two rows are more to a figure than one and a gap
    heights = [each - gap + (number < left) for number in range(figures)]
    return [min(TALLEST, height) for height in heights], gap


def _ends(gauge: Gauge, height: int) -> list[str]:
    """Both ends of a figure's scale in its rows."""
    if height == 1:
        return [f"0–{gauge.scale}"]
    return [gauge.scale, *[""] * (height - 2), "0"]


def _names(view: RunView, columns: Sequence[Bucket], marks: Sequence[int]) -> str:
    """The layers' names over where they begin, as far as there is room."""
    if not marks and (many := len(changes([bucket.place for bucket in view.history.all]))):
        return fitted(f"{fmt.count(many)} changes of layer: too many to mark", len(columns))
    text = ""
    for start, end in zip((0, *marks), (*marks, len(columns)), strict=True):
        place, room = columns[start].place, end - start
        name = place_name(view, place) if place[0] is not None else "before"
        name = name if len(name) < room else short_name(view, place)
        text += (" " if start else "") + (name if len(name) < room else "").ljust(room)
    return text


def _times(view: RunView, columns: Sequence[Bucket], marks: Sequence[int]) -> str:
    """How long the run had gone on where a column begins, now and then, and at the end until now."""
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
    whole_words = text.rstrip() if text.endswith(" ") or len(text) < width - len(end) else text.rpartition("  ")[0]
    return f"{whole_words:<{max(0, width - len(end))}}{end}"[:width]
