"""The study screen: the results of one study beside the paper's, and the run that is learning for
it.
"""

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
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.study_backend import StudyFacts, StudyRun, StudyTable
from fftui.tui.widgets.layer_table import LayerTable
from fftui.tui.widgets.row_list import RowList
from fftui.tui.widgets.run_charts import AccuracyChart, GoodnessChart
from fftui.tui.widgets.run_status import LogPane, ProgressLine, RunHeader
from fftui.tui.widgets.study_widgets import StudyHeader, columns_of, rows_of

if TYPE_CHECKING:
    from fftui.tui.app import FFTUIApp

REFRESHES_PER_S = 4
PANES = ("results", "goodness", "accuracy", "log")


class StudyLoaded(Message):
    """The facts and results of the study, or the `problem` that kept them from being read."""

    def __init__(self, facts: StudyFacts | None, table: StudyTable, problem: str) -> None:
        super().__init__()
        self.facts = facts
        self.table = table
        self.problem = problem


class StudyScreen(Screen[None]):
    """A study's conditions as rows, and the layers, charts and progress of the run that is
    learning.
    """

    IS_ROOT_SCREEN: ClassVar[bool] = True  # Back leads here from a run
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "start", "Start", tooltip="Run the missing trials"),
        Binding("s", "stop", "Stop"),
        Binding(
            "o",
            "open_run",
            "Open run",
            tooltip="The live screen of the run that is learning, or learned last",
        ),
        Binding(
            "1",
            "pane('results')",
            "Panes",
            key_display="1-4",
            tooltip="Results, goodness, accuracy, log",
        ),
        Binding("2", "pane('goodness')", "Goodness", show=False),
        Binding("3", "pane('accuracy')", "Accuracy", show=False),
        Binding("4", "pane('log')", "Log", show=False),
        Binding("b,escape", "app.pop_screen", "Back", key_display="b"),
    ]
    HELP = """
    One study. Each row is a condition, with the mean test accuracy over its seeds, its 95 % interval, and what the
    paper reports. A sign marks the condition that is learning and those that have all their runs.

    g runs the missing trials, one after the other; s stops with a checkpoint (after asking), and g continues from
    there later. The screen may be closed: the study goes on, and l returns to it. On a small terminal 1 to 4
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
        self._trials_ended = 0  # by this process, when the table was last read
        self._shown: tuple[object, ...] = ()
        self.title = study.name
        self._header = StudyHeader(f"{study.name} · {study.title}", id="study-header")
        self._results = RowList((), empty="reading the runs", id="results")
        self._run_header = RunHeader("", id="header")
        self._layers = LayerTable(id="layers")
        self._goodness = GoodnessChart(id="goodness")
        self._accuracy = AccuracyChart(id="accuracy")
        self._log = LogPane(id="log")
        self._progress = ProgressLine(id="progress")

    def compose(self) -> ComposeResult:
        """The header, results and charts, then the run that is learning."""
        yield self._header
        with Container(id="panes"):
            yield self._results
            yield self._goodness
            yield self._accuracy
            yield self._log
        yield self._run_header
        yield self._layers
        yield self._progress
        yield Footer()

    @property
    def _app(self) -> "FFTUIApp":
        return cast("FFTUIApp", self.app)

    @property
    def run(self) -> StudyRun | None:
        """The thread of this process that runs this study, or ran it; None if there is none."""
        run = self._app.study_run
        return run if run is not None and run.study == self.study else None

    @property
    def learns(self) -> bool:
        """Whether this process is running the study."""
        return self.run is not None and self.run.is_alive()

    def on_mount(self) -> None:
        """Start reading the results and refreshing the view."""
        self._results.border_title = plain(f"Results · {self.study.question}", self._app.ascii_only)
        self.add_class("-pane-results")
        self._results.focus()
        self.read()
        self.refresh_view()
        self.set_interval(1 / REFRESHES_PER_S, self.refresh_view)

    @work(thread=True, exclusive=True, group="results")
    def read(self) -> None:
        """Read the facts and results of the study from disk."""
        backend = self._app.studies()
        try:
            self.post_message(
                StudyLoaded(backend.load_study(self.study), backend.table(self.study), "")
            )
        except (FFTUIError, OSError) as error:
            self.post_message(StudyLoaded(None, StudyTable(), str(error)))

    def on_resize(self) -> None:
        """Choose the columns again: the width has changed."""
        self.call_after_refresh(self._rebuild_rows)

    @on(StudyLoaded)
    def _study_loaded(self, message: StudyLoaded) -> None:
        self.facts, self._table = message.facts, message.table
        self._results.empty = message.problem or "no results yet"
        self._results.repaint()
        self._rebuild_rows()
        self._shown = ()
        self.refresh_view()

    def _rebuild_rows(self) -> None:
        """Rebuild the rows of the results."""
        conditions = (
            [name for name, _ in self.study.conditions[0].values] if self.study.conditions else []
        )
        states = self._states()
        if len(states) == len(self._table.rows):
            rows = rows_of(self._table, states, self._app.glyphs.states)
            self._results.show_rows(
                rows, columns=columns_of(self._table, conditions, self._results.size.width)
            )

    def _states(self) -> list[str]:
        """The state of each condition: learning, finished or waiting."""
        remaining = self.facts.remaining if self.facts else ()
        waits = {trial.condition for trial in self.study.trials if trial.experiment in remaining}
        at = self.run.progress if self.run is not None and self.learns else None
        now = at.trial.condition if at is not None and not at.over else None
        return [
            "learning" if condition == now else "waiting" if condition in waits else "finished"
            for condition in self.study.conditions
        ]

    def refresh_view(self) -> None:
        """Show the newest progress, if it has changed since the last refresh."""
        run = self.run
        view = run.view if run is not None else RunView()
        progress = run.progress if run is not None else None
        shown = (view, progress, self.learns, run is not None and run.stopping)
        if self._shown and all(a is b for a, b in zip(shown, self._shown, strict=True)):
            return
        if not self._shown or shown[2:] != self._shown[2:]:
            self.set_class(run is not None, "-learns")
            self.refresh_bindings()
        self._shown = shown
        ended = sum(each.state != "finished before" for each in run.ended) if run is not None else 0
        if run is not None and ended != self._trials_ended:
            self._trials_ended = ended
            self.read()
        self._header.show(self.facts, run)
        self._update_signs()
        self._show_run(view, progress.run if progress is not None else None)

    def _update_signs(self) -> None:
        """Rebuild the rows if the sign of a condition has changed."""
        signs = [self._app.glyphs.states[state] for state in self._states()]
        if [row.cells[0][0] for row in self._results.items] != signs:
            self._rebuild_rows()

    def _show_run(self, view: RunView, run: str | None) -> None:
        if run != self._shown_run:
            self._shown_run, self._follows = run, True
        if self._follows and view.current is not None:
            self._selected = view.current
        self._selected = min(self._selected, max(0, len(view.layers) - 1))
        rows_changed = len(self._layers.entries) != len(view.layers)
        self._run_header.run = run or ""
        self._run_header.show(
            view, None if view.started or view.result else "loading torch and data"
        )
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
        """Hide the keys that have no effect now."""
        if action == "start":
            return not self.learns and (self.facts is None or bool(self.facts.remaining))
        if action == "stop":
            return self.learns and self.run is not None and not self.run.stopping
        if action == "open_run":
            return (
                self.run is not None
                and self.run.progress is not None
                and self.run.progress.run is not None
            )
        return True

    def action_start(self) -> None:
        """Run the missing trials."""
        if self._app.start_study(self.study):
            self._trials_ended = 0
            self.refresh_view()

    @work
    async def action_stop(self) -> None:
        """Stop with a checkpoint, after asking."""
        answer = await self.app.push_screen_wait(
            ConfirmDialog(
                "Stop this study?",
                (("s", "stop; Start continues from the checkpoint later"), ("escape", "go on")),
            )
        )
        if answer == "s" and self.run is not None:
            self.run.stop()
            self.refresh_view()

    def action_open_run(self) -> None:
        """Open the live screen of the run that is learning, or learned last."""
        run = self.run
        if run is not None and run.progress is not None and run.progress.run is not None:
            self._app.open_run(run.progress.run)

    def action_pane(self, name: str) -> None:
        """Show one pane where there is no room for all."""
        for pane in PANES:
            self.set_class(pane == name, f"-pane-{pane}")
        (self._log if name == "log" else self._results).focus()

    @on(LayerTable.Selected)
    def _layer_selected(self, message: LayerTable.Selected) -> None:
        self._selected = message.index
        self._follows = self.run is not None and message.index == self.run.view.current
        self._shown = ()
        self.refresh_view()
