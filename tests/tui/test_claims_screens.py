"""The paper's claims on screen: verdicts, the whole of one claim, and the start of the runs."""

from dataclasses import dataclass, field

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from fftui.claims import CLAIMS
from fftui.claims.claims_plan import ClaimsPlan
from fftui.claims.outcomes import Outcomes
from fftui.claims.reproduce import ClaimVerdict, Verdicts, as_facts
from fftui.claims.verdicts import Verdict
from fftui.errors import RequestError
from fftui.presets import load_preset
from fftui.studies.study import Condition, Scale, Study, Trial
from fftui.text import format as fmt
from fftui.tui.app import FFTUIApp
from fftui.tui.claims_backend import ShownClaim, ShownClaims, shown_claims
from fftui.tui.glyphs import ASCII, UNICODE
from fftui.tui.messages import OpenClaims, ShowFigures
from fftui.tui.screens.claim_screen import VERDICT_STYLES, ClaimScreen
from fftui.tui.screens.claims_screen import ClaimsScreen
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.studies_screen import StudiesScreen
from fftui.tui.screens.study_screen import StudyScreen
from fftui.tui.study_backend import StudyFacts
from fftui.tui.widgets.cell_text import Paragraphs
from fftui.tui.widgets.row_list import RowList

from .on_screen import SMALL, both_sizes, text_of, until
from .test_narrow_screen import StartedStudies


def claim(name: str, verdict: str = "") -> ShownClaim:
    sections = (
        ("claim", f"the statement of {name}"),
        ("paper", "97.14 % and 98.04 %"),
        ("as paper", "paper/ff 96.1 ± 0.4 %"),
        ("why", "12 seeds would probably tell"),
        ("runs", "quick: 3 seeds"),
        ("rule", "Yes where FF is not behind."),
        ("ran", "ff on mnist: 97.0 % (96.7 to 97.3)"),
    )
    statement = f"the statement of {name}"
    if not verdict:
        return ShownClaim(name, statement, "")
    why = "12 seeds would probably tell"
    return ShownClaim(name, statement, "", verdict, why, "quick: 3 seeds", sections)


@dataclass
class FakeClaimsBackend:
    """Two claims; one run is missing at the quick scale, none at the full one."""

    problem: str = ""
    asked: list[Scale] = field(default_factory=list)

    def claims(self) -> tuple[ShownClaim, ...]:
        return claim("on-par"), claim("more-memory")

    def judge(self, scale: Scale) -> ShownClaims:
        self.asked.append(scale)
        if self.problem:
            raise RequestError(self.problem)
        trial = Trial(Condition((("setup", "ff on mnist"),)), load_preset("quickstart"))
        study = Study("claims", "The paper's claims", "Which hold?", (trial,), scale=scale)
        remaining = (trial.experiment,) if scale == "quick" else ()
        return ShownClaims(
            (claim("on-par", "cannot tell"), claim("more-memory", "holds")),
            ("Behind: by more than 1 point.",),
            StudyFacts(study, 1 - len(remaining), remaining),
            90.0,
        )


@pytest.fixture
def backend() -> FakeClaimsBackend:
    return FakeClaimsBackend()


@pytest.fixture
def claims_app(new_app, backend: FakeClaimsBackend, monkeypatch) -> FFTUIApp:
    app = new_app()
    monkeypatch.setattr(app, "claims", lambda: backend)
    return app


async def opened(pilot: Pilot, app: FFTUIApp) -> ClaimsScreen:
    app.presets_screen.post_message(OpenClaims("quick"))
    await until(pilot, lambda: isinstance(app.screen, ClaimsScreen))
    assert isinstance(app.screen, ClaimsScreen)
    return app.screen


class NoStudies:
    """A backend of studies that are not read."""

    def load_studies(self, scale: Scale) -> list[StudyFacts]:
        return []


async def test_the_first_row_of_the_studies_opens_the_claims(claims_app, monkeypatch) -> None:
    monkeypatch.setattr(claims_app, "studies", NoStudies)
    async with claims_app.run_test(size=SMALL) as pilot:
        await pilot.press("s")
        await until(pilot, lambda: isinstance(claims_app.screen, StudiesScreen))
        about = claims_app.screen.query_one("#about", Paragraphs)
        await until(pilot, lambda: "The paper's claims" in text_of(about))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(claims_app.screen, ClaimsScreen))
        await pilot.press("b")
        await until(pilot, lambda: isinstance(claims_app.screen, StudiesScreen))


@both_sizes
async def test_claims_are_listed_with_verdict_word_and_sign(claims_app, backend, size) -> None:
    async with claims_app.run_test(size=size) as pilot:
        screen = await opened(pilot, claims_app)
        rows, about = screen.query_one(RowList), screen.query_one("#about", Paragraphs)
        await until(pilot, lambda: "cannot tell" in text_of(rows))
        assert "?  cannot tell  on-par" in text_of(rows)
        assert "✓  holds        more-memory" in text_of(rows)
        assert "runs missing: 1" in str(rows.border_title)
        assert "12 seeds would probably tell" in text_of(about)
        assert "97.14 % and 98.04 %" in text_of(about)
        await pilot.press("f")
        await until(pilot, lambda: "all runs done" in str(rows.border_title))
        assert backend.asked[-1] == "full"
        assert "full" in str(rows.border_title)


