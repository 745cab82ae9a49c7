"""One study: its results so far beside the paper's, and the run that learns for it now."""

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer

from fftui.errors import FFTUIError
from fftui.runs.view import LayerView, RunView
from fftui.studies.study import Study
from fftui.tui.glyphs import plain
from fftui.tui.screens.ask import Ask
from fftui.tui.studies import StudyFacts, StudyRun, StudyTable
from fftui.tui.widgets.curves import AccuracyChart, GoodnessChart
from fftui.tui.widgets.layers import LayerTable
from fftui.tui.widgets.row_list import RowList
from fftui.tui.widgets.status import LogPane, ProgressLine, RunHead
from fftui.tui.widgets.study import StudyHead, columns_of, rows_of

if TYPE_CHECKING:
    from fftui.tui.app import FFTUIApp

LOOKS_PER_S = 4
PANES = ("results", "goodness", "accuracy", "log")


class Known(Message):
    """How the study stands and what it came to, or the `problem` that keeps it from being known."""

    def __init__(self, facts: StudyFacts | None, table: StudyTable, problem: str) -> None:
        super().__init__()
        self.facts = facts
        self.table = table
        self.problem = problem


class StudyScreen(Screen[None]):
    """A study's conditions as rows, and the layers, charts and progress of the run that learns."""

    IS_PLACE: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "start", "Start", tooltip="Carry out what is missing"),
        Binding("s", "stop", "Stop"),
        Binding("o", "open_run", "Open run", tooltip="The live screen of the run that learns, or learned last"),
        Binding("1", "pane('results')", "Panes", key_display="1-4", tooltip="Results, goodness, accuracy, log"),
        Binding("2", "pane('goodness')", "Goodness", show=False),
        Binding("3", "pane('accuracy')", "Accuracy", show=False),
        Binding("4", "pane('log')", "Log", show=False),
        Binding("b,escape", "app.pop_screen", "Back", key_display="b"),
    ]
    HELP = """
    One study. Each row is a condition, with the mean test accuracy over its seeds, its 95 % interval, and what the
    paper reports. A sign marks the condition that learns and those that have all their runs.

    g carries out what is missing, one run after the other; s stops with a checkpoint (after asking), and g goes on
    from there later. The screen may be left: the study goes on, and l comes back to it. On a small terminal 1 to 4
    choose what is shown.
    """

    def __init__(self, study: Study) -> None:
        super().__init__()
        self.study = study
        self.facts: StudyFacts | None = None
        self._table = StudyTable()
        self._selected = 0
        self._follows = True
        self._shown_run: str | None = None
        self._trials_over = 0  # in this process, when the table was last read
        self._seen: tuple[object, ...] = ()
        self.title = study.name
        self._head = StudyHead(f"{study.name} · {study.title}", id="study-head")
        self._results = RowList((), empty="reading the runs", id="results")
        self._run_head = RunHead("", id="head")
        self._layers = LayerTable(id="layers")
        self._goodness = GoodnessChart(id="goodness")
        self._accuracy = AccuracyChart(id="accuracy")
        self._log = LogPane(id="log")
        self._progress = ProgressLine(id="progress")

    def compose(self) -> ComposeResult:
        """Head, results and charts, then the run that learns."""
        yield self._head
        with Container(id="panes"):
            yield self._results
            yield self._goodness
            yield self._accuracy
            yield self._log
        yield self._run_head
        yield self._layers
        yield self._progress
        yield Footer()

    @property
    def _app(self) -> "FFTUIApp":
        return cast("FFTUIApp", self.app)

    @property
    def run(self) -> StudyRun | None:
        """The thread that carries this study out, or did, in this process."""
        run = self._app.study_run
        return run if run is not None and run.study == self.study else None

    @property
    def learns(self) -> bool:
        """Whether the study is being carried out in this process."""
        return self.run is not None and self.run.is_alive()

    def on_mount(self) -> None:
        """Read what is there, and begin to look."""
        self._results.border_title = plain(f"Results · {self.study.question}", self._app.ascii_only)
        self.add_class("-pane-results")
        self._results.focus()
        self.read()
        self.look()
        self.set_interval(1 / LOOKS_PER_S, self.look)

    @work(thread=True, exclusive=True, group="results")
    def read(self) -> None:
        """Read from disk how the study stands and what it came to."""
        bench = self._app.studies()
        try:
            self.post_message(Known(bench.look_at(self.study), bench.table(self.study), ""))
        except (FFTUIError, OSError) as error:
            self.post_message(Known(None, StudyTable(), str(error)))

    def on_resize(self) -> None:
        """There is room for other columns."""
        self.call_after_refresh(self._lay_out)

    @on(Known)
    def _known(self, message: Known) -> None:
        self.facts, self._table = message.facts, message.table
        self._results.empty = message.problem or "no results yet"
        self._results.repaint()
        self._lay_out()
        self._seen = ()
        self.look()

    def _lay_out(self) -> None:
        """Write the rows of the table."""
        conditions = [name for name, _ in self.study.conditions[0].values] if self.study.conditions else []
        states = self._states()
        if len(states) == len(self._table.rows):
            rows = rows_of(self._table, states, self._app.glyphs.states)
            self._results.show_rows(rows, columns=columns_of(self._table, conditions, self._results.size.width))

    def _states(self) -> list[str]:
        """Of each condition: whether it learns, has all its runs, or waits."""
        to_come = self.facts.to_come if self.facts else ()
        waits = {trial.condition for trial in self.study.trials if trial.experiment in to_come}
        at = self.run.progress if self.run is not None and self.learns else None
        now = at.trial.condition if at is not None and not at.over else None
        return [
            "learning" if condition == now else "waiting" if condition in waits else "finished"
            for condition in self.study.conditions
        ]

    def look(self) -> None:
        """Show the newest progress, if there is any newer than what is shown."""
        run = self.run
        view = run.view if run is not None else RunView()
        progress = run.progress if run is not None else None
        seen = (view, progress, self.learns, run is not None and run.stopping)
        if self._seen and all(a is b for a, b in zip(seen, self._seen, strict=True)):
            return
        if not self._seen or seen[2:] != self._seen[2:]:
            self.set_class(run is not None, "-learns")
            self.refresh_bindings()
        self._seen = seen
        over = sum(each.state != "there" for each in run.over) if run is not None else 0
        if run is not None and over != self._trials_over:
            self._trials_over = over
            self.read()
        self._head.show(self.facts, run)
        self._mark()
        self._show_run(view, progress.run if progress is not None else None)

    def _mark(self) -> None:
        """Move the sign of the condition that learns."""
        signs = [self._app.glyphs.states[state] for state in self._states()]
        if [row.cells[0][0] for row in self._results.items] != signs:
            self._lay_out()

    def _show_run(self, view: RunView, run: str | None) -> None:
        if run != self._shown_run:
            self._shown_run, self._follows = run, True
        if self._follows and view.current is not None:
            self._selected = view.current
        self._selected = min(self._selected, max(0, len(view.layers) - 1))
        rows_changed = len(self._layers.entries) != len(view.layers)
        self._run_head.run = run or ""
        self._run_head.show(view, None if view.started or view.result else "loading torch and data")
        self._layers.show(view, self._selected)
        if rows_changed:
            self._layers.refresh(layout=True)
        self._goodness.show(view, self.selected(view))
        self._accuracy.show(view, self.selected(view))
        self._log.show(view)
        self._progress.show(view)

    def selected(self, view: RunView) -> LayerView | None:
        """The layer whose charts are shown."""
        return view.layers[self._selected] if self._selected < len(view.layers) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that can do nothing now are not shown."""
        if action == "start":
            return not self.learns and (self.facts is None or bool(self.facts.to_come))
        if action == "stop":
            return self.learns and self.run is not None and not self.run.stopping
        if action == "open_run":
            return self.run is not None and self.run.progress is not None and self.run.progress.run is not None
        return True

    def action_start(self) -> None:
        """Carry out what is missing."""
        if self._app.start_study(self.study):
            self._trials_over = 0
            self.look()

    @work
    async def action_stop(self) -> None:
        """Stop with a checkpoint, after asking."""
        answer = await self.app.push_screen_wait(
            Ask("Stop this study?", (("s", "stop; Start goes on from the checkpoint later"), ("escape", "go on")))
        )
        if answer == "s" and self.run is not None:
            self.run.stop()
            self.look()

    def action_open_run(self) -> None:
        """Show the run that learns, or learned last, by itself."""
        run = self.run
        if run is not None and run.progress is not None and run.progress.run is not None:
            self._app.open_run(run.progress.run)

    def action_pane(self, name: str) -> None:
        """Show a pane where there is no room for all."""
        for pane in PANES:
            self.set_class(pane == name, f"-pane-{pane}")
        (self._log if name == "log" else self._results).focus()

    @on(LayerTable.Chosen)
    def _layer_chosen(self, message: LayerTable.Chosen) -> None:
        self._selected = message.index
        self._follows = self.run is not None and message.index == self.run.view.current
        self._seen = ()
        self.look()
