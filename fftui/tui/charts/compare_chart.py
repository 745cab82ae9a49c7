"""The chart of a comparison: a line for each condition, in its colour and under its letter."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from fftui.comparison.compared import Condition
from fftui.comparison.lines import Band, ConditionLine
from fftui.runs.curve_metrics import CurveMetric, XName
from fftui.runs.line_points import Points
from fftui.text import format as fmt
from fftui.tui.charts.cell_plot import Series
from fftui.tui.charts.chart_spec import ChartSpec
from fftui.tui.charts.fitting import SETTLED_FROM, fitted
from fftui.tui.charts.scale import Window
from fftui.tui.style_names import LINE_STYLES, StyleName

BAND_POINTS = 400  # at least, along a band: between two of them it is no wider than a few dots
BAND_SIGN = ":"


@dataclass(frozen=True)
class RunLine(Series):
    """The line of a condition; between two of its points the value is that of the last one, so that
    runs whose points lie at different places can be read at one cursor.
    """

    @cached_property
    def settled_ends(self) -> tuple[float, ...]:
        """The smallest and the largest finite value without the first points, which would fix the
        scale; none where there is none.
        """
        if not self.xs:
            return ()
        first = max(1, len(self.xs) // 20) if len(self.xs) >= SETTLED_FROM else 0
        return self.as_columns.extent(self.xs[first], math.inf, -math.inf)

    def value_at(self, x: float) -> float | None:
        """The last value up to `x`; None before the first point and after the last one."""
        return self.last_until(x) if self.xs and x <= self.xs[-1] else None


@dataclass(frozen=True)
class BandSeries(Series):
    """The band of a line: strokes from its lowest to its highest values, some of them between two
    points.
    """

    @property
    def has_points(self) -> bool:
        """False: those of the line are enough."""
        return False


def colour_of(condition: Condition) -> StyleName:
    """The colour of a condition: it goes with its letter."""
    return LINE_STYLES[condition.number % len(LINE_STYLES)]


class CompareLines:
    """The lines of a comparison by one axis, as they are drawn. Made once, however often the chart
    is read in another way: points are many.
    """

    def __init__(
        self, lines: Sequence[ConditionLine], conditions: Sequence[Condition], x: XName
    ) -> None:
        self.x = x
        self._numbers = [line.number for line in lines]
        self._raw = [_line(line, conditions[line.number], x) for line in lines]
        self._bands = [_band(line, conditions[line.number], x) for line in lines]
        self._smoothed: dict[float, list[Series]] = {}

    def spec(
        self, metric: CurveMetric, hidden: Collection[int], front: int, weight: float
    ) -> ChartSpec:
        """The chart without the `hidden` conditions, the label of `front` before the others; with a
        `weight` over 0 smoothed over the faint raw lines.
        """
        shown = [at for at, number in enumerate(self._numbers) if number not in hidden]
        if not shown:
            note = "all lines are hidden: h shows one again" if self._raw else ""
            return ChartSpec(note=note or f"no run has a value of {metric.title}")
        raw = [self._raw[at] for at in shown]
        bands = [band for at in shown if (band := self._bands[at]) is not None]
        lines: list[Series] = [*raw]
        if weight:
            over, faint = self._over(weight), self._faint
            lines = [*(faint[at] for at in shown), *(over[at] for at in shown)]
        return ChartSpec(
            (*bands, *lines),
            _window(raw),
            unit=self.x,
            format_value=_percent if metric.table == "evaluations" else fmt.number,
            front=next(
                (
                    lines[n].name
                    for n, at in enumerate(shown, -len(shown))
                    if self._numbers[at] == front
                ),
                "",
            ),
            unlabelled=frozenset(
                {band.name for band in bands} | ({line.name for line in raw} if weight else set())
            ),
        )

    @property
    def whole(self) -> tuple[float, float]:
        """The first and the last place of all points."""
        return _ends(self._raw)

    def recent(self, points: int) -> tuple[float, float]:
        """The places of the newest `points` points of the line that goes on longest."""
        longest = max((line.xs for line in self._raw), key=lambda xs: xs[-1], default=(0.0, 1.0))
        return longest[max(0, len(longest) - points)], longest[-1]

    def _over(self, weight: float) -> list[Series]:
        if weight not in self._smoothed:
            self._smoothed[weight] = [
                RunLine(
                    f"{line.name}~",
                    line.as_columns.smoothed(weight),
                    line.style,
                    line.sign,
                    letter=line.letter,
                )
                for line in self._raw
            ]
        return self._smoothed[weight]

    @cached_property
    def _faint(self) -> list[Series]:
        """The lines as they are under smoothed ones."""
        return [RunLine(line.name, line.points, "faint", ".") for line in self._raw]


def _line(line: ConditionLine, condition: Condition, x: XName) -> RunLine:
    letter = condition.letter
    return RunLine(letter, line.curve.points(x), colour_of(condition), letter, letter=letter)


def _band(line: ConditionLine, condition: Condition, x: XName) -> Series | None:
    """The band of a line as strokes from its lowest to its highest values."""
    if line.band is None:
        return None
    places = _filled(line.curve.xs(x), line.band)
    return BandSeries(f"{condition.letter} band", places, "faint", BAND_SIGN, dotted=True)


def _filled(xs: Sequence[float], band: Band) -> Points:
    """The lowest and the highest value at each place, with enough places between them."""
    between = BAND_POINTS // max(1, len(xs) - 1)
    columns: list[Sequence[float]] = [xs, band.low, band.high]
    if between > 1:
        columns = [list(_divided(each, between)) for each in columns]
    at, low, high = columns
    return Points(_alternating(at, at), _alternating(low, high))


def _divided(values: Sequence[float], parts: int) -> Iterable[float]:
    """The values, with others on straight lines between them."""
    for one, other in pairwise(values):
        yield from (one + step / parts * (other - one) for step in range(parts))
    yield from values[-1:]


def _alternating(ones: Sequence[float], others: Sequence[float]) -> tuple[float, ...]:
    found = [0.0] * (2 * len(ones))
    found[::2], found[1::2] = ones, others
    return tuple(found)


def _window(lines: Sequence[RunLine]) -> Window:
    """All of the lines, scaled without the first points of each."""
    values = [value for line in lines for value in line.settled_ends]
    left, right = _ends(lines)
    low, high = fitted(values)
    return Window(left, right if right > left else left + 1, low, high)


def _ends(lines: Sequence[Series]) -> tuple[float, float]:
    known: list[tuple[float, ...]] = [line.xs for line in lines if line.xs]
    left = min((xs[0] for xs in known), default=0.0)
    return left, max((xs[-1] for xs in known), default=left + 1)


def _percent(value: float | None) -> str:
    return fmt.MISSING if value is None or not math.isfinite(value) else f"{value:.2f}"
