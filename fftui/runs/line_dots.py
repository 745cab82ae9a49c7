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
class ColumnRows:
    """The rows of dots of a line, by columns of dots that hold a point: those of its largest and
    smallest value, and of its first and last one. -1 is over the grid, `down` under it.
    """

    columns: list[int]
    high: list[int]
    low: list[int]
    first: list[int]
    last: list[int]


class LineArrays:
    """The points of a line by rising x, all of them finite."""

    def __init__(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        import numpy as np  # noqa: PLC0415 - see above

        self._xs = np.array(xs, dtype=np.float64)
        self._ys = np.array(ys, dtype=np.float64)

    def rows(self, grid: Grid) -> ColumnRows:
        """The line on `grid`; neighbouring columns meet in the middle between two points."""
        import numpy as np  # noqa: PLC0415 - see above

        xs, last = self._xs, grid.across - 1
        begin = np.searchsorted(xs, grid.left, "left")
        end = np.searchsorted(xs, grid.right, "right")
        if end <= begin:
            return ColumnRows([], [], [], [], [])
        places = np.arange(last)
        edges = grid.left + (grid.right - grid.left) * (places + 0.5) / max(1, last)
        inner = np.clip(np.searchsorted(xs, edges, "left"), begin, end)
        starts = np.concatenate(([begin], inner, [end]))
        columns = np.flatnonzero(np.diff(starts))
        begins, ends = starts[columns], starts[columns + 1]
        ys, cuts = self._ys[begin:end], begins - begin
        high = _rows(np.maximum.reduceat(ys, cuts), grid)
        low = _rows(np.minimum.reduceat(ys, cuts), grid)
        first, final = _rows(self._ys[begins], grid), _rows(self._ys[ends - 1], grid)
        meets = columns[1:] == columns[:-1] + 1
        middle = np.rint(final[:-1] + (first[1:] - final[:-1]) * 0.5)
        for rows, reach in ((high, np.minimum), (low, np.maximum)):
            rows[:-1] = np.where(meets, reach(rows[:-1], middle), rows[:-1])
            rows[1:] = np.where(meets, reach(rows[1:], middle), rows[1:])
        return ColumnRows(columns.tolist(), *map(_whole, (high, low, first, final)))


def _rows(ys: "NDArray[np.float64]", grid: Grid) -> "NDArray[np.float64]":
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
    return found


def _whole(rows: "NDArray[np.float64]") -> list[int]:
    found: list[int] = rows.astype(int).tolist()
    return found
