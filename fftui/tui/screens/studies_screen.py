"""The studies screen: each study's question, how many of its trials are done, and the time left."""

import textwrap
from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.message import Message

from fftui.errors import FFTUIError
from fftui.studies.study import SEEDS, Scale
from fftui.studies.study_catalogue import STUDIES
from fftui.text import format as fmt
from fftui.tui.messages import OpenClaims, OpenStudy
from fftui.tui.screens.overview_screen import OverviewScreen
from fftui.tui.study_backend import StudyBackend, StudyFacts
from fftui.tui.widgets.cell_text import Paragraphs
from fftui.tui.widgets.row_list import Column, Row, RowList, cell
from fftui.tui.widgets.row_widget import Span

# The first row: the claims have a screen of their own.
CLAIMS = "claims"
CLAIMS_QUESTION = "Which of the paper's claims hold, by the runs that there are?"
SCALES: dict[Scale, str] = {
    "quick": "quick: small networks on the digits that ship with fftui",
    "full": "full: the paper's data sets and sizes",
}


class StudiesLoaded(Message):
    """The facts of every study at one scale, or the `problem` that kept them from being read."""

    def __init__(self, scale: Scale, facts: list[StudyFacts], problem: str) -> None:
        super().__init__()
        self.scale = scale
        self.facts = facts
        self.problem = problem


