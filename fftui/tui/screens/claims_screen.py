"""The claims screen: the paper's claims, the verdict on each by the runs that there are, and the
start of the runs that are missing.
"""

import textwrap
from collections.abc import Iterator, Sequence
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.message import Message

from fftui.errors import FFTUIError
from fftui.studies.study import Scale, Study
from fftui.text import format as fmt
from fftui.tui.claims_backend import ClaimsBackend, ShownClaim, ShownClaims
from fftui.tui.figure_backend import PAPER_FIGURES
from fftui.tui.messages import OpenStudy, ShowFigures, StartStudy
from fftui.tui.screens.claim_screen import VERDICT_STYLES, ClaimScreen
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.overview_screen import OverviewScreen
from fftui.tui.style_names import StyleName
from fftui.tui.widgets.cell_text import Paragraphs
from fftui.tui.widgets.row_list import Column, Row, RowList, cell
from fftui.tui.widgets.row_widget import Span

SCALES: dict[Scale, str] = {
    "quick": "quick: the paper's recipe, made small",
    "full": "full: the paper's data sets and sizes",
}


class ClaimsLoaded(Message):
    """The claims, not judged."""

    def __init__(self, claims: tuple[ShownClaim, ...]) -> None:
        super().__init__()
        self.claims = claims


class ClaimsJudged(Message):
    """The claims with their verdicts at one scale, or the `problem` that kept them from being
    judged.
    """

    def __init__(self, scale: Scale, judged: ShownClaims | None, problem: str) -> None:
        super().__init__()
        self.scale = scale
        self.judged = judged
        self.problem = problem


