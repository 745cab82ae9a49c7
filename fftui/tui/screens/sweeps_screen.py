"""The sweeps screen: each sweep of the runs folder, what it searches, and what it has found."""

import textwrap
from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.message import Message

from fftui.errors import FFTUIError
from fftui.sweeps.plan import HOW_TO_BEGIN
from fftui.sweeps.sweep_facts import SweepFacts
from fftui.text import format as fmt
from fftui.tui.messages import OpenSweep
from fftui.tui.screens.overview_screen import OverviewScreen
from fftui.tui.sweep_backend import ListedSweep, SweepBackend
from fftui.tui.widgets.cell_text import Paragraphs, cut_in_middle
from fftui.tui.widgets.row_list import Column, Row, RowList, cell
from fftui.tui.widgets.row_widget import Span
from fftui.tui.widgets.sweep_widgets import summary


class SweepsLoaded(Message):
    """The sweeps on disk, or the `problem` that kept them from being read."""

    def __init__(self, sweeps: tuple[ListedSweep, ...], problem: str) -> None:
        super().__init__()
        self.sweeps = sweeps
        self.problem = problem


class SweepsScreen(OverviewScreen):
    """Sweeps as rows; Enter opens one."""

    IS_ROOT_SCREEN: ClassVar[bool] = True
    LIST_ID: ClassVar[str] = "sweeps"
    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("sweep", elastic=True, least=16, shorten=cut_in_middle),
        Column("preset", drop=3),
        Column("data set", drop=4),
        Column("trials", right=True),
        Column("running", right=True, drop=2),
        Column("validation %", right=True),
        Column("test %", right=True, drop=1),
    )
    EMPTY: ClassVar[str] = "reading the sweeps"
    DETAILS_TITLE: ClassVar[str] = "About"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open"),
        Binding("r", "app.runs", "Runs"),
        Binding("l", "app.live", "Live run"),
        Binding("b,escape", "app.pop_screen", "Back", key_display="b"),
    ]
    HELP = """
    Each row is a sweep: settings of an experiment, searched by their accuracy on validation images.
    Enter opens one with its trials. A sweep is begun by a command, `fftui sweep PRESET --over
    PATH=VALUES`, and gone on with here or by the same command.
    """

    def __init__(self, backend: SweepBackend) -> None:
        super().__init__()
        self._backend = backend
        self._sweeps: tuple[ListedSweep, ...] = ()

    def load(self) -> None:
        """Read the sweeps again."""
        self.load_sweeps()

    @work(thread=True, exclusive=True, group="sweeps", description="load sweeps")
    def load_sweeps(self) -> None:
        """Read the sweeps from disk."""
        try:
            self.post_message(SweepsLoaded(self._backend.sweeps(), ""))
        except (FFTUIError, OSError, ImportError) as error:
            self.post_message(SweepsLoaded((), str(error)))

    @on(SweepsLoaded)
    def _sweeps_loaded(self, message: SweepsLoaded) -> None:
        self._sweeps = message.sweeps
        self.query_one(RowList).empty = message.problem or f"no sweeps here; {HOW_TO_BEGIN}"
        self.show()

    def show(self) -> None:
        """Rebuild the rows: the sweeps have changed."""
        rows = self.query_one(RowList)
        rows.set_title(f"Sweeps · {len(self._sweeps)}" if self._sweeps else "Sweeps")
        rows.show_rows([_row(each) for each in self._sweeps])
        self.update_details()

    @property
    def current(self) -> ListedSweep | None:
        """The sweep under the cursor."""
        index = self.query_one(RowList).index
        return self._sweeps[index] if index < len(self._sweeps) else None

    def update_details(self) -> None:
        """Show what the sweep under the cursor searches and has found."""
        about, sweep = self.query_one("#about", Paragraphs), self.current
        width = max(20, about.size.width - 3)
        lines: list[tuple[Span, ...]] = []
        if sweep is not None and sweep.facts is not None:
            lines = _about(sweep.facts, width)
        elif sweep is not None:
            lines = [((f" {text}", "bad"),) for text in textwrap.wrap(sweep.problem, width)]
        about.show(*lines)

    def action_open(self) -> None:
        """Open the sweep under the cursor."""
        if (sweep := self.current) is None:
            return
        if sweep.facts is None:
            self.notify(sweep.problem, severity="error", timeout=10)
        else:
            self.post_message(OpenSweep(sweep.name))


def _row(sweep: ListedSweep) -> Row:
    facts = sweep.facts
    if facts is None:
        return Row((cell(sweep.name, "bold"), cell("cannot be read", "bad"), *[cell("")] * 5))
    best, running = facts.best, facts.count("running")
    return Row(
        (
            cell(sweep.name, "bold"),
            cell(facts.preset),
            cell(facts.data),
            cell(str(len(facts.trials))),
            cell(str(running), "accent") if running else cell(fmt.MISSING, "dim"),
            cell(fmt.percent(best.accuracy if best else None)),
            cell(fmt.percent(best.test if best else None)),
        )
    )


def _about(facts: SweepFacts, width: int) -> list[tuple[Span, ...]]:
    seeds = f", {facts.seeds} seeds a trial" if facts.seeds > 1 else ""
    lines: list[tuple[Span, ...]] = [
        ((f" {facts.name}  ", "bold"), (f"{facts.sampler}{seeds}", "text")),
        (),
        *(((f" {text}", "text"),) for text in textwrap.wrap(summary(facts), width)),
    ]
    for text in facts.searched:
        lines += [((f" {each}", "dim"),) for each in textwrap.wrap(text, width)]
    return lines