class StudiesScreen(OverviewScreen):
    """Studies as rows; Enter opens one."""

    IS_ROOT_SCREEN: ClassVar[bool] = True
    LIST_ID: ClassVar[str] = "studies"
    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("study"),
        Column("question", elastic=True, least=16),
        Column("trials", right=True),
        Column("done", right=True, drop=1),
        Column("time left", right=True),
    )
    EMPTY: ClassVar[str] = "there are no studies"
    DETAILS_TITLE: ClassVar[str] = "About"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open"),
        Binding(
            "f", "scale", "Quick or full", tooltip="Small and in minutes, or at the paper's sizes"
        ),
        Binding("S", "app.sweeps", "Sweeps", tooltip="Searches of settings"),
        Binding("r", "app.runs", "Runs"),
        Binding("l", "app.live", "Live run", show=False),
        Binding("b,escape", "app.pop_screen", "Back", key_display="b"),
    ]
    HELP = """
    Each row is a study: many runs that answer one question. Enter opens one with its results so
    far; it is narrowed and started there. The first row opens the paper's claims and their
    verdicts. Trials that have finished are never run again, also if their runs were
    started by hand.

    f switches between the quick scale, small networks on the digits that ship with fftui, and the
    full one. Data sets that are not on this machine are left out. "time left" is an estimate for
    the trials that are missing.
    """

    def __init__(self, backend: StudyBackend) -> None:
        super().__init__()
        self._backend = backend
        self.scale: Scale = "quick"
        self._facts: dict[str, StudyFacts] = {}
        self._problem = ""
        self._opens_when_loaded = ""  # the study to open once the runs are read

    def load(self) -> None:
        """Read the runs again."""
        self.load_studies(self.scale)

    @work(thread=True, exclusive=True, group="studies", description="load studies")
    def load_studies(self, scale: Scale) -> None:
        """Read the facts of every study from disk."""
        try:
            self.post_message(StudiesLoaded(scale, self._backend.load_studies(scale), ""))
        except (FFTUIError, OSError) as error:
            self.post_message(StudiesLoaded(scale, [], str(error)))

    @on(StudiesLoaded)
    def _studies_loaded(self, message: StudiesLoaded) -> None:
        if message.scale == self.scale:
            self._facts = {facts.study.name: facts for facts in message.facts}
            self._problem = message.problem
            self.show()
            if self._opens_when_loaded == self.current:
                self.action_open()
            self._opens_when_loaded = ""

    def show(self) -> None:
        """Rebuild the rows: the runs or the measured device have changed."""
        rows = self.query_one(RowList)
        seeds = f"{SEEDS[self.scale]} seed{'s' if SEEDS[self.scale] > 1 else ''}"
        rows.set_title(f"Studies · {SCALES[self.scale]}, {seeds}")
        claims = Row((cell(CLAIMS, "title"), cell(CLAIMS_QUESTION, "dim"), *[cell("")] * 3))
        rows.show_rows([claims, *(self._row(name) for name in STUDIES)])
        self.update_details()

    def _row(self, name: str) -> Row:
        facts = self._facts.get(name)
        named = (cell(name, "bold"), cell(STUDIES[name].question, "dim"))
        if facts is None:
            return Row((*named, cell("…"), cell("…"), cell("…")))
        trials = len(facts.study.trials)
        is_done = trials > 0 and facts.done == trials
        done = cell("all", "good") if is_done else cell(str(facts.done))
        return Row((*named, cell(str(trials)), done, cell(_time_left(facts))))

    @property
    def current(self) -> str:
        """The name of the study under the cursor, or `claims`."""
        return (CLAIMS, *STUDIES)[self.query_one(RowList).index]

    def update_details(self) -> None:
        """Show the details of the study under the cursor."""
        about, name = self.query_one("#about", Paragraphs), self.current
        if name == CLAIMS:
            about.show(*_about_claims(max(20, about.size.width - 3)))
            return
        info, facts = STUDIES[name], self._facts.get(name)
        width = max(20, about.size.width - 3)
        lines: list[tuple[Span, ...]] = [((f" {name}  ", "bold"), (info.title, "text")), ()]
        lines += [((f" {text}", "text"),) for text in textwrap.wrap(info.question, width)]
        if self._problem:
            lines += [(), *(((f" {text}", "bad"),) for text in textwrap.wrap(self._problem, width))]
        elif facts is None:
            lines += [(), ((" reading the runs", "dim"),)]
        else:
            runs = (
                f"{len(facts.study.trials)} trials, {facts.done} done; runs left:"
                f" {len(facts.remaining)}"
            )
            lines += [(), ((f" {runs}, {_time_left(facts)}", "text"),)]
            for note in facts.study.notes:
                lines += [
                    ((f" {text}", "dim"),)
                    for text in textwrap.wrap(note, width, subsequent_indent="  ")
                ]
        about.show(*lines)

    def action_scale(self) -> None:
        """Switch to the other scale."""
        self.scale = "full" if self.scale == "quick" else "quick"
        self._facts = {}
        self.show()
        self.load()

    def action_open(self) -> None:
        """Open the study under the cursor."""
        facts = self._facts.get(self.current)
        if self.current == CLAIMS:
            self.post_message(OpenClaims(self.scale))
        elif facts is None and self._problem:
            self.notify(self._problem, severity="error")
        elif facts is None:
            self._opens_when_loaded = self.current
            self.notify("it opens as soon as the runs are read", timeout=2)
        elif not facts.study.trials:
            why = "; ".join(facts.study.notes) or "it has no trials"
            self.notify(
                f"nothing to run: {why}; f takes the quick scale", severity="error", timeout=10
            )
        else:
            self.post_message(OpenStudy(facts.study))


def _about_claims(width: int) -> list[tuple[Span, ...]]:
    """What stands behind the first row."""
    text = (
        "Each claim of the paper with its verdict, the paper's numbers, the rule, and what was run;"
        " Enter shows them. They are judged by the runs that have finished; the missing ones are"
        " started there."
    )
    title: tuple[Span, ...] = ((f" {CLAIMS}  ", "bold"), ("The paper's claims", "text"))
    return [title, (), *(((f" {each}", "text"),) for each in textwrap.wrap(text, width))]


def _time_left(facts: StudyFacts) -> str:
    if not facts.study.trials:
        return fmt.MISSING
    return fmt.roughly(facts.expected_s) if facts.remaining else "nothing"