class ClaimsScreen(OverviewScreen):
    """Claims as rows, each with its verdict; Enter shows the whole of one."""

    IS_ROOT_SCREEN: ClassVar[bool] = True
    LIST_ID: ClassVar[str] = "claims"
    COLUMNS: ClassVar[Sequence[Column]] = (
        Column(""),
        Column("verdict"),
        Column("claim"),
        Column("the paper says", elastic=True, least=24, drop=1),
    )
    EMPTY: ClassVar[str] = "reading the claims"
    DETAILS_TITLE: ClassVar[str] = "Verdict"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Whole claim"),
        Binding("g", "start", "Start", tooltip="Run what the verdicts still need"),
        Binding(
            "f", "scale", "Quick or full", tooltip="The recipe made small, or the paper's sizes"
        ),
        Binding("F", "figures", "Figures", tooltip="The paper's figures, drawn from the runs here"),
        Binding("l", "app.live", "Live run", show=False),
        Binding("b,escape", "app.pop_screen", "Back", key_display="b"),
    ]
    HELP = """
    Each row is a claim of the paper with its verdict, computed from the runs that have finished;
    opening the screen runs nothing. "not run here" means that runs are missing, "cannot tell" that
    they leave it open. Enter shows the paper's numbers, the rule, what was run, and why.

    g runs what is missing, after saying how many runs that is and how long they take; it goes on as
    a study, which s stops. f switches between the quick scale, the paper's recipe made small, and
    the full one. F draws the paper's figures.
    """

    def __init__(self, backend: ClaimsBackend, scale: Scale = "quick") -> None:
        super().__init__()
        self._backend = backend
        self.scale: Scale = scale
        self._claims: tuple[ShownClaim, ...] = ()
        self._judged: ShownClaims | None = None
        self._problem = ""

    def load(self) -> None:
        """Judge again."""
        self.judge(self.scale)

    @work(thread=True, exclusive=True, group="claims", description="judge")
    def judge(self, scale: Scale) -> None:
        """Read the claims, then judge them by the runs on disk."""
        try:
            if not self._claims:
                self.post_message(ClaimsLoaded(self._backend.claims()))
            self.post_message(ClaimsJudged(scale, self._backend.judge(scale), ""))
        except (FFTUIError, OSError, ImportError) as error:
            self.post_message(ClaimsJudged(scale, None, str(error)))

    @on(ClaimsLoaded)
    def _claims_loaded(self, message: ClaimsLoaded) -> None:
        self._claims = message.claims
        self.show()

    @on(ClaimsJudged)
    def _claims_judged(self, message: ClaimsJudged) -> None:
        if message.scale == self.scale:
            self._judged, self._problem = message.judged, message.problem
            if message.judged is not None:
                self._claims = message.judged.claims
            self.show()

    def show(self) -> None:
        """Rebuild the rows: the scale or the verdicts have changed."""
        rows = self.query_one(RowList)
        rows.set_title(f"The paper's claims · {SCALES[self.scale]}{self._counts()}")
        rows.show_rows([self._row(claim) for claim in self._claims])
        self.update_details()

    def _counts(self) -> str:
        """How many runs there are, and how many are missing."""
        if self._judged is None:
            return ""
        missing = len(self._judged.facts.remaining)
        return f" · runs missing: {missing}" if missing else " · all runs done"

    def _row(self, claim: ShownClaim) -> Row:
        named = (cell(claim.id, "bold"), cell(claim.statement, "dim"))
        if not claim.verdict:
            waits = "cannot judge" if self._problem else "judging"
            return Row((cell(""), cell(waits, "dim"), *named))
        style = VERDICT_STYLES.get(claim.verdict, "dim")
        sign = self.query_one(RowList).glyphs.verdicts.get(claim.verdict, "")
        return Row((cell(sign, style), cell(claim.verdict, style), *named))

    @property
    def current(self) -> ShownClaim | None:
        """The claim under the cursor; None before the claims are read."""
        index = self.query_one(RowList).index
        return self._claims[index] if index < len(self._claims) else None

    def update_details(self) -> None:
        """Show the claim under the cursor in short."""
        about, claim = self.query_one("#about", Paragraphs), self.current
        width = max(20, about.size.width - 3)
        lines: list[tuple[Span, ...]] = []
        if claim is not None:
            lines += _wrapped(claim.statement, width, "bold")
        if self._problem:
            lines += _wrapped(self._problem, width, "bad")
        elif claim is None or not claim.verdict:
            lines += _wrapped("reading the runs and judging the claims", width, "dim")
        else:
            lines += _details(claim, width)
        about.show(*lines)

    def action_scale(self) -> None:
        """Switch to the other scale."""
        self.scale = "full" if self.scale == "quick" else "quick"
        self._judged, self._problem = None, ""
        self._claims = tuple(ShownClaim(c.id, c.statement, c.paper) for c in self._claims)
        self.show()
        self.load()

    def action_open(self) -> None:
        """Show the whole of the claim under the cursor."""
        if self._judged is None:
            self._say_not_judged()
        else:
            index = self.query_one(RowList).index
            self.app.push_screen(ClaimScreen(self._judged, index))

    async def action_start(self) -> None:
        """Run what is missing, after saying how many runs that is and how long they take."""
        judged = self._judged
        if judged is None:
            self._say_not_judged()
        elif not judged.facts.study.trials:
            self.notify("nothing to run: none of the data sets is here", severity="error")
        elif not judged.facts.remaining:
            self.notify("nothing to run: all of it has finished")
        else:
            await self.app.push_screen(
                _question(judged, self.scale), partial(self._start_answered, judged.facts.study)
            )

    def _start_answered(self, study: Study, answer: str | None) -> None:
        if answer == "g":
            self.post_message(StartStudy(study))
            self.post_message(OpenStudy(study))

    def _say_not_judged(self) -> None:
        if self._problem:
            self.notify(self._problem, severity="error")
        else:
            self.notify("the claims are being judged", timeout=2)

    def action_figures(self) -> None:
        """Draw the paper's figures from the runs of this scale."""
        self.post_message(ShowFigures("the paper's figures", PAPER_FIGURES, self.scale))


def _question(judged: ShownClaims, scale: Scale) -> ConfirmDialog:
    facts, time = judged.facts, fmt.roughly(judged.expected_s)
    runs = len(facts.remaining)
    return ConfirmDialog(
        f"Run the {runs} missing run{'s' if runs > 1 else ''} of the claims at the {scale} scale?"
        f" {time} on this machine",
        (("g", "start; s stops them, and they go on from there later"), ("escape", "not now")),
    )


def _details(claim: ShownClaim, width: int) -> Iterator[tuple[Span, ...]]:
    """The verdict with its reason, what was found, and what the runs were."""
    yield from _wrapped(f"{claim.verdict}: {claim.why}", width, VERDICT_STYLES[claim.verdict])
    shown = ("paper", "as paper", "corrected", "runs")
    for name, text in claim.sections:
        if name in shown:
            first, *rest = textwrap.wrap(text, max(20, width - 11)) or [""]
            yield ((f" {name:<10}", "dim"), (first, "text"))
            for each in rest:
                yield ((" " * 11 + each, "text"),)


def _wrapped(text: str, width: int, style: StyleName) -> list[tuple[Span, ...]]:
    return [((f" {each}", style),) for each in textwrap.wrap(text, width)]
