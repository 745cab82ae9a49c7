"""The live screen: one run, in this process or read from its journal, as it learns."""

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Footer
from textual.worker import get_current_worker

from fftui.runs.view import LayerView, RunView
from fftui.tui.screens.ask import Ask
from fftui.tui.screens.system import SystemScreen
from fftui.tui.sources import Source, Trainer
from fftui.tui.widgets.curves import AccuracyChart, GoodnessChart
from fftui.tui.widgets.layers import LayerTable
from fftui.tui.widgets.status import LogPane, ProgressLine, RunHead
from fftui.tui.widgets.system import SystemPanel

if TYPE_CHECKING:
    from fftui.tui.app import FFTUIApp

LOOKS_PER_S = 4
POLL_S = 0.5
PANES = ("goodness", "accuracy", "system", "log")


class LiveScreen(Screen[None]):
    """A run's layers, charts, system figures, progress and log."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "Pause"),
        Binding("s", "stop", "Stop"),
        Binding("n", "skip_layer", "Next layer"),
        Binding("R", "resume_run", "Resume run"),
        Binding("g", "system", "System"),
        Binding("f", "follow", "Follow", show=False, tooltip="Select the layer that learns, and go with it"),
        Binding("1", "pane('goodness')", "Panes", key_display="1-4", tooltip="Goodness, accuracy, system, log"),
        Binding("2", "pane('accuracy')", "Accuracy", show=False),
        Binding("3", "pane('system')", "System", show=False),
        Binding("4", "pane('log')", "Log", show=False),
        Binding("b,escape", "leave", "Back", key_display="b"),
    ]
    HELP = """
    One run. Layers are rows; up and down (or a click) choose the one whose goodness is drawn.

    p pauses and goes on, s stops with a checkpoint (after asking), n ends the layer that learns, or all that learn
    in parallel, and goes on with what comes next. g shows what the machine did over the whole run. On a small
    terminal 1 to 4 choose what is shown under the layers.
    """

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source
        self._seen: tuple[object, ...] = ()
        self._follows = True
        self._selected = 0
        self._stopping = False
        self.title = source.run
        # Held by name: a screen is mounted, and looks, before what lies in its containers is.
        self._head = RunHead(source.run, id="head")
        self._table = LayerTable(id="layers")
        self._goodness = GoodnessChart(id="goodness")
        self._accuracy = AccuracyChart(id="accuracy")
        self._log = LogPane(id="log")
        self._progress = ProgressLine(id="progress")

    def compose(self) -> ComposeResult:
        """Head, layers, the four panes, progress, keys."""
        self._system = SystemPanel(cast("FFTUIApp", self.app).machine, id="system")
        yield self._head
        yield self._table
        with Container(id="panes"):
            yield self._goodness
            yield self._accuracy
            yield self._system
            yield self._log
        yield self._progress
        yield Footer()

    def on_mount(self) -> None:
        """Begin to look."""
        self.add_class("-pane-goodness")
        self._table.focus()
        self.look()
        self.set_interval(1 / LOOKS_PER_S, self.look)
        if self.source.wants_poll:
            self._follow_journal()

    @work(thread=True, exclusive=True, group="journal")
    def _follow_journal(self) -> None:
        """Read the journal until it ends or the screen is left."""
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
    def trainer(self) -> Trainer | None:
        """The trainer of this run, if it still works."""
        trainer = self.source.trainer
        return trainer if trainer is not None and trainer.is_alive() else None

    def look(self) -> None:
        """Show the newest view, if there is a newer one than what is shown."""
        view = self.source.view
        if self._follows and view.current is not None:
            self._selected = view.current
        self._selected = min(self._selected, max(0, len(view.layers) - 1))
        word = self._word(view)
        seen = (view, self._selected, word, self.trainer is None)
        if len(self._seen) == len(seen) and seen[0] is self._seen[0] and seen[1:] == self._seen[1:]:
            return
        keys_changed = not self._seen or seen[2:] != self._seen[2:]
        rows_changed = not self._seen or len(cast("RunView", self._seen[0]).layers) != len(view.layers)
        self._seen = seen
        self._head.run = self.source.run
        self._head.show(view, word)
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

    def _word(self, view: RunView) -> str | None:
        """The run's state where the view does not tell it."""
        if self.source.problem is not None:
            return self.source.problem
        if view.started is None and view.result is None:
            return "loading torch and data" if self.source.trainer is None or self.trainer else "ended before it began"
        if self.source.abandoned:
            return "interrupted: its process is gone"
        if self._stopping and self.trainer is not None:
            return "stopping"
        if view.result is None and self.source.trainer is not None and self.trainer is None:
            return "ended"
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that can do nothing now are not shown."""
        if action in ("pause", "stop", "skip_layer"):
            return self.trainer is not None
        if action == "resume_run":
            ended = self.source.abandoned or self.source.view.status in ("interrupted", "failed")
            return ended and self.trainer is None and self.source.view.started is not None
        return True

    def action_pause(self) -> None:
        """Pause, or go on."""
        if (trainer := self.trainer) is not None:
            if trainer.paused:
                trainer.resume()
            else:
                trainer.pause()

    @work
    async def action_stop(self) -> None:
        """Stop with a checkpoint, after asking."""
        if self.trainer is None:
            return
        answer = await self.app.push_screen_wait(
            Ask("Stop this run?", (("s", "stop, with a checkpoint to resume from"), ("escape", "go on learning")))
        )
        trainer = self.trainer
        if answer == "s" and trainer is not None:
            self._stopping = True
            trainer.stop()
            self.look()

    def action_skip_layer(self) -> None:
        """End the layer that learns and go on with the next."""
        if (trainer := self.trainer) is not None:
            trainer.skip_layer()
            several = len(self.source.view.learning) > 1
            self.notify(f"{'these layers end' if several else 'this layer ends'} after the current batch", timeout=2)

    def action_resume_run(self) -> None:
        """Go on with an interrupted run."""
        cast("FFTUIApp", self.app).resume_run(self.source.run)

    def action_follow(self) -> None:
        """Select the layer that learns."""
        self._follows = True
        self.look()

    def action_pane(self, name: str) -> None:
        """Show a pane where there is no room for all."""
        for pane in PANES:
            self.set_class(pane == name, f"-pane-{pane}")
        (self._log if name == "log" else self._table).focus()

    def action_system(self) -> None:
        """Show what the machine did over the whole run, and for each layer."""
        self.app.push_screen(SystemScreen(self.source, self._word))

    def action_leave(self) -> None:
        """Back to where one came from; the run goes on."""
        self.app.pop_screen()

    @on(LayerTable.Chosen)
    def _layer_chosen(self, message: LayerTable.Chosen) -> None:
        self._selected = message.index
        self._follows = message.index == self.source.view.current
        self.look()
