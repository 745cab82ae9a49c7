"""The paper's claims that the runs of a page decide on."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from functools import cache

from fftui.claims.claim_text import Facts, notes, sections
from fftui.claims.claims_plan import SEEDS, ClaimsPlan, plan
from fftui.claims.reproduce import ClaimVerdict, Verdicts, as_facts, judge_all
from fftui.claims.setup_runs import Asked
from fftui.comparison.shown_comparison import TextTable
from fftui.errors import ExperimentError
from fftui.experiment import Experiment
from fftui.report.page import Section
from fftui.runs.folder import RunFolder
from fftui.runs.listing import list_runs
from fftui.runs.workspace import Workspace
from fftui.studies.matching import identity
from fftui.studies.study import Scale


def claims_sections(folders: Sequence[RunFolder], workspace: Workspace) -> Iterator[Section]:
    """The claims whose verdicts rest on one of the runs in `folders`; a section for each scale.
    Raises RequestError where the runs cannot be read.
    """
    own = tuple(_experiments(folders))
    scales: tuple[Scale, ...] = ("full", "quick")
    for scale in scales if own else ():
        yield from _of_scale(scale, own, [each.id for each in folders], workspace)


def _experiments(folders: Sequence[RunFolder]) -> Iterator[Experiment]:
    """Those of the runs that can be read."""
    for folder in folders:
        with suppress(ExperimentError):
            yield folder.experiment()


def _of_scale(
    scale: Scale, own: Sequence[Experiment], ids: Collection[str], workspace: Workspace
) -> Iterator[Section]:
    present = frozenset(record.data for record in list_runs(workspace.runs_dir))
    whole = _planned(scale, present)
    ran = set(map(identity, own))
    setups = {
        runs.setup for runs in whole.planned if not ran.isdisjoint(map(identity, runs.experiments))
    }
    claims = [each for each in whole.claims if not setups.isdisjoint(each.needs)]
    if not claims:
        return
    made = plan(Asked.of(scale, SEEDS, present), claims)
    judged = judge_all(made, workspace.runs_dir)
    resting = tuple(each for each in judged.verdicts if _rests_on(each, ids))
    if resting:
        yield _section(as_facts(Verdicts(resting, judged.notes), made))


@cache
def _planned(scale: Scale, present: frozenset[str]) -> ClaimsPlan:
    """The runs of all claims: a second of work, and the same for every page of a site."""
    return plan(Asked.of(scale, SEEDS, present))


def _rests_on(judged: ClaimVerdict, ids: Collection[str]) -> bool:
    return any(not set(ids).isdisjoint(outcome.runs) for outcome in judged.outcomes)


def _section(facts: Facts) -> Section:
    claims, scale = facts["claims"], facts["scale"]
    verdicts = Section(
        f"verdicts-{scale}", "How a verdict is computed", tuple(notes(facts)), folded=True
    )
    rows = tuple((each["statement"], each["verdict"], each["why"]) for each in claims)
    return Section(
        f"claims-{scale}",
        "The paper's claims" + (", quick scale" if scale == "quick" else ""),
        (
            "Verdicts are computed from all finished runs of the runs' folder; those named here"
            " rest on at least one run of this report.",
        ),
        tables=(TextTable("", ("claim", "verdict", "why"), rows),),
        parts=(*(_part(each, scale) for each in claims), verdicts),
    )


def _part(claim: Facts, scale: Scale) -> Section:
    """A claim with its rule, and what was run for it."""
    table = TextTable("", ("", ""), tuple(sections(claim)))
    return Section(f"claim-{scale}-{claim['id']}", claim["statement"], tables=(table,), folded=True)
