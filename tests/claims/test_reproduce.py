"""From plans and runs to verdicts: runs of each set-up, their outcomes, and the reasons where they
are missing.
"""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fftui.claims import CLAIMS, Setup
from fftui.claims.claims_plan import (
    QUICK_TEST,
    QUICK_TRAIN,
    ClaimsPlan,
    PlannedRuns,
    described,
    plan,
)
from fftui.claims.reproduce import as_facts, gather, judge_all
from fftui.data.catalogue import DATA_NAMES, DataName
from fftui.experiment import Backprop, Experiment, ForwardForward
from fftui.runs.estimate import Rates, expected_seconds
from fftui.runs.folder import RunFolder
from fftui.studies.matching import distinct, identity
from fftui.studies.study_catalogue import STUDIES

MINI: frozenset[DataName] = frozenset({"mnist-mini"})
TWO_SLOW_CORES = Rates(1e11, 1e11, False, 8e9)  # float32 products and bytes a second


@pytest.fixture(scope="module")
def quick() -> ClaimsPlan:
    return plan("quick", MINI, 1)


@pytest.fixture(scope="module")
def full() -> ClaimsPlan:
    return plan("full", DATA_NAMES, 2)


def planned_runs(made: ClaimsPlan) -> dict[Setup, PlannedRuns]:
    return {runs.setup: runs for runs in made.planned}


def test_every_setup_has_runs_or_a_reason_why_not(quick: ClaimsPlan, full: ClaimsPlan) -> None:
    wanted = {setup for claim in CLAIMS for setup in claim.needs}
    for made in (quick, full):
        assert planned_runs(made).keys() | made.absent.keys() == wanted
        assert not planned_runs(made).keys() & made.absent.keys()
        assert all(made.absent.values())


def test_the_quick_plan_needs_nothing_but_the_digits_that_ship(quick: ClaimsPlan) -> None:
    assert {each.data.name for runs in quick.planned for each in runs.experiments} == {"mnist-mini"}
    reasons = {why for setup, why in quick.absent.items() if setup.data == "cifar10"}
    assert reasons == {"cifar10 is not on this machine (fftui data get cifar10)"}


def test_every_claim_on_digits_can_be_judged_at_the_quick_scale(quick: ClaimsPlan) -> None:
    planned = planned_runs(quick)
    elsewhere = {"on-par-fashion-mnist", "lags-on-complex-sets", "first-layer-slowest"}
    for claim in CLAIMS:
        if claim.id not in elsewhere:
            assert any(setup in planned for setup in claim.needs), claim.id
    assert elsewhere < {claim.id for claim in CLAIMS}


def test_the_full_plan_plays_every_setup_but_those_of_the_quick_scale(full: ClaimsPlan) -> None:
    assert {setup.images for setup in full.absent} == {250}
    assert all(len(runs.experiments) == 2 for runs in full.planned)
    assert [each.seed for each in full.planned[0].experiments] == [0, 1]


def test_runs_of_the_full_studies_serve_the_claims(full: ClaimsPlan) -> None:
    present = list(DATA_NAMES)
    known = {
        identity(trial.experiment)
        for name in ("table-1", "sample-complexity", "hybrid", "architectures")
        for trial in STUDIES[name].build("full", present, 2).trials
    }
    for setup in (
        Setup("ff", "svhn"),
        Setup("paper/ff", "mnist", 1000),
        Setup("paper/hybrid"),
        Setup("paper/cnn, loss"),
    ):
        assert all(identity(each) in known for each in planned_runs(full)[setup].experiments), setup


@pytest.mark.parametrize(
    ("sets", "minutes"), [(MINI, 8), (MINI | {"fashion-mnist", "cifar10"}, 13)]
)
def test_the_quick_plan_fits_into_its_time(sets: frozenset[DataName], minutes: float) -> None:
    made = plan("quick", sets, 1)
    experiments = distinct(each for runs in made.planned for each in runs.experiments)
    assert (
        sum(expected_seconds(each, TWO_SLOW_CORES) or math.inf for each in experiments)
        < 60 * minutes
    )


