"""The layers screen: the goodness of every layer at once, in charts of their own."""

import math
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from fftui.runs.view import RunView
from fftui.tui.charts.chart_registry import CHARTS
from fftui.tui.run_sources import Source
from fftui.tui.screens.chart_group import ChartGroup, ChartKeys
from fftui.tui.widgets.chart import Chart
from fftui.tui.widgets.footer import Footer
from fftui.tui.widgets.run_status import RunHeader

REFRESH_EVERY_S = 0.5
LEAST_WIDTH, LEAST_HEIGHT = 38, 8  # cells of a chart; with more layers than fit, they scroll


class LayerGrid(ChartGroup):
    """One chart of the goodness of each layer."""

    def __init__(self) -> None:
        super().__init__(id="layer-grid")
        self._charts: list[Chart] = []

    @property
    def charts(self) -> Sequence[Chart]:
        """The charts, that of the first layer first."""
        return self._charts

    @property
    def chosen(self) -> int:
        """The number of the chart that enter enlarges, from 0."""
        return self._pointed

    def show(self, view: RunView) -> None:
        """Show the layers of `view`."""
        if view is self._view:
            return
        self._view = view
        new = [Chart() for _ in view.layers[len(self._charts) :]]
        self._charts += new
        if new:
            self.mount_all(new)
            self._arrange()
        self.show_charts()

    def show_charts(self) -> None:
        """Draw the charts as the reading now says, the chosen one marked."""
        for number, (chart, layer) in enumerate(zip(self._charts, self._view.layers, strict=False)):
            chart.set_class(number == self._pointed, "-chosen")
            chart.display = self._enlarged in (None, number)
            chart.show(CHARTS["goodness"], self._view, layer, self._reading)

    def choose(self, by: int) -> None:
        """Choose the chart `by` places further; that is enlarged where one is."""
        if not self._charts:
            return
        self._pointed = min(len(self._charts) - 1, max(0, self._pointed + by))
        if self._enlarged is not None:
            self._enlarged = self._pointed
        self.show_charts()
        self._charts[self._pointed].scroll_visible(animate=False)

    def enlarge(self) -> bool:
        """Show only the chosen chart, or all again; returns whether it is one."""
        enlarged = super().enlarge()
        self._arrange()
        return enlarged

    def on_resize(self) -> None:
        """Put as many charts beside each other as have room."""
        self._arrange()

    def _arrange(self) -> None:
        count = 1 if self._enlarged is not None else max(1, len(self._charts))
        beside = min(math.ceil(math.sqrt(count)), max(1, self.size.width // LEAST_WIDTH))
        below = math.ceil(count / beside)
        self.styles.grid_size_columns = beside
        self.styles.grid_rows = str(max(LEAST_HEIGHT, self.size.height // below))


class LayersScreen(ChartKeys):
    """A run's layers, each with a chart of its goodness."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "choose(-1)", "Previous layer", show=False),
        Binding("down,j", "choose(1)", "Next layer", show=False),
        Binding("a,b,escape", "leave", "Back", key_display="a"),
    ]
    HELP = """
    The goodness of positive and negative data of every layer against its threshold, each on a scale
    of its own; a layer that learns without goodness shows its loss. The cursor is at the same epoch
    of the run in all of them.

    Up and down (or a click) choose a layer, enter shows it over the whole screen; a goes back.
    """

    def __init__(self, source: Source, status_text: Callable[[RunView], str | None]) -> None:
        """`status_text` returns the run's status where its view does not have it."""
        super().__init__()
        self.source = source
        self._status_text = status_text
        self._header = RunHeader(source.run, id="header")
        self.grid = LayerGrid()

    @property
    def chart_group(self) -> ChartGroup:
        """The charts of the layers."""
        return self.grid

    def compose(self) -> ComposeResult:
        """The run's header, the charts and the keys."""
        yield self._header
        yield self.grid
        yield Footer()

    def on_mount(self) -> None:
        """Start refreshing the view; the live screen below goes on polling a journal."""
        self.repeat(REFRESH_EVERY_S, self.refresh_view)

    def refresh_view(self) -> None:
        """Show the newest view."""
        view = self.source.view
        self._header.run = self.source.run
        self._header.show(view, self._status_text(view))
        self.grid.show(view)

    def action_choose(self, by: int) -> None:
        """Choose another layer."""
        self.grid.choose(by)

    def action_leave(self) -> None:
        """All layers again, or back to the run."""
        if self.grid.enlarged:
            self.grid.enlarge()
        else:
            self.app.pop_screen()
