"""The studies: each a question, how much of its answer is there, and how long the rest is likely to take."""

import textwrap
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer

from fftui import format as fmt
from fftui.errors import FFTUIError
from fftui.studies.catalogue import STUDIES
from fftui.studies.study import SEEDS, Scale
from fftui.tui.glyphs import plain
from fftui.tui.screens.study import StudyScreen
from fftui.tui.studies import StudyFacts
from fftui.tui.widgets.painted import Piece
from fftui.tui.widgets.row_list import Column, Row, RowList, cell
from fftui.tui.widgets.text import Paragraphs

if TYPE_CHECKING:
    from fftui.tui.app import FFTUIApp

COLUMNS = (
    Column("study"),
    Column("question", elastic=True, least=20),
    Column("trials", right=True),
    Column("done", right=True),
    Column("still to run", right=True),
)
SCALES: dict[Scale, str] = {
    "quick": "quick: small networks on the digits that ship with fftui",
    "full": "full: the paper's image sets and sizes",
}


class Surveyed(Message):
    """How the studies stand at one scale, or the `problem` that keeps it from being known."""

    def __init__(self, scale: Scale, facts: list[StudyFacts], problem: str) -> None:
        super().__init__()
        self.scale = scale
        self.facts = facts
        self.problem = problem


class StudiesScreen(Screen[None]):
    """Studies as rows; Enter opens one."""

    IS_PLACE: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open"),
        Binding("f", "scale", "Quick or full", tooltip="Small and in minutes, or at the paper's sizes"),
        Binding("r", "app.runs", "Runs"),
        Binding("l", "app.live", "Live run"),
        Binding("b,escape", "app.pop_screen", "Back", key_display="b"),
    ]
    HELP = """
    Each row is a study: many runs that answer one question. Enter opens one, shows what it came to so far, and from
    there it can be started. What is there already is never run again, also if it was started by hand.

    f switches between the quick scale, small networks on the digits that ship with fftui, and the full one. Image
    sets that are not on this machine are left out. "still to run" is an estimate of the learning that is missing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.scale: Scale = "quick"
        self._facts: dict[str, StudyFacts] = {}
        self._problem = ""
        self._wanted = ""  # the study to be opened as soon as it is known how it stands

    def compose(self) -> ComposeResult:
        """The list, and what there is to say of the study under the cursor."""
        yield RowList(COLUMNS, empty="there are no studies", id="studies")
        about = Paragraphs(id="about")
        about.border_title = "About"
        yield about
        yield Footer()

    @property
    def _app(self) -> "FFTUIApp":
        return cast("FFTUIApp", self.app)

    def on_mount(self) -> None:
        """Show the questions; the rest is read from disk."""
        self.query_one(RowList).focus()
        self.show()

    def on_screen_resume(self) -> None:
        """Runs may have come meanwhile."""
        self.survey(self.scale)

    def on_resize(self) -> None:
        """What is said is broken into rows of another width."""
        self._tell()

    @work(thread=True, exclusive=True, group="survey")
    def survey(self, scale: Scale) -> None:
        """Read from disk how the studies stand."""
        try:
            self.post_message(Surveyed(scale, self._app.studies().survey(scale), ""))
        except (FFTUIError, OSError) as error:
            self.post_message(Surveyed(scale, [], str(error)))

    @on(Surveyed)
    def _surveyed(self, message: Surveyed) -> None:
        if message.scale == self.scale:
            self._facts = {facts.study.name: facts for facts in message.facts}
            self._problem = message.problem
            self.show()
            if self._wanted == self.current:
                self.action_open()
            self._wanted = ""

    def show(self) -> None:
        """Write the rows again: what is known of runs or of the device has changed."""
        rows = self.query_one(RowList)
        seeds = f"{SEEDS[self.scale]} seed{'s' if SEEDS[self.scale] > 1 else ''}"
        rows.border_title = plain(f"Studies · {SCALES[self.scale]}, {seeds}", self._app.ascii_only)
        rows.show_rows([self._row(name) for name in STUDIES])
        self._tell()

    def _row(self, name: str) -> Row:
        facts = self._facts.get(name)
        trials = len(facts.study.trials) if facts else None
        done = "all" if facts and trials and facts.done == trials else str(facts.done) if facts else "…"
        return Row(
            (
                cell(name, "bold"),
                cell(STUDIES[name].question, "dim"),
                cell("…" if trials is None else str(trials)),
                cell(done, "good" if done == "all" else "text"),
                cell(_to_come(facts) if facts else "…"),
            )
        )

    @property
    def current(self) -> str:
        """The name of the study under the cursor."""
        return list(STUDIES)[self.query_one(RowList).index]

    def _tell(self) -> None:
        """Say more of the study under the cursor."""
        about, name = self.query_one("#about", Paragraphs), self.current
        info, facts = STUDIES[name], self._facts.get(name)
        width = max(20, about.size.width - 3)
        lines: list[tuple[Piece, ...]] = [((f" {name}  ", "bold"), (info.title, "text")), ()]
        lines += [((f" {text}", "text"),) for text in textwrap.wrap(info.question, width)]
        if self._problem:
            lines += [(), *(((f" {text}", "bad"),) for text in textwrap.wrap(self._problem, width))]
        elif facts is None:
            lines += [(), ((" reading the runs", "dim"),)]
        else:
            runs = f"{len(facts.study.trials)} trials, {facts.done} done; runs to come: {len(facts.to_come)}"
            lines += [(), ((f" {runs}, {_to_come(facts)}", "text"),)]
            for note in facts.study.notes:
                lines += [((f" {text}", "dim"),) for text in textwrap.wrap(note, width, subsequent_indent="  ")]
        about.show(*lines)

    def action_scale(self) -> None:
        """The other scale."""
        self.scale = "full" if self.scale == "quick" else "quick"
        self._facts = {}
        self.show()
        self.survey(self.scale)

    def action_open(self) -> None:
        """Open the study under the cursor."""
        facts = self._facts.get(self.current)
        if facts is None and self._problem:
            self.notify(self._problem, severity="error")
        elif facts is None:
            self._wanted = self.current
            self.notify("it opens as soon as the runs are read", timeout=2)
        elif not facts.study.trials:
            why = "; ".join(facts.study.notes) or "it has no trials"
            self.notify(f"nothing to carry out: {why}; f takes the quick scale", severity="error", timeout=10)
        else:
            self.app.push_screen(StudyScreen(facts.study))

    @on(RowList.Moved)
    def _moved(self) -> None:
        self._tell()

    @on(RowList.Chosen)
    def _chosen(self) -> None:
        self.action_open()


def _to_come(facts: StudyFacts) -> str:
    if not facts.study.trials:
        return fmt.MISSING
    return fmt.roughly(facts.expected_s) if facts.to_come else "nothing"
