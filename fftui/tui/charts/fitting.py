"""The scale that fits the values of lines."""

import math
from collections.abc import Sequence
from dataclasses import replace

from fftui.tui.charts.cell_plot import Series
from fftui.tui.charts.scale import Window, nice_step

SETTLED_FROM = 5  # points of a line


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
    values = [y for line in series for y in line.ys if math.isfinite(y)]
    low, high = fitted(values, bottom, top)
    if not right > left:
        right = left + 1
    return Window(left, right, low, high)


def settled(series: Sequence[Series]) -> list[Series]:
    """The lines by which to choose a scale: without their first points, where there are some, since
    these would fix it for all that follow.
    """
    return [
        line
        if len(line.points) < SETTLED_FROM or line.is_level
        else replace(line, points=line.points[max(1, len(line.points) // 20) :])
        for line in series
    ]


def zero_floor(series: Sequence[Series]) -> float | None:
    """0 as the bottom of a scale; None where a value is negative, as the loss of some rules is."""
    return None if any(y < 0 for line in series for y in line.ys) else 0.0


def fitted(
    values: Sequence[float], bottom: float | None = None, top: float | None = None
) -> tuple[float, float]:
    """Round edges of a scale that holds all `values`, which are finite; `bottom` and `top` fix
    one.
    """
    low = bottom if bottom is not None else min(values, default=0.0)
    high = top if top is not None else max(values, default=1.0)
    if not high > low:
        low, high = low - abs(low) * 0.5 - 0.5, low + abs(low) * 0.5 + 0.5
    if bottom is None or top is None:
        step = nice_step(low, high, 4)
        if step > 0 and math.isfinite(step):
            low = low if bottom is not None else _finite(math.floor(low / step) * step, low)
            high = high if top is not None else _finite(math.ceil(high / step) * step, high)
    return low, high


def _finite(value: float, otherwise: float) -> float:
    return value if math.isfinite(value) else otherwise
