"""The scales of a chart: the part of the plane that is drawn, linear or logarithmic, and its round
numbers.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """The part of the plane that is drawn; both extents are positive and finite. With `log` the
    vertical scale is logarithmic and `bottom` is over 0.
    """

    left: float
    right: float
    bottom: float
    top: float
    log: bool = False

    def column(self, x: float, dots: int) -> int | None:
        """The column of dots of `x`; None outside the window."""
        if not math.isfinite(x) or not self.left <= x <= self.right:
            return None
        return min(dots - 1, max(0, round(share(x, self.left, self.right) * (dots - 1))))

    def x(self, column: int, dots: int) -> float:
        """The x of a column of dots."""
        return self.left + (self.right - self.left) * column / max(1, dots - 1)

    def row(self, y: float, dots: int) -> int:
        """The row of dots of `y`, 0 on top; values outside lie on the edge."""
        clipped = min(self.top, max(self.bottom, y))
        bottom, top = self.bottom, self.top
        if self.log:
            clipped, bottom, top = math.log10(clipped), math.log10(bottom), math.log10(top)
        return min(dots - 1, max(0, round((1 - share(clipped, bottom, top)) * (dots - 1))))

    def rows(self, dots: int) -> Callable[[float], int]:
        """The row of dots of a value, for many values: -1 over the window and `dots` under it."""
        bottom, top = self.bottom, self.top
        height = top - bottom
        if self.log or not 0 < height < math.inf:
            return lambda y: -1 if y > top else dots if y < bottom else self.row(y, dots)
        scale = (dots - 1) / height
        return lambda y: -1 if y > top else dots if y < bottom else round((top - y) * scale)


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


def log_ticks(low: float, high: float, parts: int) -> list[float]:
    """Powers of ten within low..high, or 1, 2 and 5 times them where there are few; at most about
    `parts`.
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    every = max(1, math.ceil((last - first) / max(1, parts)))
    factors = (1, 2, 5) if last - first <= max(1, parts // 2) else (1,)
    found = [factor * 10.0**power for power in range(first, last + 1, every) for factor in factors]
    inside = [value for value in found if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]
    return inside if len(inside) > 1 else [low, high]


def share(value: float, low: float, high: float) -> float:
    """The position of `value` between low and high, 0 to 1; halved first, so that the extent cannot
    overflow.
    """
    extent = high / 2 - low / 2
    found = (value / 2 - low / 2) / extent if extent > 0 else 0.0
    return min(1.0, max(0.0, found))
