"""How charts are read: the cursor, the part that is shown, scales and smoothing. A chart states its
lines by epoch; `read_chart` gives what is to be drawn of them.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from fftui.runs.curve_metrics import X_NAMES, XName
from fftui.tui.charts.cell_plot import Series
from fftui.tui.charts.chart_spec import ChartSpec
from fftui.tui.charts.epoch_axis import RunClock
from fftui.tui.charts.fitting import fitted
from fftui.tui.charts.scale import Window

RECENT_EPOCHS = 30
LEAST_EPOCHS = 2.0  # to which one can zoom in
SMOOTHINGS = (0.0, 0.6, 0.9)  # weight of the mean so far; that of the new value is the rest
T = TypeVar("T")


@dataclass(frozen=True)
class Reading:
    """What a reader has chosen for all charts of a screen. Epochs are those of the run, over all
    its layers.
    """

    cursor: float | None = None
    span: tuple[float, float] | None = None  # the epochs that are shown; None for all
    recent: bool = False  # only the newest epochs, where no span is chosen
    log: bool = False
    x: XName = "epoch"
    smoothing: float = 0.0

    def title(self, drawn: Window) -> str:
        """What differs from the usual drawing, in words; empty where nothing does. `drawn` is the
        chart's window as it is drawn: without a value over 0 its scale stays linear.
        """
        scale = "log" if drawn.log else "not log: nothing is over 0"
        shown = [
            "part" if self.span else f"last {RECENT_EPOCHS}" if self.recent else "",
            scale if self.log else "",
            f"smoothed {self.smoothing:g}" if self.smoothing else "",
        ]
        return ", ".join(each for each in shown if each)


AS_IT_IS = Reading()


def read_chart(spec: ChartSpec, reading: Reading, clock: RunClock) -> ChartSpec:
    """What is drawn of `spec`."""
    if not spec.series or reading == AS_IT_IS:
        return spec
    seen = _smoothed(spec, reading.smoothing) if reading.smoothing else spec
    seen = replace(seen, window=_window(seen, reading))
    if reading.cursor is not None:
        seen = replace(seen, cursor=reading.cursor - spec.offset)
    return _placed(seen, reading.x, clock) if clock.knows(reading.x) else seen


def next_point(specs: Iterable[ChartSpec], cursor: float | None, direction: int) -> float | None:
    """The epoch of the run at which the charts have their next point after the cursor, or before it
    if `direction` is negative; the newest where there is no cursor. None without points.
    """
    if cursor is None:
        lines = [(s, spec.offset) for spec in specs for s in spec.series if s.has_points]
        return max((line.xs[-1] + offset for line, offset in lines), default=None)
    beside = _beside(specs, cursor, direction)
    return cursor if beside is None else beside


def nearest_point(specs: Sequence[ChartSpec], epoch: float) -> float | None:
    """The epoch of the run nearest to `epoch` at which the charts have a point."""
    around = (_beside(specs, epoch + side * 1e-9, -side) for side in (1, -1))
    known = [each for each in around if each is not None]
    return min(known, key=lambda at: abs(at - epoch), default=None)


def _beside(specs: Iterable[ChartSpec], epoch: float, direction: int) -> float | None:
    """The nearest point on one side of an epoch of the run."""
    found: list[float] = []
    for spec in specs:
        at = epoch - spec.offset
        for line in (each for each in spec.series if each.has_points):
            index = bisect_right(line.xs, at) if direction > 0 else bisect_left(line.xs, at) - 1
            if 0 <= index < len(line.xs):
                found.append(line.xs[index] + spec.offset)
    return (min if direction > 0 else max)(found, default=None)


def zoomed(reading: Reading, whole: tuple[float, float], factor: float) -> Reading:
    """The reading with `factor` times as many epochs around the cursor, or before the right edge;
    all of them once they fit into the span. `whole` are the first and the last epoch.
    """
    left, right = reading.span or (_recent(whole) if reading.recent else whole)
    extent = max(LEAST_EPOCHS, (right - left) * factor)
    if extent >= whole[1] - whole[0]:
        return replace(reading, span=None, recent=False)
    inside = reading.cursor is not None and left <= reading.cursor <= right
    centre = reading.cursor if inside and reading.cursor is not None else right - extent / 2
    return replace(reading, span=_within(centre - extent / 2, extent, whole))


def panned(reading: Reading, whole: tuple[float, float], share: float) -> Reading:
    """The reading with its span moved by a share of it."""
    if reading.span is None:
        return reading
    left, right = reading.span
    return replace(reading, span=_within(left + share * (right - left), right - left, whole))


def following(reading: Reading) -> Reading:
    """The reading with its span moved so that the cursor is inside."""
    if reading.span is None or reading.cursor is None:
        return reading
    left, right = reading.span
    shift = min(0.0, reading.cursor - left) + max(0.0, reading.cursor - right)
    return replace(reading, span=(left + shift, right + shift))


# What a key changes, without regard to the charts.
CHOICES: dict[str, Callable[[Reading], Reading]] = {
    "log": lambda r: replace(r, log=not r.log),
    "x": lambda r: replace(r, x=_after(X_NAMES, r.x)),
    "smoothing": lambda r: replace(r, smoothing=_after(SMOOTHINGS, r.smoothing)),
    "recent": lambda r: replace(r, recent=not r.recent, span=None),
    "whole": lambda r: replace(r, recent=False, span=None, cursor=None),
}


def _after(values: Sequence[T], value: T) -> T:
    return values[(values.index(value) + 1) % len(values)]


def _recent(whole: tuple[float, float]) -> tuple[float, float]:
    return max(whole[0], whole[1] - RECENT_EPOCHS), whole[1]


def _within(left: float, extent: float, whole: tuple[float, float]) -> tuple[float, float]:
    left = max(whole[0], min(left, whole[1] - extent))
    return left, left + extent


def _smoothed(spec: ChartSpec, weight: float) -> ChartSpec:
    """The chart with a smoothed line over each line, which stays, faint."""
    lines: list[Series] = []
    for line in spec.series:
        if line.is_level or len(line.points) < 3:
            lines.append(line)
        else:
            lines.append(replace(line, style="faint", sign="."))
    over = [
        replace(line, name=f"{line.name}~", points=line.as_columns.smoothed(weight))
        for line, raw in zip(spec.series, lines, strict=True)
        if raw is not line
    ]
    hidden = {line.name for line in lines if line.style == "faint"}
    hidden |= {f"{name}~" for name in spec.unlabelled}
    return replace(spec, series=(*lines, *over), unlabelled=spec.unlabelled | hidden)


def _window(spec: ChartSpec, reading: Reading) -> Window:
    """The part of `spec` that is shown, its scale fitted to the values in it."""
    full = spec.window
    left, right = full.left, full.right
    if reading.span is not None:
        first, last = (each - spec.offset for each in reading.span)
        left, right = max(left, first), min(right, last)
    elif reading.recent:
        newest = max((s.xs[-1] for s in spec.series if s.xs and not s.is_level), default=right)
        left, right = max(left, newest - RECENT_EPOCHS), newest
    if not right > left:  # no epoch of this chart is in the span
        left, right = full.left, full.right
    window = replace(full, left=left, right=right)
    if (left, right) == (full.left, full.right) and not reading.log:
        return window
    over = 0.0 if reading.log else -math.inf
    values = [y for s in spec.series for y in s.as_columns.extent(left, right, over)]
    values += [s.ys[0] for s in spec.series if s.is_level and (s.ys[0] > 0 or not reading.log)]
    if not reading.log:
        low, high = fitted(values)
        return replace(window, bottom=low, top=high)
    if not values:
        return window
    return replace(window, bottom=min(values) / 1.1, top=max(values) * 1.1, log=True)


def _placed(spec: ChartSpec, x: XName, clock: RunClock) -> ChartSpec:
    """The chart with its points by `x` instead of by epoch."""
    if x == "epoch":
        return spec

    def at(epoch: float) -> float:
        return clock.at(epoch + spec.offset, x)

    return replace(
        spec,
        series=tuple(
            replace(s, points=tuple((at(x_), y) for x_, y in s.points)) for s in spec.series
        ),
        window=replace(spec.window, left=at(spec.window.left), right=at(spec.window.right)),
        boundaries=tuple(at(each) for each in spec.boundaries),
        cursor=None if spec.cursor is None else at(spec.cursor),
        unit=x,
        offset=0.0,
    )
