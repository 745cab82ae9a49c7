"""Lines on a grid of terminal cells, computed without any widget.

Every column of dots shows the smallest and the largest value that falls into it, so a spike of one
step stays visible however many points there are. Values that are not finite leave a gap with a
mark on the lowest row. With braille a cell holds 2 × 4 dots; without, each cell is one dot and each
series draws its own sign. Where two lines share cells, the cells take turns between them.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from operator import or_

from fftui.runs.line_dots import Grid
from fftui.runs.line_points import Point, Points
from fftui.tui.charts.scale import Window
from fftui.tui.style_names import StyleName

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # [row][column] of a braille cell
DOT_EVERY = 3  # dots between two dots of a dotted line
BEHIND: tuple[StyleName, ...] = ("dim", "faint")  # lines that others cover
FEW = 1  # points per column of dots, up to which each is looked at
GAP_MARK = "x"
LETTER_EVERY = 26  # cells between two letters on a line
LETTERS_APART = 4  # cells between letters of different lines, at least

# [column][rows as bits]: the dots of a column of a braille cell
SIGNS = tuple(
    tuple(sum(DOTS[row][column] for row in range(4) if rows >> row & 1) for rows in range(16))
    for column in range(2)
)

Stroke = tuple[int, int, int]  # column of dots, upper and lower row of dots


@dataclass(frozen=True)
class Series:
    """One line: its name, its points by rising x, its style, its sign in ASCII, and the letter that
    is written on it now and then, if any. Points that are not `joined` have their sign each, and no
    line between them.
    """

    name: str
    points: Sequence[Point]
    style: StyleName = "text"
    sign: str = "*"
    dotted: bool = False
    letter: str = ""
    joined: bool = True

    @property
    def last(self) -> float | None:
        """The last finite value."""
        return next((y for _, y in reversed(self.points) if math.isfinite(y)), None)

    @cached_property
    def as_columns(self) -> Points:
        """Its points as two columns."""
        if isinstance(self.points, Points):
            return self.points
        return Points(tuple([x for x, _ in self.points]), tuple([y for _, y in self.points]))

    @property
    def xs(self) -> tuple[float, ...]:
        """The x of all points."""
        return self.as_columns.xs

    @property
    def ys(self) -> tuple[float, ...]:
        """The values of all points."""
        return self.as_columns.ys

    @property
    def is_level(self) -> bool:
        """Whether it is a horizontal line between two points, as a threshold."""
        return self.dotted and len(self.points) == 2 and self.ys[0] == self.ys[1]

    @cached_property
    def in_front(self) -> bool:
        """Whether it covers lines that are not."""
        return not self.dotted and self.style not in BEHIND

    @property
    def has_points(self) -> bool:
        """Whether a cursor steps through its points."""
        return bool(self.points) and not self.is_level

    @cached_property
    def kept_columns(self) -> "dict[tuple[float, float, int], list[DotColumn]]":
        """Its points reduced to columns of dots, as they were last drawn (`columns`)."""
        return {}

    @cached_property
    def kept_dots(self) -> "dict[tuple[Window, int, int], list[int]]":
        """Its dots as they were last drawn (`_dots_of`)."""
        return {}

    def value_at(self, x: float) -> float | None:
        """The value of the last point at `x`, or of a level; None where there is none."""
        if self.is_level:
            return self.ys[0]
        index = bisect_right(self.xs, x) - 1
        return self.ys[index] if index >= 0 and self.xs[index] == x else None

    def last_until(self, x: float) -> float | None:
        """The last finite value up to `x`."""
        points = (self.ys[n] for n in range(bisect_right(self.xs, x) - 1, -1, -1))
        return next((y for y in points if math.isfinite(y)), None)


@dataclass(slots=True)
class DotColumn:
    """The values in one column of dots: the first, last, smallest and largest."""

    index: int
    first: float
    last: float
    low: float
    high: float
    joined: bool  # to the column before it: no gap between

    def add(self, y: float) -> None:
        """Add one value."""
        self.last = y
        self.low = min(self.low, y)
        self.high = max(self.high, y)


@dataclass(slots=True)
class Cell:
    """One terminal cell of the drawing."""

    char: str = " "
    style: StyleName = "text"
    lines: list[Series] = field(default_factory=list)  # that pass through it

    def shown(self, column: int) -> Series:
        """The line whose style the cell in `column` has: the last one in front, or in turn each
        where several are.
        """
        front = [each for each in self.lines if each.in_front]
        return front[column % len(front)] if front else self.lines[-1]


def columns(series: Series, window: Window, dots: int) -> list[DotColumn]:
    """The points of `series` reduced to at most a few entries per column of dots, with their
    gaps.
    """
    key = (window.left, window.right, dots)
    found = series.kept_columns.get(key)
    if found is None:
        found = _columns(series, window, dots)
        series.kept_columns.clear()
        series.kept_columns[key] = found
    return found


def _columns(series: Series, window: Window, dots: int) -> list[DotColumn]:
    xs, all_ys, finite = series.xs, series.ys, series.as_columns.is_finite
    begin, end = bisect_left(xs, window.left), bisect_right(xs, window.right)
    if end - begin <= FEW * dots:
        return _reduced([], series, begin, end, window, dots)
    found: list[DotColumn] = []
    left, extent, last = window.left, window.right - window.left, dots - 1
    for index in range(dots):
        edge = left + extent * (index + 0.5) / max(1, last)
        until = end if index == last else bisect_left(xs, edge, begin, end)
        if until == begin:
            continue
        ys = all_ys[begin:until]
        if finite or math.isfinite(sum(ys)):
            joined = series.joined and bool(found) and (finite or math.isfinite(all_ys[begin - 1]))
            found.append(DotColumn(index, ys[0], ys[-1], min(ys), max(ys), joined))
        else:
            _reduced(found, series, begin, until, window, dots)
        begin = until
    return found


def _reduced(
    found: list[DotColumn], series: Series, begin: int, end: int, window: Window, dots: int
) -> list[DotColumn]:
    """`found` with the points of `series` from `begin` to `end`, looked at one by one."""
    joined = series.joined and bool(found) and begin > 0 and math.isfinite(series.ys[begin - 1])
    for x, y in series.points[begin:end]:
        index = window.column(x, dots)
        if index is None or not math.isfinite(y):
            joined = False
            continue
        if found and (joined or not series.joined) and found[-1].index == index:
            found[-1].add(y)
        else:
            found.append(DotColumn(index, y, y, y, y, joined))
        joined = series.joined
    return found


def draw(
    series: Sequence[Series], window: Window, width: int, height: int, *, braille: bool
) -> list[list[Cell]]:
    """`height` rows of `width` cells; later series draw over earlier ones."""
    blank = Cell()
    grid = [[blank] * width for _ in range(height)]
    if width < 1 or height < 1:
        return grid
    across, down = (2, 4) if braille else (1, 1)
    dots = [0] * (width * across)
    for line in series:
        own = _dots_of(line, window, width * across, height * down)
        dots = list(map(or_, dots, own))
        passes = list(map(or_, own[::2], own[1::2])) if braille else own
        for column, passed in enumerate(passes):
            for row in _rows_of(passed, down) if passed else ():
                cell = grid[row][column]
                if cell is blank:
                    cell = grid[row][column] = Cell()
                cell.lines.append(line)
    for number, row_of_cells in enumerate(grid):
        _sign(row_of_cells, number, dots if braille else ())
    if braille:
        _write_letters([line for line in series if line.letter], grid)
    for column in {c for line in series for c in _gaps(line, window, width)}:
        grid[-1][column] = Cell(GAP_MARK, "bad")
    return grid


@lru_cache(maxsize=4096)  # lines near each other have the same columns
def _rows_of(dots: int, down: int) -> Sequence[int]:
    """The rows of cells with a dot, of a column whose dots are the bits of a number over 0."""
    first, last = ((dots & -dots).bit_length() - 1) // down, (dots.bit_length() - 1) // down
    if last - first < 2:
        return (first,) if first == last else (first, last)
    every = (1 << down) - 1
    return [row for row in range(first, last + 1) if dots >> row * down & every]


def _sign(cells: Sequence[Cell], row: int, dots: Sequence[int]) -> None:
    """Give the cells of a row the sign and style of the lines that pass through them; `dots` are
    those of each column of dots, or none in ASCII.
    """
    for column, cell in enumerate(cells):
        if cell.lines:
            line = cell.lines[0] if len(cell.lines) == 1 else cell.shown(column)
            cell.style, cell.char = line.style, line.sign
            if dots and line.joined:
                left, right = (each >> 4 * row & 15 for each in dots[2 * column : 2 * column + 2])
                cell.char = chr(0x2800 + SIGNS[0][left] + SIGNS[1][right])


def _write_letters(lines: Sequence[Series], grid: Sequence[Sequence[Cell]]) -> None:
    """Write the letter of each line on it every few cells, each line's in columns of its own."""
    every = max(LETTER_EVERY, LETTERS_APART * len(lines))
    for number, line in enumerate(lines):
        first = every * (2 * number + 1) // (2 * len(lines))
        for column in range(first, len(grid[0]), every):
            cells = [row[column] for row in grid if any(on is line for on in row[column].lines)]
            free = [each for each in cells if not each.char.isalpha()]
            if free:
                middle = free[len(free) // 2]
                middle.char, middle.style = line.letter, line.style


def _gaps(line: Series, window: Window, width: int) -> Iterator[int]:
    """The columns of cells in which a value is not finite."""
    if line.as_columns.is_finite:
        return
    for x, y in line.points:
        column = None if math.isfinite(y) else window.column(x, width)
        if column is not None:
            yield column


def _dots_of(line: Series, window: Window, across: int, down: int) -> list[int]:
    """The dots of a line inside the window: for each column of dots its rows, as bits."""
    key = (window, across, down)
    if key not in line.kept_dots:
        found = _new_dots(line, window, across, down)
        line.kept_dots.clear()
        line.kept_dots[key] = found
    return line.kept_dots[key]


def _new_dots(line: Series, window: Window, across: int, down: int) -> list[int]:
    found = [0] * across
    strokes = (_many_strokes if line.as_columns.is_many else _strokes)(line, window, across, down)
    for x, high, low in strokes:
        if low >= 0 and high < down:
            found[x] |= (2 << (low if low < down else down - 1)) - (1 << (high if high > 0 else 0))
    return (
        [bits if x % DOT_EVERY == 0 else 0 for x, bits in enumerate(found)]
        if line.dotted
        else found
    )


def _many_strokes(line: Series, window: Window, across: int, down: int) -> Iterable[Stroke]:
    """What `_strokes` yields, of many points, which are all finite: a stroke a column."""
    grid = Grid(window.left, window.right, window.bottom, window.top, window.log, across, down)
    return line.as_columns.arrays.strokes(grid)


def _strokes(line: Series, window: Window, across: int, down: int) -> Iterator[Stroke]:
    row = window.rows(down)
    before, top, bottom, last = -1, 0, 0, 0  # the last column of dots: its rows, and its last one
    for column in columns(line, window, across):
        index, high, low = column.index, row(column.high), row(column.low)
        if column.joined and index == before + 1:  # they meet in the middle
            middle = round(last + (row(column.first) - last) * 0.5)
            if middle < top:
                top = middle
            elif middle > bottom:
                bottom = middle
            if middle < high:
                high = middle
            elif middle > low:
                low = middle
        elif column.joined:
            yield from _segment(before, last, index, row(column.first))
        if before >= 0:
            yield before, top, bottom
        before, top, bottom, last = index, high, low, row(column.last)
    if before >= 0:
        yield before, top, bottom


def _segment(x0: int, y0: int, x1: int, y1: int) -> Iterator[Stroke]:
    """A straight line to a later or the same column: in each, the rows that it passes."""
    if x1 == x0:
        yield x0, min(y0, y1), max(y0, y1)
        return
    slope, y = (y1 - y0) / (x1 - x0), y0
    for x in range(x0, x1 + 1):
        until = y1 if x == x1 else round(y0 + slope * (x - x0 + 0.5))
        yield x, min(y, until), max(y, until)
        y = until
