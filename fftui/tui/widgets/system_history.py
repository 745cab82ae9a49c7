"""`SystemHistory`: every figure of a run over its whole time, what each layer asked for, and what is not told."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from typing import ClassVar

from textual.binding import Binding, BindingType

from fftui import format as fmt
from fftui.runs.history import Bucket, Range
from fftui.runs.view import RunView
from fftui.tui.gauges import Gauge, Machine, gauges, missing_lines
from fftui.tui.widgets.machine_table import layer_table, other_gpus_lines, sampler_line
from fftui.tui.widgets.painted import Line, Painted, line
from fftui.tui.widgets.plot import Tone
from fftui.tui.widgets.system import NO_SAMPLES, marked
from fftui.tui.widgets.text import cut, fitted

TALLEST = 4  # rows of a figure, at most
WIDE = 100  # cells from which mean and highest stand beside a figure
FACTS = 44  # cells of them


class SystemHistory(Painted, can_focus=True):
    """Figures over the whole run as blocks, then means by layer, the other GPUs, and why figures are missing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_by(-1)", "Up", show=False),
        Binding("down,j", "scroll_by(1)", "Down", show=False),
        Binding("pageup", "scroll_by(-20)", "Page up", show=False),
        Binding("pagedown,space", "scroll_by(20)", "Page down", show=False),
        Binding("home", "scroll_by(-100000)", "Top", show=False),
        Binding("end", "scroll_by(100000)", "End", show=False),
    ]
    HELP = """
    Each figure over the whole run on its own fixed scale: filled up to the least, shaded up to the greatest value of
    that stretch of time. Marks show where the next layer began. Below, the mean of each figure while a layer learned,
    and the energy it took; `rest` is the idle machine before the run.
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
        self._top = max(0, min(self._top + rows, self._length - max(1, self.size.height)))
        self.repaint()

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """The part that is scrolled to."""
        everything = list(self._everything(width, height))
        self._length = len(everything)
        self._top = max(0, min(self._top, self._length - height))
        return everything[self._top : self._top + height]

    def _everything(self, width: int, height: int) -> Iterator[Line]:
        view = self._view
        yield line((cut(_machine_text(view), width), "dim"))
        below = list(self._below(width))
        if not view.telemetry:
            yield line((cut(NO_SAMPLES, width), "dim"))
        else:
            yield from self._strips(width, height - len(below) - 2)
        yield from below

    def _below(self, width: int) -> Iterator[Line]:
        """What stands under the strips."""
        view = self._view
        if table := list(layer_table(view, width)):
            yield line()
            yield from table
        for heading, texts in (
            ("Other GPUs", other_gpus_lines(view)),
            ("Not told", missing_lines(view)),
            ("Sampler", sampler_line(view)),
        ):
            if texts:
                yield line()
                yield line((heading, "title"))
                yield from (line(cut(text, width)) for text in texts)

    def _strips(self, width: int, room: int) -> Iterator[Line]:
        """The figures, as high as `room` rows allow."""
        shown = list(gauges(self._view, self.machine))
        height = max(1, min(TALLEST, room // max(1, len(shown))))
        named = max((len(gauge.name) for gauge in shown), default=0)
        value = FACTS if width >= WIDE else 16
        across = max(8, width - named - value - 2)
        columns = stretched(self._view.history.all, across)
        bounds = boundaries(columns)
        yield line((" " * (named + 1), "dim"), (_layer_names(columns, across), "dim"))
        for gauge in shown:
            facts = self._facts(gauge, wide=width >= WIDE)
            drawn = blocks(columns, gauge, height, self.glyphs.levels, self.glyphs.between)
            names = (gauge.name, f"0 to {gauge.scale}")
            for number, text in enumerate(drawn):
                name = names[number] if number < len(names) else ""
                tone: Tone = "faint" if number else "text"
                pieces = marked(text, bounds, self.glyphs.boundary, "dim")
                told = "" if number else facts
                yield line((fitted(name, named) + " ", tone), *pieces, f" {fitted(told, value, right=True)}")

    def _facts(self, gauge: Gauge, *, wide: bool) -> str:
        newest = gauge.text(getattr(self._view.telemetry[-1], gauge.figure))
        if not wide:
            return newest
        seen = whole(self._view.history.all, gauge.figure)
        if seen is None:
            return newest
        return f"{newest}  mean {_short(gauge, seen.mean)}  max {_short(gauge, seen.high)}"


def stretched(buckets: Sequence[Bucket], width: int) -> list[Bucket]:
    """`width` columns over all samples: the buckets that begin in each, or the one that goes on through it."""
    total = sum(bucket.samples for bucket in buckets)
    starts = accumulate((bucket.samples for bucket in buckets), initial=0)
    begun: dict[int, Bucket] = {}
    for bucket, start in zip(buckets, starts, strict=False):
        column = start * width // total
        begun[column] = begun[column].merged(bucket) if column in begun else bucket
    columns: list[Bucket] = []
    for column in range(width if buckets else 0):
        columns.append(begun.get(column) or columns[-1])
    return columns


def boundaries(columns: Sequence[Bucket]) -> frozenset[int]:
    """The columns at which another layer begins."""
    return frozenset(n for n in range(1, len(columns)) if columns[n].place != columns[n - 1].place)


def blocks(columns: Sequence[Bucket], gauge: Gauge, height: int, levels: str, between: str) -> list[str]:
    """`height` rows of a figure: full up to the least of a column, `between` up to the greatest; blank if not told."""
    rows = [""] * height
    for column in columns:
        seen = column.of(gauge.figure)
        signs = [" "] * height if seen is None else _stack(seen, gauge.top, height, levels, between)
        rows = [row + sign for row, sign in zip(rows, signs, strict=True)]
    return rows


def whole(buckets: Sequence[Bucket], figure: str) -> Range | None:
    """What `figure` was over all buckets."""
    total: Range | None = None
    for bucket in buckets:
        seen = bucket.of(figure)
        total = seen if total is None else total.merged(seen) if seen else total
    return total


def _stack(seen: Range, top: float, height: int, levels: str, between: str) -> list[str]:
    """One column's signs, top first; something is drawn for 0 too, so that idle differs from not told."""
    full = len(levels) - 1
    low, high = (round(min(1.0, max(0.0, value / top)) * height * full) for value in (seen.low, seen.high))
    signs = []
    for row in range(height):
        base = row * full
        if height == 1:
            signs.append(levels[max(1, high)])
        elif low >= base + full:
            signs.append(levels[full])
        elif high > base and low <= base and high - low > full // 2:
            signs.append(between)
        else:
            signs.append(levels[max(1 if row == 0 else 0, min(full, high - base))])
    return signs[::-1]