@both_sizes
async def test_the_whole_of_a_claim_is_read_and_left(claims_app, size) -> None:
    async with claims_app.run_test(size=size) as pilot:
        screen = await opened(pilot, claims_app)
        await until(pilot, lambda: "holds" in text_of(screen.query_one(RowList)))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(claims_app.screen, ClaimScreen))

        def words() -> str:
            return "\n".join(str(each.render()) for each in claims_app.screen.query(Static))

        await until(pilot, lambda: "The rule" in words())
        for text in (
            "on-par",
            "? cannot tell",
            "97.14 %",
            "Yes where FF",
            "96.7 to 97.3",
            "1 point",
        ):
            assert text in words()
        await pilot.press("n")
        await until(pilot, lambda: "✓ holds" in words())
        await pilot.press("n", "p", "b")
        await until(pilot, lambda: claims_app.screen is screen)


async def test_missing_runs_are_started_after_their_time_is_said(claims_app, monkeypatch) -> None:
    studies = StartedStudies(claims_app.backend.workspace)
    async with claims_app.run_test(size=SMALL) as pilot:
        screen = await opened(pilot, claims_app)
        await until(pilot, lambda: "holds" in text_of(screen.query_one(RowList)))
        await pilot.press("g")
        await until(pilot, lambda: isinstance(claims_app.screen, ConfirmDialog))
        question = claims_app.screen.question
        assert "1 missing run " in question
        assert "quick" in question
        assert fmt.roughly(90.0) in question
        await pilot.press("escape")
        await until(pilot, lambda: claims_app.screen is screen)
        assert claims_app.study_run is None
        monkeypatch.setattr(claims_app, "studies", lambda: studies)
        await pilot.press("g")
        await until(pilot, lambda: isinstance(claims_app.screen, ConfirmDialog))
        await pilot.press("g")
        await until(pilot, lambda: isinstance(claims_app.screen, StudyScreen))
        await until(pilot, lambda: bool(studies.started))
        assert claims_app.screen.study.name == "claims"


async def test_a_problem_is_a_line_and_no_key_fails(claims_app, backend) -> None:
    backend.problem = "cannot read the runs in there"
    async with claims_app.run_test(size=SMALL) as pilot:
        screen = await opened(pilot, claims_app)
        await pilot.press("enter", "g", "f", "down", "end", "f")
        about = screen.query_one("#about", Paragraphs)
        await until(pilot, lambda: "cannot read the runs" in text_of(about))
        assert claims_app.screen is screen


async def test_the_figures_are_the_papers(claims_app, monkeypatch) -> None:
    asked: list[ShowFigures] = []
    monkeypatch.setattr(claims_app, "figures", lambda: pytest.fail("not here"))
    async with claims_app.run_test(size=SMALL) as pilot:
        screen = await opened(pilot, claims_app)
        with monkeypatch.context() as patch:  # a screen without messages never closes
            patch.setattr(screen, "post_message", asked.append)
            screen.action_figures()
        assert asked[0].names[0] == "figure-2"
        assert asked[0].scale == "quick"


async def test_ascii_is_ascii(new_app, backend, monkeypatch) -> None:
    app = new_app(ascii_only=True)
    monkeypatch.setattr(app, "claims", lambda: backend)
    async with app.run_test(size=SMALL) as pilot:
        screen = await opened(pilot, app)
        await until(pilot, lambda: "holds" in text_of(screen.query_one(RowList)))
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen.query(Static)) > 5)
        await pilot.pause(0.2)
        drawn = "".join(s.text for strip in app.screen._compositor.render_strips() for s in strip)
        assert drawn.isascii(), {c for c in drawn if not c.isascii()}


@pytest.mark.parametrize("signs", [UNICODE.verdicts, ASCII.verdicts], ids=["unicode", "ascii"])
def test_every_verdict_has_a_sign_of_its_own_and_a_style(signs: dict[str, str]) -> None:
    verdicts = set(Verdict.__args__)  # type: ignore[attr-defined]
    assert set(signs) == verdicts == set(VERDICT_STYLES)
    assert len(set(signs.values())) == len(verdicts)


def test_judged_claims_become_words() -> None:
    """Without any run: every claim of the paper has its statement, verdict, reason and rule."""
    made = ClaimsPlan("quick", 3, (), {})
    nothing = Outcomes({}, {})
    judged = Verdicts(tuple(ClaimVerdict(c, c.judge(nothing), ()) for c in CLAIMS), ("left out",))
    study = StudyFacts(made.study(), 0, ())
    shown = shown_claims(as_facts(judged, made), study, None)
    assert [each.id for each in shown.claims] == [each.id for each in CLAIMS]
    assert {each.verdict for each in shown.claims} == {"not run here"}
    assert all(dict(each.sections)["rule"] and each.why for each in shown.claims)
    assert "left out" in shown.notes
