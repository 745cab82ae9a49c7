"""`Chart`: lines over epochs with labelled ends, in braille or ASCII."""

import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fftui import format as fmt
from fftui.tui.glyphs import plain
from fftui.tui.widgets.painted import Line, Painted, Piece, line
from fftui.tui.widgets.plot import Cell, Series, Window, draw, ticks

LEAST_WIDTH = 24  # cells; below it a chart drops the labels at its right
LABEL_GAP = 1


@dataclass(frozen=True)
class Plan:
    """What a chart shows: lines in a window, how a value is written, and what the horizontal axis counts."""

    series: tuple[Series, ...]
    window: Window
    unit: str = "epoch"
    write: Callable[[float | None], str] = fmt.short
    unlabelled: frozenset[str] = frozenset()  # series whose end carries no label

    @property
    def labelled(self) -> list[tuple[Series, float]]:
        """The series with a value to write at their end."""
        return [(s, s.last) for s in self.series if s.last is not None and s.name not in self.unlabelled]


class Chart(Painted):
    """Draws a `Plan`, or says in words why there is nothing to draw yet."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.plan: Plan | str = ""

    def show_plan(self, plan: Plan | str, title: str) -> None:
        """Show `plan`, or a sentence, under `title`."""
        shown = plain(title, self.ascii_only)
        if self.border_title != shown:
            self.border_title = shown
        if plan != self.plan:
            self.plan = plan
            self.repaint()

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """The chart, `height` rows of `width` cells."""
        if isinstance(self.plan, str):
            return in_the_middle(self.plan, width, height)
        if width < 8 or height < 3:
            return [line(("too small to draw", "dim"))]
        return _drawing(self.plan, width, height, braille=self.glyphs.braille)


def in_the_middle(text: str, width: int, height: int) -> list[Line]:
    """A dim sentence in the middle of `height` rows, for panels that have nothing to show yet."""
    wrapped = textwrap.wrap(text, max(8, width - 2))[:height]
    above = (height - len(wrapped)) // 2
    rows = [line() for _ in range(above)] + [line((each.center(width), "dim")) for each in wrapped]
    return rows + [line() for _ in range(height - len(rows))]


def _drawing(plan: Plan, width: int, height: int, *, braille: bool) -> list[Line]:
    window, body = plan.window, height - 1
    y_ticks = ticks(window.bottom, window.top, max(2, min(5, body // 2)))
    names = [(y, f"{y:.6g}") for y in y_ticks]
    left = max(len(name) for _, name in names) + 1
    ends = [(s, value, f"{s.name} {plan.write(value)}") for s, value in plan.labelled]
    right = max((len(text) for *_, text in ends), default=0) + LABEL_GAP
    if width - left - right < LEAST_WIDTH:
        ends, right = [], 0
    across = width - left - right
    grid = draw(plan.series, window, across, body, braille=braille)
    axis: dict[int, str] = {}
    for y, name in names:
        axis.setdefault(window.row(y, body), name)
    labels = _placed(ends[::-1], window, body)
    rows = []
    for y in range(body):
        pieces: list[Piece] = [(f"{axis.get(y, ''):>{left - 1}} ", "dim"), *_runs(grid[y])]
        if y in labels:
            ended, text = labels[y]
            pieces += [(" " * LABEL_GAP, "text"), (text, ended.tone)]
        rows.append(Line(tuple(pieces)))
    return [*rows, _epochs(plan, left, across, width)]


def _runs(cells: Sequence[Cell]) -> list[Piece]:
    """Neighbouring cells of one tone as one piece."""
    pieces: list[Piece] = []
    for cell in cells:
        if pieces and (pieces[-1][1] == cell.tone or cell.char == " "):
            pieces[-1] = (pieces[-1][0] + cell.char, pieces[-1][1])
        else:
            pieces.append((cell.char, cell.tone))
    return pieces


def _placed(wanted: list[tuple[Series, float, str]], window: Window, height: int) -> dict[int, tuple[Series, str]]:
    """Labels by row, near their values and in the order of them; what finds no row is left out.

    The first of `wanted` choose their rows first.
    """
    rows: list[int] = []
    for _, value, _ in wanted:
        row = window.row(value, height)
        free = min((y for y in range(height) if y not in rows), key=lambda y: abs(y - row), default=None)
        if free is None:
            break
        rows.append(free)
    shown = sorted(wanted[: len(rows)], key=lambda end: -end[1])
    return {row: (series, text) for row, (series, _, text) in zip(sorted(rows), shown, strict=True)}


def _epochs(plan: Plan, left: int, across: int, width: int) -> Line:
    """The horizontal axis: round numbers under their columns and the name of what they count."""
    window = plan.window
    text = [" "] * width
    unit = f" {plan.unit}"
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
    written = "".join(text).rstrip()
    if len(written) + len(unit) <= width:
        written += unit
    return line((written, "dim"))