def _layer_names(columns: Sequence[Bucket], width: int) -> str:
    """The layers' names where they begin, as far as there is room."""
    text = [" "] * width
    column = 0
    for place, group in groupby(columns, lambda bucket: bucket.place):
        count = len(list(group))
        name = {None: "network"}.get(place[1], f"layer {place[1]}") if place[0] is not None else ""
        if len(name) > count - 1:
            name = "" if place[1] is None else str(place[1])
        if len(name) < count:
            text[column + (column > 0) : column + (column > 0) + len(name)] = name
        column += count
    return "".join(text)[:width]


def _machine_text(view: RunView) -> str:
    seen = view.machine
    if seen is None:
        return view.started.device if view.started else "this run has not begun"
    parts = [seen.gpu or (view.started.device if view.started else "")]
    parts += ["a MIG slice: (board) marks what is its whole board's"] if seen.mig else []
    parts += [f"driver {seen.driver}"] if seen.driver else []
    parts += [f"{seen.cores} cores"] if seen.cores else []
    parts += [fmt.size(seen.host_memory_total_bytes)] if seen.host_memory_total_bytes else []
    return " · ".join([*parts, f"{seen.hz:g} looks a second"])


def _short(gauge: Gauge, value: float) -> str:
    """A value without the top that stands behind it."""
    return gauge.text(value).partition(" of ")[0]
