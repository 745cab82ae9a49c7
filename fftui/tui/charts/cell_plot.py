"""Lines on a grid of terminal cells, computed without any widget.

Every column of dots shows the smallest and the largest value that falls into it, so a spike of one
step stays visible however many points there are. Values that are not finite leave a gap. With
braille a cell holds 2 × 4 dots; without, each cell is one dot and each series draws its own sign.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

StyleName = Literal[
    "text", "dim", "faint", "accent", "second", "good", "warn", "bad", "bold", "title"
]

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # [row][column] of a braille cell
DOT_EVERY = 3  # dots between two dots of a dotted line

Point = tuple[float, float]


@dataclass(frozen=True)
class Series:
    """One line: its name, its points by rising x, its style, and its sign in ASCII."""

    name: str
    points: tuple[Point, ...]
    style: StyleName = "text"
    sign: str = "*"
    dotted: bool = False

    @property
    def last(self) -> float | None:
        """The last finite value."""
        return next((y for _, y in reversed(self.points) if math.isfinite(y)), None)


@dataclass(frozen=True)
class Window:
    """The part of the plane that is drawn; both extents are positive and finite."""

    left: float
    right: float
    bottom: float
    top: float

    def column(self, x: float, dots: int) -> int | None:
        """The column of dots of `x`; None outside the window."""
        if not math.isfinite(x) or not self.left <= x <= self.right:
            return None
        return min(dots - 1, max(0, round(_share(x, self.left, self.right) * (dots - 1))))

    def row(self, y: float, dots: int) -> int:
        """The row of dots of `y`, 0 on top; values outside lie on the edge."""
        clipped = min(self.top, max(self.bottom, y))
        return min(
            dots - 1, max(0, round((1 - _share(clipped, self.bottom, self.top)) * (dots - 1)))
        )


@dataclass
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


@dataclass
class Cell:
    """One terminal cell of the drawing."""

    char: str = " "
    style: StyleName = "text"


def columns(points: Sequence[Point], window: Window, dots: int) -> list[DotColumn]:
    """`points` reduced to at most a few entries per column of dots, with their gaps."""
    found: list[DotColumn] = []
    joined = False
    for x, y in points:
        index = window.column(x, dots)
        if index is None or not math.isfinite(y):
            joined = False
            continue
        if found and joined and found[-1].index == index:
            found[-1].add(y)
        else:
            found.append(DotColumn(index, y, y, y, y, joined))
        joined = True
    return found


def draw(
    series: Sequence[Series], window: Window, width: int, height: int, *, braille: bool
) -> list[list[Cell]]:
    """`height` rows of `width` cells; later series draw over earlier ones."""
    grid = [[Cell() for _ in range(width)] for _ in range(height)]
    if width < 1 or height < 1:
        return grid
    across, down = (2, 4) if braille else (1, 1)
    masks = [[0] * width for _ in range(height)]
    for line in series:
        for x, y in _dots(line, window, width * across, height * down):
            cell = grid[y // down][x // across]
            cell.style = line.style
            if braille:
                masks[y // down][x // across] |= DOTS[y % 4][x % 2]
                cell.char = chr(0x2800 + masks[y // down][x // across])
            else:
                cell.char = line.sign
    return grid


def window_for(
    series: Sequence[Series],
    *,
    left: float,
    right: float,
    bottom: float | None = None,
    top: float | None = None,
) -> Window:
    """A window from `left` to `right` that holds every finite value; `bottom` and `top` fix an
    edge.
    """
    values = [y for line in series for _, y in line.points if math.isfinite(y)]
    low = bottom if bottom is not None else min(values, default=0.0)
    high = top if top is not None else max(values, default=1.0)
    if not high > low:
        low, high = low - abs(low) * 0.5 - 0.5, low + abs(low) * 0.5 + 0.5
    if bottom is None or top is None:
        step = nice_step(low, high, 4)
        if step > 0 and math.isfinite(step):
            low = low if bottom is not None else _finite(math.floor(low / step) * step, low)
            high = high if top is not None else _finite(math.ceil(high / step) * step, high)
    if not right > left:
        right = left + 1
    return Window(left, right, low, high)


def nice_step(low: float, high: float, parts: int) -> float:
    """A step of 1, 2 or 5 times a power of ten that cuts low..high into about `parts`."""
    raw = high / parts - low / parts
    if not raw > 0 or not math.isfinite(raw):
        return 0.0
    power = 10.0 ** math.floor(math.log10(raw))
    if power <= 0:
        return 0.0
    return next(
        (factor * power for factor in (1, 2, 5) if factor * power >= raw * (1 - 1e-9)), 10 * power
    )


def ticks(low: float, high: float, parts: int) -> list[float]:
    """Round values within low..high, about `parts` of them."""
    step = nice_step(low, high, max(1, parts))
    if step <= 0 or not math.isfinite(low / step):
        return [low, high]
    first = math.ceil(low / step - 1e-9)
    wanted = (first + i for i in range(2 * parts + 4))
    return [n * step for n in wanted if n * step <= high + step * 1e-9] or [low, high]


def _dots(line: Series, window: Window, across: int, down: int) -> Iterator[tuple[int, int]]:
    """Every dot (x, y) of a line."""
    before: DotColumn | None = None
    for column in columns(line.points, window, across):
        if before is not None and column.joined:
            for x, y in _segment(
                before.index,
                window.row(before.last, down),
                column.index,
                window.row(column.first, down),
            ):
                if not line.dotted or x % DOT_EVERY == 0:
                    yield x, y
        if not line.dotted or column.index % DOT_EVERY == 0:
            for y in range(window.row(column.high, down), window.row(column.low, down) + 1):
                yield column.index, y
        before = column


def _segment(x0: int, y0: int, x1: int, y1: int) -> Iterator[tuple[int, int]]:
    """The dots of a straight line (Bresenham)."""
    dx, dy = abs(x1 - x0), -abs(y1 - y0)
    step_x, step_y = (1 if x0 < x1 else -1), (1 if y0 < y1 else -1)
    error = dx + dy
    while True:
        yield x0, y0
        if (x0, y0) == (x1, y1):
            return
        doubled = 2 * error
        if doubled >= dy:
            error += dy
            x0 += step_x
        if doubled <= dx:
            error += dx
            y0 += step_y


def _share(value: float, low: float, high: float) -> float:
    """The position of `value` between low and high, 0 to 1; halved first, so that the extent cannot
    overflow.
    """
    extent = high / 2 - low / 2
    share = (value / 2 - low / 2) / extent if extent > 0 else 0.0
    return min(1.0, max(0.0, share))


def _finite(value: float, otherwise: float) -> float:
    return value if math.isfinite(value) else otherwise
