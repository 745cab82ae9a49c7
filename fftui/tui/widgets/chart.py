"""`Chart`: lines over epochs with labelled ends, or with their values at a cursor, in braille or
ASCII.
"""

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from fftui.runs.layer_view import LayerView
from fftui.runs.view import RunView
from fftui.tui.charts.cell_plot import Cell, Series, draw
from fftui.tui.charts.chart_registry import ChartInfo, make_chart
from fftui.tui.charts.chart_spec import ChartSpec
from fftui.tui.charts.epoch_axis import RunClock
from fftui.tui.charts.reading import AS_IT_IS, Reading, read_chart
from fftui.tui.charts.scale import Window, log_ticks, ticks
from fftui.tui.glyphs import Glyphs, plain
from fftui.tui.style_names import StyleName
from fftui.tui.widgets.cell_text import centred
from fftui.tui.widgets.row_widget import Line, RowWidget, Span, line

LEAST_WIDTH = 24  # cells; below it a chart drops the labels at its right
LABEL_GAP = 1


@dataclass(frozen=True)
class Frame:
    """Where things are in a chart: the cells left of the lines, those of the lines, and the
    labels at the right.
    """

    left: int
    across: int
    ends: tuple[tuple[Series, float, str], ...]
    tick_names: tuple[tuple[float, str], ...]

    @classmethod
    def of(cls, spec: ChartSpec, width: int, height: int, *, ascii_only: bool) -> "Frame":
        """The frame of a chart of `width` × `height` cells."""
        window, parts = spec.window, max(2, min(5, (height - 1) // 2))
        values = (log_ticks if window.log else ticks)(window.bottom, window.top, parts)
        names = tuple((y, f"{y:.6g}") for y in values)
        left = max(len(name) for _, name in names) + 1
        ends = tuple(
            (s, value, plain(f"{s.name} {spec.format_value(value)}", ascii_only))
            for s, value in spec.labelled
        )
        right = max((len(text) for *_, text in ends), default=0) + LABEL_GAP
        if width - left - right < LEAST_WIDTH:
            ends, right = (), 0
        return cls(left, width - left - right, ends, names)


class Chart(RowWidget):
    """A widget that draws one of the registered charts, or the note why there is nothing to draw
    yet.
    """

    class Pointed(Message):
        """A column was clicked: the epoch of the run there."""

        def __init__(self, chart: "Chart", epoch: float) -> None:
            super().__init__()
            self.chart = chart
            self.epoch = epoch

    class Wheeled(Message):
        """The wheel was turned, up (-1) or down (1); sideways or with shift to pan."""

        def __init__(self, direction: int, *, pans: bool) -> None:
            super().__init__()
            self.direction = direction
            self.pans = pans

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.spec = ChartSpec()  # by epoch, as the chart's function gave it
        self.drawn = ChartSpec()
        self._made_from: tuple[object, ...] = ()
        self._read_from: tuple[object, ...] = ()
        self._chart_title = ""
        self._clock, self._reading = RunClock(), AS_IT_IS
        self._pictured: tuple[object, ...] = ()  # what the grid is a picture of
        self._grid: list[list[Cell]] = []

    def show(
        self,
        chart: ChartInfo,
        view: RunView,
        selected: LayerView | None,
        reading: Reading = AS_IT_IS,
    ) -> None:
        """Show `chart` of `view`, for the layer `selected`, as `reading` says, if what it is made
        from has changed.
        """
        made_from = (chart, selected, *(getattr(view, part) for part in chart.parts))
        self._reading = reading
        # views share the parts that did not change
        if not _same(self._made_from, made_from):
            self._made_from = made_from
            spec = make_chart(chart, view, selected)
            self.spec = self.spec if spec == self.spec else spec
            self._chart_title = spec.title or chart.title
        read_from = (self.spec, self._chart_title, self._reading, view.stages, view.layers)
        if _same(self._read_from, read_from):
            return
        self._read_from = read_from
        if self._reading.x != "epoch":
            self._clock = RunClock.of(view)
        self._read()
        self.repaint()

    def take_spec(self, spec: ChartSpec, reading: Reading) -> None:
        """Have `spec`, which is of no single run, with the title that it has, as `reading` says; it
        is shown by the next `repaint`.
        """
        self.spec, self._chart_title, self._reading = spec, spec.title, reading
        self._read()

    def show_spec(self, spec: ChartSpec, reading: Reading) -> None:
        """Show `spec` at once."""
        self.take_spec(spec, reading)
        self.repaint()

    def _read(self) -> None:
        self.drawn = read_chart(self.spec, self._reading, self._clock)
        self._show_title()

    def values_text(self) -> str:
        """The chart's title, and the values that stand at its right; empty without lines."""
        spec = self.drawn
        if not spec.labelled:
            return ""
        where = "" if spec.cursor is None else f"{spec.unit} {spec.cursor:.6g}, "
        values = ", ".join(f"{s.name} {spec.format_value(value)}" for s, value in spec.labelled)
        return f"{self._chart_title}: {where}{values}"

    def _show_title(self) -> None:
        """Write the title, what the reader has chosen, and the values at the cursor where they have
        no room at the right.
        """
        spec = self.drawn
        parts = [self._chart_title, self._reading.title(spec.window) if spec.series else ""]
        if spec.cursor is not None and spec.series:
            parts.append(f"{spec.unit} {spec.cursor:.6g}")
            frame = Frame.of(spec, self.size.width, self.size.height, ascii_only=self.ascii_only)
            if not frame.ends:
                parts += [f"{s.name} {spec.format_value(value)}" for s, value in spec.labelled]
        self.set_title(" · ".join(part for part in parts if part))

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """The chart, `height` rows of `width` cells."""
        if not self.drawn.series:
            return centred(self.drawn.note, width, height)
        if width < 8 or height < 3:
            return [line(("too small to draw", "dim"))]
        spec, ascii_only = self.drawn, self.ascii_only
        frame = Frame.of(spec, width, height, ascii_only=ascii_only)
        picture = (*spec.series, spec.window, frame.across, height, ascii_only)
        # where only the cursor or the labels have moved, the lines are as they were
        if not _same_or_equal(self._pictured, picture):
            size = (frame.across, height - 1)
            self._grid = draw(spec.series, spec.window, *size, braille=not ascii_only)
            self._pictured = picture
        return _draw_chart(spec, frame, self._grid, width, self.glyphs)

    def on_resize(self) -> None:
        """Draw again for the new size."""
        super().on_resize()
        self._show_title()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Put the cursor where the mouse is."""
        self._point(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Let the cursor follow the pressed mouse."""
        if event.button:
            self._point(event)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in, or pan with shift."""
        event.stop()
        self.post_message(self.Wheeled(-1, pans=event.shift))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out, or pan with shift."""
        event.stop()
        self.post_message(self.Wheeled(1, pans=event.shift))

    def _point(self, event: events.MouseEvent) -> None:
        where, spec = event.get_content_offset(self), self.drawn
        if where is None or not spec.series:
            return
        frame = Frame.of(spec, self.size.width, self.size.height, ascii_only=self.ascii_only)
        column = min(frame.across - 1, max(0, where.x - frame.left))
        x = spec.window.x(column, frame.across)
        by_epoch = spec.unit == "epoch"
        epoch = x + spec.offset if by_epoch else self._clock.epoch_at(x, self._reading.x)
        self.post_message(self.Pointed(self, epoch))


def _same(known: tuple[object, ...], now: tuple[object, ...]) -> bool:
    return len(known) == len(now) and all(map(operator.is_, known, now))


def _same_or_equal(known: tuple[object, ...], now: tuple[object, ...]) -> bool:
    """Whether the lines are the same ones, and all else is equal."""
    return len(known) == len(now) and all(
        a is b or not (isinstance(a, Series) or isinstance(b, Series) or a != b)
        for a, b in zip(known, now, strict=True)
    )


def _draw_chart(
    spec: ChartSpec, frame: Frame, lines: Sequence[Sequence[Cell]], width: int, signs: Glyphs
) -> list[Line]:
    """The rows of a chart whose lines are drawn already."""
    window, body = spec.window, len(lines)
    grid = _with_verticals(spec, lines, signs)
    axis: dict[int, str] = {}
    for y, name in frame.tick_names:
        axis.setdefault(window.row(y, body), name)
    labels = _place_labels(list(frame.ends[::-1]), window, body)
    rows = []
    for y in range(body):
        tick = f"{axis.get(y, ''):>{frame.left - 1}} "
        spans: list[Span] = [(tick, "dim"), *merged_cells(grid[y])]
        if y in labels:
            ended, text = labels[y]
            spans += [(" " * LABEL_GAP, "text"), (text, ended.style)]
        rows.append(Line(tuple(spans)))
    return [*rows, _axis(spec, frame.left, frame.across, width)]


def _with_verticals(
    spec: ChartSpec, lines: Sequence[Sequence[Cell]], signs: Glyphs
) -> list[list[Cell]]:
    """The grid with the boundaries between stages and the cursor, where no line is."""
    grid = [list(row) for row in lines]
    marks: list[tuple[float, str, StyleName]] = [
        (x, signs.boundary, "faint") for x in spec.boundaries
    ]
    if spec.cursor is not None:
        marks.append((spec.cursor, signs.axis_vertical, "bold"))
    for x, sign, style in marks:
        column = spec.window.column(x, len(grid[0]))
        if column is None:
            continue
        for row in grid:
            if not row[column].lines and row[column].style != "bad":
                row[column] = Cell(sign, style)
    return grid


def merged_cells(cells: Sequence[Cell]) -> list[Span]:
    """Neighbouring cells of one style as one span."""
    spans: list[Span] = []
    for cell in cells:
        if spans and (spans[-1][1] == cell.style or cell.char == " "):
            spans[-1] = (spans[-1][0] + cell.char, spans[-1][1])
        else:
            spans.append((cell.char, cell.style))
    return spans


def _place_labels(
    wanted: list[tuple[Series, float, str]], window: Window, height: int
) -> dict[int, tuple[Series, str]]:
    """Labels by row, near their values and in the same order; a label without a free row is left
    out.

    The first of `wanted` get their rows first.
    """
    rows: list[int] = []
    for _, value, _ in wanted:
        row = window.row(value, height)
        free = min(
            (y for y in range(height) if y not in rows), key=lambda y: abs(y - row), default=None
        )
        if free is None:
            break
        rows.append(free)
    shown = sorted(wanted[: len(rows)], key=lambda end: -end[1])
    return {row: (series, text) for row, (series, _, text) in zip(sorted(rows), shown, strict=True)}


def _axis(spec: ChartSpec, left: int, across: int, width: int) -> Line:
    """The horizontal axis: round numbers under their columns, and the unit."""
    window = spec.window
    text = [" "] * width
    unit = f" {spec.unit}"
    for x in ticks(window.left, window.right, max(1, across // 9)):
        if not math.isfinite(x) or x != int(x):
            continue
        column = window.column(x, across)
        name = str(int(x))
        if column is None:
            continue
        start = min(left + column - (len(name) - 1) // 2, left + across - len(name))
        if any(sign != " " for sign in text[max(0, start - 1) : start + len(name) + 1]):
            continue
        text[start : start + len(name)] = name
    axis = "".join(text).rstrip()
    if len(axis) + len(unit) <= width:
        axis += unit
    return line((axis, "dim"))
