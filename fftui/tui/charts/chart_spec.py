"""`ChartSpec`: the content of a chart, as a chart function returns it."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fftui.text import format as fmt
from fftui.tui.charts.cell_plot import Point, Series, Window

NO_WINDOW = Window(0.0, 1.0, 0.0, 1.0)


@dataclass(frozen=True)
class ChartSpec:
    """The lines of a chart, their window, the unit of the horizontal axis, and the format of
    values; without lines, the `note` that says why. A `title` replaces that of the chart's entry.
    """

    series: tuple[Series, ...] = ()
    window: Window = NO_WINDOW
    title: str = ""
    note: str = ""
    unit: str = "epoch"
    format_value: Callable[[float | None], str] = fmt.short
    unlabelled: frozenset[str] = frozenset()  # series whose end carries no label

    @property
    def labelled(self) -> list[tuple[Series, float]]:
        """The series that have a label at their end, with the last value of each."""
        return [
            (s, s.last) for s in self.series if s.last is not None and s.name not in self.unlabelled
        ]


def points_of(pairs: Iterable[tuple[int, float | None]]) -> tuple[Point, ...]:
    """Points of a line from pairs (epoch, value); a missing value leaves a gap."""
    return tuple((float(x), math.nan if y is None else float(y)) for x, y in pairs)
