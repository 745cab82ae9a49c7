"""`ChartGroup`: charts that are read together, and the keys for it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from fftui.runs.view import RunView
from fftui.tui.charts.epoch_axis import EpochAxis
from fftui.tui.charts.reading import (
    AS_IT_IS,
    CHOICES,
    following,
    nearest_point,
    next_point,
    panned,
    zoomed,
)
from fftui.tui.copies import Copy
from fftui.tui.screens.uncovered import Uncovered
from fftui.tui.widgets.chart import Chart

ZOOM_FACTOR = 2.0
PAN_SHARE = 0.25


class ChartGroup(Vertical):
    """Charts of one run with one cursor, one part of the run and one kind of scale."""

    def __init__(self, *, id: str, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._view = RunView()
        self._reading = AS_IT_IS
        self._pointed = 0  # the number of the chart that was clicked or chosen last
        self._enlarged: int | None = None  # the number of the only chart that is shown

    @property
    def charts(self) -> Sequence[Chart]:
        """The charts, in the order of their numbers."""
        # Textual's widgets and screens have a metaclass of their own, so this cannot be an ABC
        raise NotImplementedError

    def show_charts(self) -> None:
        """Show what the charts are to show, as the reading now says."""
        raise NotImplementedError  # as above

    def change_reading(self, choice: str) -> None:
        """Change how the charts are read, one of `CHOICES`."""
        self._reading = CHOICES[choice](self._reading)
        self.show_charts()

    def step_cursor(self, direction: int) -> None:
        """Put the cursor on the next point of the charts, or the one before it."""
        shown = [chart.spec for chart in self.charts if chart.display]
        self._put_cursor(next_point(shown, self._reading.cursor, direction))

    def zoom(self, factor: float) -> None:
        """Show `factor` times as many epochs in all charts."""
        self._reading = zoomed(self._reading, self._whole, factor)
        self.show_charts()

    def pan(self, share: float) -> None:
        """Move what the charts show by a share of it."""
        self._reading = panned(self._reading, self._whole, share)
        self.show_charts()

    def values_text(self) -> str:
        """The values at the cursor, else the newest: a line for each chart that is shown."""
        return "\n".join(filter(None, (c.values_text() for c in self.charts if c.display)))

    def enlarge(self) -> bool:
        """Show only the chart that has the focus or was chosen last, else the first that is shown,
        or all again; returns whether it is one.
        """
        focused = [n for n, chart in enumerate(self.charts) if chart.has_focus]
        shown = [n for n, chart in enumerate(self.charts) if chart.display]
        chosen = focused or [n for n in shown if n == self._pointed] or shown
        number = chosen[0] if chosen else 0
        self._enlarged = number if self._enlarged is None else None
        self.set_class(self._enlarged is not None, "-enlarged")
        for each, chart in enumerate(self.charts):
            chart.set_class(each == self._enlarged, "-large")
        self.show_charts()
        return self._enlarged is not None

    @property
    def enlarged(self) -> bool:
        """Whether only one chart is shown."""
        return self._enlarged is not None

    @property
    def _whole(self) -> tuple[float, float]:
        """The first and the last epoch of the run."""
        return 1.0, EpochAxis.of(self._view).right

    def _put_cursor(self, epoch: float | None) -> None:
        self._reading = following(replace(self._reading, cursor=epoch))
        self.show_charts()

    @on(Chart.Pointed)
    def _chart_pointed(self, message: Chart.Pointed) -> None:
        message.stop()
        self._pointed = list(self.charts).index(message.chart)
        self._put_cursor(nearest_point([message.chart.spec], message.epoch))

    @on(Chart.Wheeled)
    def _chart_wheeled(self, message: Chart.Wheeled) -> None:
        message.stop()
        if message.pans:
            self.pan(message.direction * PAN_SHARE)
        else:
            self.zoom(ZOOM_FACTOR**message.direction)


def _chart_binding(key: str, action: str, tooltip: str, key_display: str | None = None) -> Binding:
    return Binding(key, action, tooltip, show=False, tooltip=tooltip, key_display=key_display)


class ChartKeys(Uncovered):
    """A screen whose keys read the charts of its `chart_group`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        _chart_binding("right", "cursor(1)", "Charts: the values of the next point"),
        _chart_binding("left", "cursor(-1)", "Charts: the values of the point before"),
        _chart_binding(
            "plus,equals_sign", "zoom(-1)", "Charts: fewer epochs, around the cursor", "+"
        ),
        _chart_binding("minus", "zoom(1)", "Charts: more epochs", "-"),
        _chart_binding("shift+right,right_square_bracket", "pan(1)", "Charts: later epochs", "]"),
        _chart_binding("shift+left,left_square_bracket", "pan(-1)", "Charts: earlier epochs", "["),
        _chart_binding("w", "read('recent')", "Charts: the newest epochs only, or all"),
        _chart_binding("0", "read('whole')", "Charts: all epochs, without the cursor"),
        _chart_binding("y", "read('log')", "Charts: logarithmic scale, or linear"),
        _chart_binding("x", "read('x')", "Charts: by epoch, optimiser step or seconds of learning"),
        _chart_binding("m", "read('smoothing')", "Charts: a smoothed line over the faint raw one"),
        _chart_binding("enter", "enlarge", "Charts: one over the whole screen, or all again"),
    ]

    @property
    def chart_group(self) -> ChartGroup:
        """The charts that the keys read."""
        # Textual's widgets and screens have a metaclass of their own, so this cannot be an ABC
        raise NotImplementedError

    def copies(self) -> Iterator[Copy]:
        """What of the charts can be copied."""
        if values := self.chart_group.values_text():
            yield Copy("v", "values", values)

    def action_cursor(self, direction: int) -> None:
        """Put the charts' cursor on the next point, or the one before it."""
        self.chart_group.step_cursor(direction)

    def action_zoom(self, direction: int) -> None:
        """Show more epochs in the charts, or fewer."""
        self.chart_group.zoom(ZOOM_FACTOR**direction)

    def action_pan(self, direction: int) -> None:
        """Move the epochs that the charts show."""
        self.chart_group.pan(direction * PAN_SHARE)

    def action_read(self, choice: str) -> None:
        """Change the charts' scale, smoothing or range."""
        self.chart_group.change_reading(choice)

    def action_enlarge(self) -> None:
        """Show one chart over the whole screen, or all again."""
        self.chart_group.enlarge()
