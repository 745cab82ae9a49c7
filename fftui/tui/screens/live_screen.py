"""The live screen: one run while it learns, in this process or read from its journal."""

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Footer
from textual.worker import get_current_worker

from fftui.runs.view import LayerView, RunView
from fftui.tui.run_sources import RunControl, Source
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.system_screen import SystemScreen
from fftui.tui.system.system_panel import SystemPanel
from fftui.tui.widgets.layer_table import LayerTable
from fftui.tui.widgets.run_charts import AccuracyChart, GoodnessChart
from fftui.tui.widgets.run_status import LogPane, ProgressLine, RunHeader

if TYPE_CHECKING:
    from fftui.tui.app import FFTUIApp

REFRESHES_PER_S = 4
POLL_S = 0.5
PANES = ("goodness", "accuracy", "system", "log")


class LiveScreen(Screen[None]):
    """A run's layers, charts, system metrics, progress and log."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "Pause"),
        Binding("s", "stop", "Stop"),
        Binding("n", "skip_layer", "Next layer"),
        Binding("R", "resume_run", "Resume run"),
        Binding("g", "system", "System"),
        Binding(
            "f",
            "follow",
            "Follow",
            show=False,
            tooltip="Select the learning layer, and the next when it begins",
        ),
        Binding(
            "1",
            "pane('goodness')",
            "Panes",
            key_display="1-4",
            tooltip="Goodness, accuracy, system, log",
        ),
        Binding("2", "pane('accuracy')", "Accuracy", show=False),
        Binding("3", "pane('system')", "System", show=False),
        Binding("4", "pane('log')", "Log", show=False),
        Binding("b,escape", "leave", "Back", key_display="b"),
    ]
    HELP = """
    One run. Layers are rows; up and down (or a click) select the one whose goodness is drawn.

    p pauses and continues, s stops with a checkpoint (after asking), n ends the layer that is learning, or all that
    learn in parallel, and continues with the next. g shows the machine's metrics over the whole run. On a small
    terminal 1 to 4 choose the pane under the layers.
    """

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source
        self._shown: tuple[object, ...] = ()
        self._follows = True
        self._selected = 0
        self._stopping = False
        self.title = source.run
        # Kept as attributes: a screen is mounted, and refreshes, before the widgets in its
        # containers are.
        self._header = RunHeader(source.run, id="header")
        self._table = LayerTable(id="layers")
        self._goodness = GoodnessChart(id="goodness")
        self._accuracy = AccuracyChart(id="accuracy")
        self._log = LogPane(id="log")
        self._progress = ProgressLine(id="progress")

    def compose(self) -> ComposeResult:
        """The header, layers, four panes, progress and keys."""
        self._system = SystemPanel(cast("FFTUIApp", self.app).machine, id="system")
        yield self._header
        yield self._table
        with Container(id="panes"):
            yield self._goodness
            yield self._accuracy
            yield self._system
            yield self._log
        yield self._progress
        yield Footer()

    def on_mount(self) -> None:
        """Start refreshing the view."""
        self.add_class("-pane-goodness")
        self._table.focus()
        self.refresh_view()
        self.set_interval(1 / REFRESHES_PER_S, self.refresh_view)
        if self.source.wants_poll:
            self._follow_journal()

    @work(thread=True, exclusive=True, group="journal")
    def _follow_journal(self) -> None:
        """Read the journal until the run ends or the screen is closed."""
        worker = get_current_worker()
        while not worker.is_cancelled and self.source.wants_poll:
            self.source.poll()
            worker.cancelled_event.wait(POLL_S)

    @property
    def selected(self) -> LayerView | None:
        """The layer whose charts are shown."""
        layers = self.source.view.layers
        return layers[self._selected] if self._selected < len(layers) else None

    @property
    def control(self) -> RunControl | None:
        """The control of this run; None unless its thread is alive."""
        control = self.source.control
        return control if control is not None and control.is_alive() else None

    def refresh_view(self) -> None:
        """Show the newest view, if it has changed since the last refresh."""
        view = self.source.view
        if self._follows and view.current is not None:
            self._selected = view.current
        self._selected = min(self._selected, max(0, len(view.layers) - 1))
        status_text = self._status_text(view)
        shown = (view, self._selected, status_text, self.control is None)
        if (
            len(self._shown) == len(shown)
            and shown[0] is self._shown[0]
            and shown[1:] == self._shown[1:]
        ):
            return
        keys_changed = not self._shown or shown[2:] != self._shown[2:]
        rows_changed = not self._shown or len(cast("RunView", self._shown[0]).layers) != len(
            view.layers
        )
        self._shown = shown
        self._header.run = self.source.run
        self._header.show(view, status_text)
        self._table.show(view, self._selected)
        if rows_changed:
            self._table.refresh(layout=True)
        self._goodness.show(view, self.selected)
        self._accuracy.show(view, self.selected)
        self._system.show(view)
        self._log.show(view)
        self._progress.show(view)
        if keys_changed:
            self.refresh_bindings()

    def _status_text(self, view: RunView) -> str | None:
        """The run's status where its view does not have it; None where it does."""
        if self.source.problem is not None:
            return self.source.problem
        if view.started is None and view.result is None:
            return (
                "loading torch and data"
                if self.source.control is None or self.control
                else "ended before it began"
            )
        if self.source.process_gone:
            return "interrupted: its process is gone"
        if self._stopping and self.control is not None:
            return "stopping"
        if view.result is None and self.source.control is not None and self.control is None:
            return "ended"
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the keys that have no effect now."""
        if action in ("pause", "stop", "skip_layer"):
            return self.control is not None
        if action == "resume_run":
            ended = self.source.process_gone or self.source.view.status in ("interrupted", "failed")
            return ended and self.control is None and self.source.view.started is not None
        return True

    def action_pause(self) -> None:
        """Pause or continue."""
        if (control := self.control) is not None:
            if control.paused:
                control.resume()
            else:
                control.pause()

    @work
    async def action_stop(self) -> None:
        """Stop with a checkpoint, after asking."""
        if self.control is None:
            return
        answer = await self.app.push_screen_wait(
            ConfirmDialog(
                "Stop this run?",
                (("s", "stop, with a checkpoint to resume from"), ("escape", "go on learning")),
            )
        )
        control = self.control
        if answer == "s" and control is not None:
            self._stopping = True
            control.stop()
            self.refresh_view()

    def action_skip_layer(self) -> None:
        """End the layer that is learning and continue with the next."""
        if (control := self.control) is not None:
            control.skip_layer()
            several = len(self.source.view.learning) > 1
            self.notify(
                f"{'these layers end' if several else 'this layer ends'} after the current batch",
                timeout=2,
            )

    def action_resume_run(self) -> None:
        """Resume an interrupted run."""
        cast("FFTUIApp", self.app).resume_run(self.source.run)

    def action_follow(self) -> None:
        """Select the learning layer, and the next when it begins."""
        self._follows = True
        self.refresh_view()

    def action_pane(self, name: str) -> None:
        """Show one pane where there is no room for all."""
        for pane in PANES:
            self.set_class(pane == name, f"-pane-{pane}")
        (self._log if name == "log" else self._table).focus()

    def action_system(self) -> None:
        """Show the machine's metrics over the whole run and by layer."""
        self.app.push_screen(SystemScreen(self.source, self._status_text))

    def action_leave(self) -> None:
        """Go back; the run goes on."""
        self.app.pop_screen()

    @on(LayerTable.Selected)
    def _layer_selected(self, message: LayerTable.Selected) -> None:
        self._selected = message.index
        self._follows = message.index == self.source.view.current
        self.refresh_view()
