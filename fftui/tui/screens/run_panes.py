"""`RunPanes`: a run's header, layers, charts, system metrics, log and progress."""

import time
from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Container

from fftui.runs.layer_view import LayerView
from fftui.runs.view import RunView
from fftui.text.format import clock
from fftui.text.layer_text import LAYER_HEAD, accuracy_head, layer_rows
from fftui.tui.charts.chart_registry import CHARTS, ChartInfo
from fftui.tui.screens.chart_group import ChartGroup
from fftui.tui.system.system_panel import SystemPanel
from fftui.tui.system.this_machine import Machine
from fftui.tui.widgets.chart import Chart
from fftui.tui.widgets.layer_table import LayerTable
from fftui.tui.widgets.run_status import LogPane, ProgressLine, RunHeader

SLOTS = 3  # charts at once, at most
WIDTH_OF_THREE = 170  # cells from which three charts have room side by side
HEIGHT_OF_TWO = 44  # cells from which two have room one below the other
PANES = ("chart-1", "chart-2", "system", "log")
HIDEABLE = ("layers", "system", "log")


class RunPanes(ChartGroup):
    """What a screen shows of one run. Without room for all panes, one or two are shown at a time;
    charts that have no room are reached by `next_chart`.
    """

    def __init__(self, run: str, machine: Machine) -> None:
        super().__init__(id="run-panes", classes=f"-pane-{PANES[0]}")
        # Kept as attributes: a screen is mounted, and refreshes, before the widgets in its
        # containers are.
        self._header = RunHeader(run, id="header")
        self.layer_table = LayerTable(id="layers")
        self._charts = [Chart(id=f"chart-{slot + 1}") for slot in range(SLOTS)]
        self._panes = Container(id="panes")
        self._system = SystemPanel(machine, id="system")
        self.log_pane = LogPane(id="log")
        self._progress = ProgressLine(id="progress")
        self._first_chart = 0  # the chart in the first slot
        self._selected = 0
        self._follows = True
        self._shown: tuple[object, ...] = ()
        self._frozen: str | None = None  # the status while the picture is frozen
        self._newest: tuple[str, RunView, str | None] = (run, self._view, None)

    def compose(self) -> ComposeResult:
        """The header, the layers, the panes and the progress."""
        yield self._header
        yield self.layer_table
        with self._panes:
            yield from self._charts
            yield self._system
            yield self.log_pane
        yield self._progress

    @property
    def charts(self) -> Sequence[Chart]:
        """The charts of the slots."""
        return self._charts

    @property
    def selected(self) -> LayerView | None:
        """The layer whose charts are shown."""
        layers = self._view.layers
        return layers[self._selected] if self._selected < len(layers) else None

    @property
    def hidden_charts(self) -> int:
        """The number of charts that have no room."""
        return max(0, len(CHARTS) - self._slots)

    @property
    def _slots(self) -> int:
        """The number of charts that have room."""
        has_room = self.size.width >= WIDTH_OF_THREE
        return min(len(CHARTS), SLOTS if has_room and self.screen.has_class("-tall") else 2)

    def show(self, run: str, view: RunView, status_text: str | None) -> None:
        """Show `view` of `run`, or later where the picture is frozen; `status_text` replaces its
        status where the screen knows more.
        """
        self._newest = (run, view, status_text)
        if self._frozen is not None:
            run, view, status_text = self._header.run, self._view, self._frozen
        shown = (run, status_text, len(CHARTS))
        if view is self._view and shown == self._shown:
            return
        self._shown = shown
        if run != self._header.run:
            self._header.run, self._follows = run, True
        rows_changed = len(self._view.layers) != len(view.layers)
        self._view = view
        self._header.show(view, status_text)
        self._system.show(view)
        self.log_pane.show(view)
        self._progress.show(view)
        self.show_charts()
        if rows_changed:
            self.layer_table.refresh(layout=True)

    def freeze(self) -> None:
        """Keep the picture as it is, and say so in the header; or show the newest again."""
        self._frozen = f"frozen at {clock(time.time())}, z goes on" if not self._frozen else None
        self.show(*self._newest)

    def show_charts(self) -> None:
        """Show the layers and the charts, with the learning layer selected where it is followed."""
        view = self._view
        if self._follows and view.current is not None:
            self._selected = view.current
        self._selected = min(self._selected, max(0, len(view.layers) - 1))
        self.layer_table.show(view, self._selected)
        slots = self._slots
        self._panes.set_class(slots == SLOTS, "-three")
        for pane, chart in zip(self._charts, self._shown_charts(), strict=False):
            pane.show(chart, view, self.selected, self._reading)
        self._charts[-1].display = slots == SLOTS and self._enlarged in (None, SLOTS - 1)

    def _shown_charts(self) -> list[ChartInfo]:
        """The charts of the slots, from `_first_chart` on."""
        charts = list(CHARTS.values())
        first = self._first_chart % len(charts)
        return [*charts[first:], *charts[:first]][: self._slots]

    def follow(self) -> None:
        """Select the learning layer, and the next when it begins."""
        self._follows = True
        self.show_charts()

    def next_chart(self) -> None:
        """Show the next chart in the first slot, and those after it in the others."""
        self._first_chart = (self._first_chart + 1) % len(CHARTS)
        self.show_charts()

    def show_pane(self, name: str) -> None:
        """Show the pane `name`, one of `PANES`, where there is no room for all, also if hidden."""
        self.remove_class(f"-no-{name}")
        for pane in PANES:
            self.set_class(pane == name, f"-pane-{pane}")
        (self.log_pane if name == "log" else self.layer_table).focus()

    def layers_text(self) -> str:
        """The layers as a table, its cells separated by tabs; empty where there are none."""
        if not self._view.layers:
            return ""
        rows = ((*LAYER_HEAD, accuracy_head(self._view)), *layer_rows(self._view))
        return "\n".join("\t".join(row) for row in rows)

    def hides(self, pane: str) -> bool:
        """Whether `pane`, one of `HIDEABLE`, is hidden."""
        return self.has_class(f"-no-{pane}")

    def hide(self, pane: str) -> None:
        """Hide `pane`, one of `HIDEABLE`, or show it again; the charts get its room."""
        self.toggle_class(f"-no-{pane}")

    def help_text(self) -> str:
        """What each chart shows, one paragraph each."""
        return "\n\n".join(f"{chart.title}: {chart.help}" for chart in CHARTS.values())

    def on_resize(self) -> None:
        """Choose the charts again: the room has changed."""
        self.set_class(self.size.height >= HEIGHT_OF_TWO, "-two-charts")
        self.show_charts()

    @on(LayerTable.Selected)
    def _layer_selected(self, message: LayerTable.Selected) -> None:
        message.stop()
        self._selected = message.index
        self._follows = message.index == self._view.current
        self.show_charts()
