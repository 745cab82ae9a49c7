"""`ChartSpec`: the content of a chart, as a chart function returns it."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fftui.runs.line_points import Point
from fftui.text import format as fmt
from fftui.tui.charts.cell_plot import Series
from fftui.tui.charts.scale import Window

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
    offset: float = 0.0  # epochs of the run before the chart's first
    boundaries: tuple[float, ...] = ()  # between two stages
    cursor: float | None = None  # the x whose values are written instead of the last ones
    front: str = ""  # the series whose label gets its row first; none: the last one

    @property
    def labelled(self) -> list[tuple[Series, float]]:
        """The series that have a label at their right, each with its value at the cursor, or with
        the last one in the window where there is no cursor.
        """
        at, right = self.cursor, self.window.right
        values = ((s, s.last_until(right) if at is None else s.value_at(at)) for s in self.series)
        found = [
            (s, value)
            for s, value in values
            if value is not None and math.isfinite(value) and s.name not in self.unlabelled
        ]
        return sorted(found, key=lambda each: each[0].name == self.front)


def points_of(pairs: Iterable[tuple[float, float | None]]) -> tuple[Point, ...]:
    """Points of a line from pairs (epoch, value); a missing value leaves a gap."""
    return tuple((float(x), math.nan if y is None else float(y)) for x, y in pairs)
