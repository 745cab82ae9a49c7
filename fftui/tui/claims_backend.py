"""The paper's claims for the screens: their verdicts by the runs that there are, and the study of
the runs that are missing.

Its methods load the claims (SciPy, Polars) and read the disk: they are called from threads.
"""

from dataclasses import dataclass

from fftui.runs.workspace import Workspace
from fftui.studies.study import Scale
from fftui.studies.study_catalogue import present_sets
from fftui.tui.study_backend import StudyBackend, StudyFacts


@dataclass(frozen=True)
class ShownClaim:
    """A claim in words: `sections` are its parts by name; `verdict` is empty before it is
    judged.
    """

    id: str
    statement: str
    paper: str
    verdict: str = ""
    why: str = ""
    runs: str = ""  # scale, seeds and images
    sections: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ShownClaims:
    """All claims at one scale, what holds for all of them, and the study of their runs with its
    likely time (None: the device has not been measured).
    """

    claims: tuple[ShownClaim, ...]
    notes: tuple[str, ...]
    facts: StudyFacts
    expected_s: float | None


class ClaimsBackend:
    """The claims, judged by the runs of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def claims(self) -> tuple[ShownClaim, ...]:
        """All claims, not judged."""
        # SciPy, behind the screen
        from fftui.claims import CLAIMS  # noqa: PLC0415

        return tuple(ShownClaim(each.id, each.statement, each.paper) for each in CLAIMS)

    def judge(self, scale: Scale) -> ShownClaims:
        """All claims at `scale` by the runs that have finished; nothing is run. Raises
        RequestError.
        """
        # Polars, behind the screen
        from fftui.claims.claims_plan import AROUND_S, SEEDS, plan  # noqa: PLC0415
        from fftui.claims.reproduce import as_facts, judge_all  # noqa: PLC0415
        from fftui.claims.setup_runs import Asked  # noqa: PLC0415

        workspace = self.workspace
        made = plan(Asked.of(scale, SEEDS, present_sets(workspace.data_folder)))
        facts = as_facts(judge_all(made, workspace.runs_dir), made)
        study = StudyBackend(workspace).load_study(made.study())
        learning_s = study.expected_s
        around_s = AROUND_S * len(study.remaining)
        expected_s = None if learning_s is None else learning_s + around_s
        return shown_claims(facts, study, expected_s)


def shown_claims(
    facts: dict[str, object], study: StudyFacts, expected_s: float | None
) -> ShownClaims:
    """The claims of `reproduce.as_facts` in words."""
    from fftui.claims.claim_text import notes, scale_text, sections  # noqa: PLC0415

    claims: object = facts["claims"]
    assert isinstance(claims, list)
    return ShownClaims(
        tuple(
            ShownClaim(
                each["id"],
                each["statement"],
                each["paper"],
                each["verdict"],
                each["why"],
                scale_text(each),
                tuple(sections(each)),
            )
            for each in claims
        ),
        tuple(notes(facts)),
        study,
        expected_s,
    )
