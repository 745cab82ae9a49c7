"""The sweep screen: the trials of one sweep as rows, the best so far, parallel coordinates and the
importance of its settings; it follows trials that other processes carry out.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message

from fftui.errors import FFTUIError, in_one_line
from fftui.sweeps.sweep_facts import SweepFacts, TrialFacts
from fftui.tui.charts.reading import AS_IT_IS
from fftui.tui.charts.sweep_chart import best_so_far
from fftui.tui.messages import OpenRun, StartSweep
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.line_dialog import LineDialog
from fftui.tui.screens.uncovered import Uncovered
from fftui.tui.sweep_backend import SweepBackend, SweepRun
from fftui.tui.widgets.cell_text import Paragraphs
from fftui.tui.widgets.chart import Chart
from fftui.tui.widgets.footer import Footer
from fftui.tui.widgets.row_list import RowList
from fftui.tui.widgets.row_widget import Span
from fftui.tui.widgets.sweep_rows import (
    BEST_FIRST,
    OrderName,
    TrialRows,
    order_names,
    trial_details,
)
from fftui.tui.widgets.sweep_widgets import ImportancePane, ParallelPane, header_lines

READ_EVERY_S = 1.0
PANES = ("parallel", "best", "importance")
MORE_TRIALS = 10  # that Start proposes
MOST_TRIALS = 100_000


class SweepRead(Message):
    """The sweep as it is now, or the `problem` that kept it from being read."""

    def __init__(self, facts: SweepFacts | None, problem: str) -> None:
        super().__init__()
        self.facts = facts
        self.problem = problem


class SweepNoted(Message):
    """What came of writing the files, in one line."""

    def __init__(self, text: str, *, failed: bool = False) -> None:
        super().__init__()
        self.text = text
        self.failed = failed


class SweepScreen(Uncovered):
    """One sweep; Enter opens the run of a trial."""

    IS_ROOT_SCREEN: ClassVar[bool] = True  # Back leads here from a run
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open run", tooltip="The live screen of the trial's run"),
        Binding("g", "start", "Start", tooltip="Carry out trials here"),
        Binding("s", "stop", "Stop"),
        Binding("o", "order(1)", "Order", tooltip="Sort by the next column; its axis is bright"),
        Binding("O", "order(-1)", "Previous order", show=False),
        Binding("v", "reverse", "Reverse", show=False),
        Binding("h", "hide", "Hide", show=False, tooltip="Trials that were pruned or have failed"),
        Binding("e", "export", "Export", tooltip="Write the trials as CSV and Markdown"),
        *(Binding(str(n), f"pane('{pane}')", pane, show=False) for n, pane in enumerate(PANES, 1)),
        Binding("b,escape", "app.pop_screen", "Back", key_display="b"),
    ]
    HELP = """
    One sweep. Each row is a trial: its state, accuracy on validation images, and the values that it
    was given; a mark stands before the best one. Trials that other processes carry out are
    followed. Enter opens the live screen of a trial's run.

    Parallel coordinates have an axis for each setting and one for accuracy, and a line for each
    trial: the best one and the one under the cursor have marks where they meet an axis, pruned ones
    are dotted. Importance says by which settings the best trials differ from all (PED-ANOVA). o
    sorts by the next column, whose axis is bright, v reverses, h leaves out what was pruned or has
    failed.

    g carries out trials here until there are as many as you say, s stops that with a checkpoint
    (after asking). When all are over, the test images are measured once, for the winner. e writes
    the trials as CSV and Markdown into the folder sweeps, where fftui was started. On a small
    terminal 1 to 3 choose what is shown.
    """

    def __init__(
        self, name: str, backend: SweepBackend, sweep_run: Callable[[], SweepRun | None]
    ) -> None:
        """`sweep_run` returns the thread of this process that carries a sweep out, or did."""
        super().__init__()
        self.title = self.sweep = name
        self.facts: SweepFacts | None = None
        self._backend = backend
        self._sweep_run = sweep_run
        self._problem = ""
        self._reads = False
        self._order: OrderName = BEST_FIRST
        self._reversed = False
        self._hides = False
        self._rows: Sequence[TrialFacts] = ()
        self._learned = False  # whether this process carried trials out when it was last shown

    def compose(self) -> ComposeResult:
        """The header, the trials with the details of one, and the panes."""
        yield Paragraphs(id="sweep-header")
        with Container(id="sweep", classes="-pane-parallel"):
            with Container(id="sweep-trials"):
                yield RowList((), empty="reading the sweep", id="trials")
                yield Paragraphs(id="trial-details")
            yield ParallelPane(id="parallel")
            yield Chart(id="best")
            yield ImportancePane(id="importance")
        yield Footer()

    def on_mount(self) -> None:
        """Read the sweep, again every second."""
        self.query_one(RowList).focus()
        self.show()
        self.repeat(READ_EVERY_S, self.read_again)

    def read_again(self) -> None:
        """Read what has changed, unless a read is under way."""
        if not self._reads:
            self._reads = True
            self.read()
        if self.learns != self._learned:
            self._learned = self.learns
            self.refresh_bindings()
            self._show_header()

    @work(thread=True, group="sweep", description="read sweep")
    def read(self) -> None:
        """Read the sweep from disk."""
        try:
            facts = self._backend.read(self.sweep)
            if facts is not self.facts or self._problem:
                self.post_message(SweepRead(facts, ""))
        except (FFTUIError, OSError, ImportError) as error:
            if str(error) != self._problem:
                self.post_message(SweepRead(None, str(error)))
        self._reads = False

    @on(SweepRead)
    def _sweep_read(self, message: SweepRead) -> None:
        self.facts, self._problem = message.facts or self.facts, message.problem
        if message.problem:  # the header may have no room for all of it
            self.notify(message.problem, severity="error", timeout=20)
        self.show()

    @property
    def run(self) -> SweepRun | None:
        """The thread of this process that carries this sweep out, or did; None if there is none."""
        run = self._sweep_run()
        return run if run is not None and run.folder.name == self.sweep else None

    @property
    def learns(self) -> bool:
        """Whether this process carries trials of the sweep out."""
        return self.run is not None and self.run.is_alive()

    @property
    def current(self) -> TrialFacts | None:
        """The trial under the cursor."""
        index = self.query_one(RowList).index
        return self._rows[index] if index < len(self._rows) else None

    @property
    def run_shown(self) -> str | None:
        """The newest run of the trial under the cursor, for copying."""
        return self.current.runs[-1] if self.current is not None and self.current.runs else None

    # What is shown

    def show(self) -> None:
        """Show the sweep as it is now, the cursor on the trial that it was on."""
        self._show_header()
        facts = self.facts
        if facts is None:
            self.query_one(RowList).empty = self._problem or "reading the sweep"
            self.query_one(RowList).repaint()
            return
        here, widget = self.current, self.query_one(RowList)
        rows = TrialRows(facts, widget.glyphs)
        self._rows = rows.ordered(self._order, reverse=self._reversed, hides=self._hides)
        index = next((n for n, t in enumerate(self._rows) if here and t.number == here.number), 0)
        widget.empty = "no trial has begun yet: g begins with them"
        by = f" · by {rows.title_of(self._order)}"
        hidden = len(facts.trials) - len(self._rows)
        left_out = f" · {hidden} left out" if hidden else ""
        reverse = ", reversed" if self._reversed else ""
        widget.set_title(f"Trials · {len(self._rows)}{left_out}{by}{reverse}")
        widget.show_rows(rows.of(self._rows), index=index, columns=rows.columns())
        self._show_panes()

    def _show_panes(self) -> None:
        """Show the panes for the trial under the cursor."""
        facts, here = self.facts, self.current
        if facts is None:
            return
        cursor = here.number if here is not None else None
        chosen = self._order if isinstance(self._order, int) else None
        self.query_one(Chart).show_spec(best_so_far(facts, cursor), AS_IT_IS)
        self.query_one(ParallelPane).show(facts, chosen, cursor)
        self.query_one(ImportancePane).show(facts, chosen)
        details = self.query_one("#trial-details", Paragraphs)
        details.show(*(trial_details(facts, here, details.size.width) if here is not None else ()))

    def _show_header(self) -> None:
        header = self.query_one("#sweep-header", Paragraphs)
        problem = self._problem or (self.run.problem if self.run is not None else "")
        width = max(20, header.size.width)
        header.show(*header_lines(self.facts, self._status(), problem, width))

    def _status(self) -> Span:
        """Whether trials are carried out, here or elsewhere."""
        states, run = self.query_one(RowList).glyphs.states, self.run
        if run is not None and run.is_alive():
            stopping = run.stopping
            text = "stopping" if stopping else f"running here, to {run.total}"
            return (f"{states['running']} {text}", "warn" if stopping else "accent")
        if self.facts is not None and self.facts.count("running"):
            return (f"{states['running']} running elsewhere", "accent")
        return (f"{states['waiting']} not running", "dim")

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the keys that have no effect now."""
        if action == "start":
            return self.facts is not None and not self.learns
        if action == "stop":
            return self.learns and self.run is not None and not self.run.stopping
        return True

    def action_open(self) -> None:
        """Open the run of the trial under the cursor; of several seeds the newest."""
        if (run := self.run_shown) is not None:
            self.post_message(OpenRun(run))
        elif self.current is not None:
            self.notify(f"trial {self.current.number} has no run yet")

    @work
    async def action_start(self) -> None:
        """Ask how many trials there are to be, and carry out what is missing."""
        facts = self.facts
        if facts is None:
            return
        there = len(facts.trials)
        over = facts.count("finished", "pruned", "failed")
        proposed = there if over < there else there + MORE_TRIALS
        dialog = LineDialog(
            f"How many trials in all? {there} have begun, {over} are over",
            str(proposed),
            _refusal,
        )
        answer = await self.app.push_screen_wait(dialog)
        if answer is not None:
            self.post_message(StartSweep(self.sweep, int(answer)))

    async def action_stop(self) -> None:
        """Stop with a checkpoint, after asking."""
        dialog = ConfirmDialog(
            "Stop this sweep here?",
            (("s", "stop; Start continues from the checkpoint later"), ("escape", "go on")),
        )
        await self.app.push_screen(dialog, self._stop_answered)

    def _stop_answered(self, answer: str | None) -> None:
        if answer == "s" and self.run is not None:
            self.run.stop()
            self.refresh_bindings()
            self._show_header()

    def action_order(self, by: int) -> None:
        """Sort by the column `by` places further right."""
        if self.facts is not None:
            names = order_names(self.facts)
            self._order = names[(names.index(self._order) + by) % len(names)]
            self.show()

    def action_reverse(self) -> None:
        """Reverse the order."""
        self._reversed = not self._reversed
        self.show()

    def action_hide(self) -> None:
        """Leave out what was pruned or failed, or show it again."""
        self._hides = not self._hides
        self.show()

    def action_pane(self, name: str) -> None:
        """Show one pane where there is no room for all."""
        for pane in PANES:
            self.query_one("#sweep").set_class(pane == name, f"-pane-{pane}")

    def action_export(self) -> None:
        """Write the trials as files."""
        self.notify("writing the files", timeout=2)
        self.write()

    @work(thread=True, exclusive=True, group="write", description="write")
    def write(self) -> None:
        """Write the files in a thread."""
        try:
            paths = self._backend.write(self.sweep)
        except (FFTUIError, OSError, ImportError, ValueError) as error:
            self.post_message(SweepNoted(in_one_line(error), failed=True))
            return
        names = ", ".join(path.name for path in paths)
        self.post_message(SweepNoted(f"written to {paths[0].parent}: {names}"))

    @on(SweepNoted)
    def _noted(self, message: SweepNoted) -> None:
        self.notify(message.text, severity="error" if message.failed else "information", timeout=10)

    @on(RowList.Selected)
    def _row_selected(self) -> None:
        self.action_open()

    @on(RowList.Highlighted)
    def _row_highlighted(self) -> None:
        self._show_panes()

    def on_resize(self) -> None:
        """Cut the header and the details again: the width has changed."""
        self.call_after_refresh(self.show)


def _refusal(text: str) -> str:
    """Why a number of trials cannot be taken; empty where it can."""
    if text.strip().isdecimal() and 1 <= int(text) <= MOST_TRIALS:
        return ""
    return f"a whole number from 1 to {MOST_TRIALS:,}"
