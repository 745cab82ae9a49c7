"""The study screen: the results of one study beside the paper's, and the run that is learning for
it.
"""

from collections.abc import Callable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from fftui.errors import FFTUIError
from fftui.runs.view import RunView
from fftui.studies.runner import TrialProgress
from fftui.studies.study import Study
from fftui.studies.study_catalogue import STUDIES
from fftui.tui.figure_backend import PAPER_FIGURES
from fftui.tui.messages import LookInto, OpenRun, ShowFigures, StartStudy
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.narrow_screen import NarrowScreen
from fftui.tui.screens.run_screen import RunScreen, pane_bindings
from fftui.tui.study_backend import StudyBackend, StudyFacts, StudyRun, StudyTable
from fftui.tui.system.this_machine import Machine
from fftui.tui.widgets.footer import Footer
from fftui.tui.widgets.row_list import RowList
from fftui.tui.widgets.study_widgets import StudyHeader, columns_of, rows_of


class StudyLoaded(Message):
    """The facts and results of the study, or the `problem` that kept them from being read."""

    def __init__(self, facts: StudyFacts | None, table: StudyTable, problem: str) -> None:
        super().__init__()
        self.facts = facts
        self.table = table
        self.problem = problem


class StudyScreen(RunScreen):
    """A study's conditions as rows, and the layers, charts and progress of the run that is
    learning.
    """

    IS_ROOT_SCREEN: ClassVar[bool] = True  # Back leads here from a run
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "start", "Start", tooltip="Run the missing trials"),
        Binding("n", "narrow", "Narrow", tooltip="Choose sets, seeds, scale and conditions"),
        Binding("s", "stop", "Stop"),
        Binding(
            "o",
            "open_run",
            "Open run",
            tooltip="The live screen of the run that is learning, or learned last",
        ),
        Binding(
            "i",
            "look",
            "Look",
            show=False,
            tooltip="What a run of the condition under the cursor has learned",
        ),
        Binding("F", "figures", "Figures", tooltip="The study's figures, from its finished runs"),
        *pane_bindings("results"),
        Binding("b,escape", "app.pop_screen", "Back", key_display="b"),
    ]
    HELP = """
    One study. Each row is a condition, with the mean test accuracy over its seeds, its 95 %
    interval, and what the paper reports. A sign marks the condition that is learning and those that
    have all their runs.

    n chooses what is run: sets, seeds, scale and conditions, with the time that takes. g runs the
    missing trials, one after the other; s stops with a checkpoint (after asking), and g
    continues from there later. i looks into the layers of a run of the condition under the cursor:
    the one that is learning, else one that has finished. F draws its figures. The screen may be
    closed: the study goes on, and l returns to it. On a small terminal 1 to 5 choose what is shown.
    """

    def __init__(
        self,
        study: Study,
        backend: StudyBackend,
        machine: Machine,
        study_run: Callable[[], StudyRun | None],
    ) -> None:
        """`study_run` returns the thread of this process that runs a study, or ran one."""
        super().__init__(study.name, machine)
        self.study = study
        self.facts: StudyFacts | None = None
        self._backend = backend
        self._study_run = study_run
        self._table = StudyTable()
        self._trials_ended = 0  # by this process, when the table was last read
        self._shown: tuple[object, ...] = ()
        self._header = StudyHeader(f"{study.name} · {study.title}", id="study-header")
        self._results = RowList((), empty="reading the runs", id="results")

    def compose(self) -> ComposeResult:
        """The header and the results, then the run that is learning."""
        yield self._header
        yield self._results
        yield self.panes
        yield Footer()

    @property
    def run(self) -> StudyRun | None:
        """The thread of this process that runs this study, or ran it; None if there is none."""
        run = self._study_run()
        return run if run is not None and run.study == self.study else None

    @property
    def learns(self) -> bool:
        """Whether this process is running the study."""
        return self.run is not None and self.run.is_alive()

    def on_mount(self) -> None:
        """Start reading the results."""
        self._results.set_title(f"Results · {self.study.question}")
        self.add_class("-results")
        self._results.focus()
        self.read()

    @work(thread=True, exclusive=True, group="results")
    def read(self) -> None:
        """Read the facts and results of the study from disk."""
        backend = self._backend
        try:
            loaded = StudyLoaded(backend.load_study(self.study), backend.table(self.study), "")
        except (FFTUIError, OSError) as error:
            loaded = StudyLoaded(None, StudyTable(), str(error))
        self.post_message(loaded)

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
            rows = rows_of(self._table, states, self._results.glyphs.states)
            self._results.show_rows(
                rows, columns=columns_of(self._table, conditions, self._results.size.width)
            )

    def _states(self) -> list[str]:
        """The state of each condition: learning, finished or waiting."""
        waits = self.facts.waiting if self.facts else frozenset()
        states = {c: "waiting" if c in waits else "finished" for c in self.study.conditions}
        if self._learning is not None:
            states[self._learning.trial.condition] = "learning"
        return list(states.values())

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
        if run is not None:
            self._read_if_trials_ended(run)
        self._header.show(self.facts, run)
        self._update_signs()
        status_text = None if view.started or view.result else "loading torch and data"
        self.panes.show((progress.run if progress else None) or "", view, status_text)

    def _read_if_trials_ended(self, run: StudyRun) -> None:
        """Read the results again if `run` has ended trials since they were read."""
        ended = sum(each.state != "finished before" for each in run.ended)
        if ended != self._trials_ended:
            self._trials_ended = ended
            self.read()

    def _update_signs(self) -> None:
        """Rebuild the rows if the sign of a condition has changed."""
        signs = [self._results.glyphs.states[state] for state in self._states()]
        if [row.cells[0][0] for row in self._results.items] != signs:
            self._rebuild_rows()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the keys that have no effect now."""
        run = self.run
        if action == "start":
            return not self.learns and (self.facts is None or bool(self.facts.remaining))
        if action == "narrow":
            return not self.learns and self.study.name in STUDIES
        if action == "stop":
            return self.learns and run is not None and not run.stopping
        if action == "open_run":
            return run is not None and run.progress is not None and run.progress.run is not None
        if action == "pane":
            return run is not None
        return super().check_action(action, parameters)

    def action_start(self) -> None:
        """Run the missing trials."""
        self._trials_ended = 0
        self.post_message(StartStudy(self.study))

    @work
    async def action_narrow(self) -> None:
        """Choose what is run, and run it."""
        study = await self.app.push_screen_wait(NarrowScreen(self.study, self._backend))
        if study is not None:
            self.study, self.facts, self._table = study, None, StudyTable()
            self.action_start()
            self.read()

    async def action_stop(self) -> None:
        """Stop with a checkpoint, after asking."""
        dialog = ConfirmDialog(
            "Stop this study?",
            (("s", "stop; Start continues from the checkpoint later"), ("escape", "go on")),
        )
        await self.app.push_screen(dialog, self._stop_answered)

    def _stop_answered(self, answer: str | None) -> None:
        if answer == "s" and self.run is not None:
            self.run.stop()
            self.refresh_view()

    def action_open_run(self) -> None:
        """Open the live screen of the run that is learning, or learned last."""
        run = self.run
        if run is not None and run.progress is not None and run.progress.run is not None:
            self.post_message(OpenRun(run.progress.run))

    def action_look(self) -> None:
        """Look into a run of the condition under the cursor."""
        run = self._run_under_cursor()
        if run is None:
            self.notify("no run of this condition has finished yet", timeout=2)
            return
        learning = self._learning
        is_shown = learning is not None and learning.run == run
        selected = self.panes.selected if is_shown else None
        number = selected.number if selected is not None else None
        self.post_message(LookInto(run, number or 1))

    def _run_under_cursor(self) -> str | None:
        """The run of the condition under the cursor that is learning, else one that has
        finished.
        """
        index, conditions = self._results.index, self.study.conditions
        if not self._results.items or index >= len(conditions):
            return None
        condition, learning = conditions[index], self._learning
        if learning is not None and learning.trial.condition == condition:
            return learning.run
        return None if self.facts is None else self.facts.runs.get(condition)

    @property
    def _learning(self) -> TrialProgress | None:
        """The trial that is learning for this study; None before it has begun."""
        run = self.run
        progress = run.progress if run is not None and self.learns else None
        return progress if progress is not None and not progress.over else None

    def action_figures(self) -> None:
        """Draw the study's figures; of the claims the paper's."""
        study = self.study
        names = (study.name,) if study.name in STUDIES else PAPER_FIGURES
        self.post_message(ShowFigures(study.title, names, study.scale))

    def action_pane(self, name: str) -> None:
        """Show the results or one pane of the run where there is no room for all."""
        self.set_class(name == "results", "-results")
        if name == "results":
            self._results.focus()
        else:
            self.panes.show_pane(name)
