"""Lines of many points on a grid of dots, with NumPy: some microseconds a line instead of one a
column. Nothing here loads it before the first such line.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]
    Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Grid:
    """The part of the plane that is drawn, `log` with a logarithmic vertical scale, and its
    columns and rows of dots.
    """

    left: float
    right: float
    bottom: float
    top: float
    log: bool
    across: int
    down: int


@dataclass(frozen=True)
class LineArrays:
    """The points of a line by rising x; drawn only where all of them are finite."""

    xs_N: "Reals"
    ys_N: "Reals"

    @classmethod
    def of(cls, xs: Sequence[float], ys: Sequence[float]) -> "LineArrays":
        """The points as arrays."""
        import numpy as np  # noqa: PLC0415 - see above

        return cls(np.array(xs, dtype=np.float64), np.array(ys, dtype=np.float64))

    def with_values(self, ys_N: "Reals") -> "LineArrays":
        """Other values at the same places."""
        return LineArrays(self.xs_N, ys_N)

    def extent(self, left: float, right: float, over: float) -> tuple[float, ...]:
        """The smallest and the largest value from `left` to `right`, of those greater than `over`;
        none where there is none.
        """
        begin, end = self.xs_N.searchsorted(left, "left"), self.xs_N.searchsorted(right, "right")
        ys = self.ys_N[begin:end]
        inside = ys[ys > over]
        return (float(inside.min()), float(inside.max())) if len(inside) else ()

    def strokes(self, grid: Grid) -> list[tuple[int, int, int]]:
        """Each column of dots with the uppermost and the lowest row of the line in it, 0 on top.
        Neighbours meet in the middle between two points, and columns without a point lie on a
        straight line. -1 is over the grid, `down` under it; a column without the line has `down`
        and -1.
        """
        import numpy as np  # noqa: PLC0415 - see above

        high = np.full(grid.across, grid.down)
        low = np.full(grid.across, -1)
        starts = self._starts(grid)
        columns = np.flatnonzero(np.diff(starts))
        if len(columns):
            begins, ends = starts[columns], starts[columns + 1]
            ys = self.ys_N[: ends[-1]]
            first, last = _rows(ys[begins], grid), _rows(ys[ends - 1], grid)
            high[columns] = _rows(np.maximum.reduceat(ys, begins), grid)
            low[columns] = _rows(np.minimum.reduceat(ys, begins), grid)
            _join(high, low, columns, first, last)
        return list(zip(range(grid.across), high.tolist(), low.tolist(), strict=True))

    def _starts(self, grid: Grid) -> "Integers":
        """The number of the first point in each column of dots, and of the first one after them."""
        import numpy as np  # noqa: PLC0415 - see above

        xs, last = self.xs_N, grid.across - 1
        begin, end = xs.searchsorted(grid.left, "left"), xs.searchsorted(grid.right, "right")
        edges = grid.left + (grid.right - grid.left) * (np.arange(last) + 0.5) / max(1, last)
        inner = np.clip(xs.searchsorted(edges, "left"), begin, max(begin, end))
        return np.concatenate(([begin], inner, [max(begin, end)]))


def _join(
    high: "Integers", low: "Integers", columns: "Integers", first: "Integers", last: "Integers"
) -> None:
    """Let the line go from the last point of each column that has one to the first of the next: on
    a straight line between them, of which each column has the part up to its edge.
    """
    import numpy as np  # noqa: PLC0415 - see above

    steps = np.diff(columns)
    at = np.repeat(np.arange(len(steps)), steps)  # the column before each edge that is crossed
    step = np.arange(len(at)) - np.repeat(np.cumsum(steps) - steps, steps)
    slopes = (first[1:] - last[:-1]) / steps
    edges = np.rint(last[at] + slopes[at] * (step + 0.5)).astype(high.dtype)
    for beside in (columns[at] + step, columns[at] + step + 1):  # no column twice
        high[beside] = np.minimum(high[beside], edges)
        low[beside] = np.maximum(low[beside], edges)


def _rows(ys: "Reals", grid: Grid) -> "Integers":
    """The row of each value."""
    import numpy as np  # noqa: PLC0415 - see above

    bottom, top = grid.bottom, grid.top
    if not grid.log and 0 < top - bottom < math.inf:
        found = np.rint((top - ys) * ((grid.down - 1) / (top - bottom)))
    else:
        inside = np.clip(ys, bottom, top)
        if grid.log:
            bottom, top, inside = math.log10(bottom), math.log10(top), np.log10(inside)
        extent = top / 2 - bottom / 2  # halved first, so that it cannot overflow
        over = (inside / 2 - bottom / 2) / extent if extent > 0 else np.zeros_like(inside)
        found = np.rint((1 - over) * (grid.down - 1))
    found[ys > grid.top], found[ys < grid.bottom] = -1, grid.down
    return found.astype(np.int64)