def test_other_sets_take_part_at_the_quick_scale_with_few_images() -> None:
    made = plan("quick", MINI | {"fashion-mnist"}, 1)
    own = [runs for runs in made.planned if runs.setup.data == "fashion-mnist"]
    assert len(own) == 4
    for runs in own:
        data = runs.experiments[0].data
        assert (data.name, data.train_images, data.test_images) == (
            "fashion-mnist",
            QUICK_TRAIN,
            QUICK_TEST,
        )


@pytest.mark.parametrize("scale", ["quick", "full"])
def test_networks_that_are_timed_against_each_other_are_alike(
    scale: str, quick: ClaimsPlan, full: ClaimsPlan
) -> None:
    made = planned_runs(quick if scale == "quick" else full)
    backprop, together, one_by_one = (
        made[Setup(name)].experiments[0]
        for name in ("backprop, plain", "ff, plain", "ff, plain, layer after layer")
    )
    assert backprop.model.layers == together.model.layers == one_by_one.model.layers
    assert backprop.data == together.data == one_by_one.data
    own = [each.phases[0] for each in (backprop, together, one_by_one)]
    assert len({(phase.epochs, phase.batch_size) for phase in own}) == 1
    assert isinstance(own[0], Backprop)
    assert [phase.order for phase in own if isinstance(phase, ForwardForward)] == [
        "parallel",
        "layer-wise",
    ]


def test_backprop_learns_from_what_ff_learns_from(full: ClaimsPlan, quick: ClaimsPlan) -> None:
    for made in (full, quick):
        planned = planned_runs(made)
        for setup in (setup for setup in planned if setup.name == "ff"):
            ff, backprop = (
                planned[Setup(name, setup.data, setup.images)].experiments
                for name in ("ff", "backprop")
            )
            for one, other in zip(ff, backprop, strict=True):
                assert one.phases[0].epochs == other.phases[0].epochs
                unlike = {"normalisation"}  # of pixels: each method has its own
                assert one.data.model_dump(exclude=unlike) == other.data.model_dump(exclude=unlike)


def test_the_papers_network_is_timed_in_full_size(quick: ClaimsPlan, full: ClaimsPlan) -> None:
    short, whole = (planned_runs(made)[Setup("paper/ff, timed")] for made in (quick, full))
    assert short.experiments[0].model == whole.experiments[0].model
    assert (
        short.experiments[0].phases[0].epochs * short.scale_s
        == whole.experiments[0].phases[0].epochs
    )
    assert whole.scale_s == 1.0


def test_an_experiment_is_described_by_what_it_learns_from(full: ClaimsPlan) -> None:
    made = planned_runs(full)
    text = described(made[Setup("paper/cnn")].experiments[0])
    assert text.startswith("mnist, all images, layers conv 6-conv 16-2000-2000, forward-forward, ")
    assert text.endswith(" epochs, batch 512, θ 2")
    assert "1,000 images" in described(made[Setup("ff", "mnist", 1000)].experiments[0])
    assert " then backprop, " in described(made[Setup("hybrid")].experiments[0])


FF, BP = Setup("paper/ff"), Setup("paper/backprop")


def small_plan(
    *planned: tuple[Setup, tuple[Experiment, ...]], scale_s: float = 1.0, **absent: Any
) -> ClaimsPlan:
    return ClaimsPlan(
        "quick",
        1,
        tuple(PlannedRuns(setup, each, scale_s) for setup, each in planned),
        absent.get("absent", {}),
    )


