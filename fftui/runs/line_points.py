"""`Points`: the points of a line as two columns, with NumPy where they are many."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import overload

from fftui.runs.line_dots import LineArrays
from fftui.runs.smoothing import exponential_means

MANY = 2000  # points, from which on a line is worth NumPy

Point = tuple[float, float]


@dataclass(frozen=True)
class Points(Sequence[Point]):
    """Points by rising x as two columns: a pair for each would cost more than to draw them.
    `made_from` are the arrays that they were made from, if any.
    """

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    made_from: LineArrays | None = field(default=None, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.xs)

    @overload
    def __getitem__(self, index: int) -> Point: ...

    @overload
    def __getitem__(self, index: slice) -> "Points": ...

    def __getitem__(self, index: int | slice) -> "Point | Points":
        if isinstance(index, slice):
            return Points(self.xs[index], self.ys[index])
        return self.xs[index], self.ys[index]

    def __iter__(self) -> Iterator[Point]:
        return zip(self.xs, self.ys, strict=True)

    @cached_property
    def is_finite(self) -> bool:
        """Whether every value is."""
        return math.isfinite(sum(self.ys))

    @property
    def is_many(self) -> bool:
        """Whether they are worth NumPy, and can be left to it."""
        return len(self.xs) > MANY and self.is_finite

    @cached_property
    def arrays(self) -> LineArrays:
        """The points for NumPy, where they are many."""
        return self.made_from or LineArrays.of(self.xs, self.ys)

    def extent(self, left: float, right: float, over: float) -> tuple[float, ...]:
        """The smallest and the largest finite value from `left` to `right`, of those greater than
        `over`; none where there is none.
        """
        if self.is_many:
            return self.arrays.extent(left, right, over)
        ys = self.ys[bisect_left(self.xs, left) : bisect_right(self.xs, right)]
        inside = [y for y in ys if math.isfinite(y) and y > over]
        return (min(inside), max(inside)) if inside else ()

    def smoothed(self, weight: float) -> "Points":
        """The points with their exponential means (`fftui.runs.smoothing.smoothed`)."""
        arrays = self.arrays.with_values(exponential_means(self.arrays.ys_N, weight))
        return Points(self.xs, tuple(arrays.ys_N.tolist()), arrays)
