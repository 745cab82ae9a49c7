"""`Chart`: lines over epochs with labelled ends, in braille or ASCII."""

import math
import operator
import textwrap
from collections.abc import Sequence

from fftui.runs.view import LayerView, RunView
from fftui.tui.charts.cell_plot import Cell, Series, Window, draw, ticks
from fftui.tui.charts.chart_registry import ChartInfo, make_chart
from fftui.tui.charts.chart_spec import ChartSpec
from fftui.tui.glyphs import plain
from fftui.tui.widgets.row_widget import Line, RowWidget, Span, line

LEAST_WIDTH = 24  # cells; below it a chart drops the labels at its right
LABEL_GAP = 1


class Chart(RowWidget):
    """A widget that draws one of the registered charts, or the note why there is nothing to draw
    yet.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.spec = ChartSpec()
        self._made_from: tuple[object, ...] = ()

    def show(self, chart: ChartInfo, view: RunView, selected: LayerView | None) -> None:
        """Show `chart` of `view`, for the layer `selected`, if what it is made from has changed."""
        made_from = (chart, selected, *(getattr(view, part) for part in chart.parts))
        # views share the parts that did not change
        known = self._made_from
        if len(known) == len(made_from) and all(map(operator.is_, known, made_from)):
            return
        self._made_from = made_from
        spec = make_chart(chart, view, selected)
        self.set_title(spec.title or chart.title)
        if spec != self.spec:
            self.spec = spec
            self.repaint()

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """The chart, `height` rows of `width` cells."""
        if not self.spec.series:
            return centred(self.spec.note, width, height)
        if width < 8 or height < 3:
            return [line(("too small to draw", "dim"))]
        return _draw_chart(self.spec, width, height, ascii_only=self.ascii_only)


def centred(text: str, width: int, height: int) -> list[Line]:
    """A dim sentence in the middle of `height` rows, for panels that have nothing to show yet."""
    wrapped = textwrap.wrap(text, max(8, width - 2))[:height]
    above = (height - len(wrapped)) // 2
    rows = [line() for _ in range(above)] + [line((each.center(width), "dim")) for each in wrapped]
    return rows + [line() for _ in range(height - len(rows))]


def _draw_chart(spec: ChartSpec, width: int, height: int, *, ascii_only: bool) -> list[Line]:
    window, body = spec.window, height - 1
    y_ticks = ticks(window.bottom, window.top, max(2, min(5, body // 2)))
    tick_names = [(y, f"{y:.6g}") for y in y_ticks]
    left = max(len(name) for _, name in tick_names) + 1
    ends = [
        (s, value, plain(f"{s.name} {spec.format_value(value)}", ascii_only))
        for s, value in spec.labelled
    ]
    right = max((len(text) for *_, text in ends), default=0) + LABEL_GAP
    if width - left - right < LEAST_WIDTH:
        ends, right = [], 0
    across = width - left - right
    grid = draw(spec.series, window, across, body, braille=not ascii_only)
    axis: dict[int, str] = {}
    for y, name in tick_names:
        axis.setdefault(window.row(y, body), name)
    labels = _place_labels(ends[::-1], window, body)
    rows = []
    for y in range(body):
        spans: list[Span] = [(f"{axis.get(y, ''):>{left - 1}} ", "dim"), *_merge_cells(grid[y])]
        if y in labels:
            ended, text = labels[y]
            spans += [(" " * LABEL_GAP, "text"), (text, ended.style)]
        rows.append(Line(tuple(spans)))
    return [*rows, _axis(spec, left, across, width)]


def _merge_cells(cells: Sequence[Cell]) -> list[Span]:
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