def test_what_runs_came_to(
    small: Any, tmp_path: Path, finished_run: Callable[..., RunFolder]
) -> None:
    experiments = tuple(small.experiment(seed) for seed in range(3))
    ids = tuple(finished_run(each, 0.8 + 0.01 * each.seed).id for each in experiments)
    made = small_plan((FF, experiments), scale_s=30.0)
    outcome = gather(made, tmp_path / "runs", {})[FF]
    assert outcome.test.mean == pytest.approx(0.81)
    assert outcome.test.half == pytest.approx(4.3027 * 0.01 / math.sqrt(3), rel=1e-3)
    assert outcome.train.mean == pytest.approx(0.97)
    assert outcome.train_s == pytest.approx(45.0)
    assert outcome.layer_s == pytest.approx((0.25,))  # of its two epochs together half a second
    assert outcome.layers == pytest.approx((0.81,))
    assert (outcome.chance, outcome.label, outcome.runs) == (0.1, "paper/ff", ids)
    assert outcome.power_w is None


def test_an_outcome_on_another_set_says_so(
    small: Any, tmp_path: Path, finished_run: Callable[..., RunFolder]
) -> None:
    finished_run(small.experiment())
    setup = Setup("ff", "cifar10")
    assert (
        gather(small_plan((setup, (small.experiment(),))), tmp_path / "runs", {})[setup].label
        == "ff on cifar10"
    )


def test_why_a_setup_has_no_outcome(
    small: Any, tmp_path: Path, finished_run: Callable[..., RunFolder]
) -> None:
    failed, other, refused = (small.experiment(seed) for seed in range(3))
    finished_run(failed, status="failed")
    made = small_plan(
        (FF, (failed,)),
        (BP, (other,)),
        (Setup("ff"), (refused,)),
        absent={Setup("cnn"): "not here"},
    )
    outcomes = gather(made, tmp_path / "runs", {Setup("ff").text: "its run failed: no such device"})
    assert outcomes.by_setup == {}
    assert outcomes.absent[FF] == "1 failed (it broke)"
    assert outcomes.absent[BP] == "1 not run"
    assert outcomes.absent[Setup("ff")] == "its run failed: no such device"
    assert outcomes.absent[Setup("cnn")] == "not here"


def test_claims_are_judged_from_runs(
    small: Any, tmp_path: Path, finished_run: Callable[..., RunFolder]
) -> None:
    accuracies = {"paper/ff": 0.90, "paper/backprop": 0.95, "ff": 0.98, "backprop": 0.97}
    planned = []
    for seed, (setup, accuracy) in enumerate(accuracies.items()):
        experiment = small.experiment(
            seed, data=small.experiment().data.model_copy(update={"test_images": 1000})
        )
        finished_run(experiment, accuracy)
        planned.append((Setup(setup), (experiment,)))
    judged = judge_all(small_plan(*planned), tmp_path / "runs")
    by_id = {each.claim.id: each for each in judged}
    assert [each.claim for each in judged] == list(CLAIMS)
    on_par = by_id["on-par-mnist"]
    assert on_par.finding.verdict == "holds for another reason"
    assert "paper/ff 90.0" in on_par.finding.faithful
    assert [each.outcome is not None for each in on_par.evidence] == [True] * 4
    assert by_id["cnn-weight-sharing"].finding.verdict == "not tested here"


def test_facts_are_plain_json(
    small: Any, tmp_path: Path, finished_run: Callable[..., RunFolder]
) -> None:
    run = finished_run(small.experiment())
    made = small_plan((FF, (small.experiment(),)))
    facts = json.loads(
        json.dumps(as_facts(judge_all(made, tmp_path / "runs"), made), allow_nan=False)
    )
    assert (facts["scale"], facts["seeds"]) == ("quick", 1)
    assert [each["id"] for each in facts["claims"]] == [claim.id for claim in CLAIMS]
    for each in facts["claims"]:
        assert each.keys() == {
            *(
                "id",
                "statement",
                "paper",
                "faithful",
                "corrected",
                "verdict",
                "why",
                "rule",
                "evidence",
            ),
        }
    (planned,) = (
        e for each in facts["claims"] if each["id"] == "four-layers" for e in each["evidence"]
    )
    assert planned["runs"] == [run.id]
    assert planned["test_accuracy"] == pytest.approx(0.9)
