"""From plans and runs to verdicts: who plays which role, what runs come to, what is said where they are missing."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fftui.data.catalogue import DATA_NAMES, DataName
from fftui.experiment import Backprop, Experiment, ForwardForward
from fftui.runs.estimate import Rates, expected_seconds
from fftui.runs.folder import RunFolder
from fftui.studies.catalogue import STUDIES
from fftui.studies.claims import CLAIMS, Role
from fftui.studies.claims.plan import QUICK_TEST, QUICK_TRAIN, Part, Plan, described, plan
from fftui.studies.matching import distinct, identity
from fftui.studies.reproduce import as_facts, gather, judge_all

MINI: frozenset[DataName] = frozenset({"mnist-mini"})
TWO_SLOW_CORES = Rates(1e11, 1e11, False, 8e9)  # float32 products and bytes a second


@pytest.fixture(scope="module")
def quick() -> Plan:
    return plan("quick", MINI, 1)


@pytest.fixture(scope="module")
def full() -> Plan:
    return plan("full", DATA_NAMES, 2)


def parts(made: Plan) -> dict[Role, Part]:
    return {part.role: part for part in made.parts}


def test_every_role_is_played_or_has_a_reason_why_not(quick: Plan, full: Plan) -> None:
    wanted = {role for claim in CLAIMS for role in claim.needs}
    for made in (quick, full):
        assert parts(made).keys() | made.absent.keys() == wanted
        assert not parts(made).keys() & made.absent.keys()
        assert all(made.absent.values())


def test_the_quick_plan_needs_nothing_but_the_digits_that_ship(quick: Plan) -> None:
    assert {each.data.name for part in quick.parts for each in part.experiments} == {"mnist-mini"}
    reasons = {why for role, why in quick.absent.items() if role.data == "cifar10"}
    assert reasons == {"cifar10 is not on this machine (fftui data get cifar10)"}


def test_every_claim_on_digits_can_be_judged_at_the_quick_scale(quick: Plan) -> None:
    played = parts(quick)
    elsewhere = {"on-par-fashion-mnist", "lags-on-complex-sets", "first-layer-slowest"}
    for claim in CLAIMS:
        if claim.id not in elsewhere:
            assert any(role in played for role in claim.needs), claim.id
    assert elsewhere < {claim.id for claim in CLAIMS}


def test_the_full_plan_plays_every_role_but_those_of_the_quick_scale(full: Plan) -> None:
    assert {role.images for role in full.absent} == {250}
    assert all(len(part.experiments) == 2 for part in full.parts)
    assert [each.seed for each in full.parts[0].experiments] == [0, 1]


def test_runs_of_the_full_studies_serve_the_claims(full: Plan) -> None:
    present = list(DATA_NAMES)
    known = {
        identity(trial.experiment)
        for name in ("table-1", "sample-complexity", "hybrid", "architectures")
        for trial in STUDIES[name].build("full", present, 2).trials
    }
    for role in (Role("ff", "svhn"), Role("paper/ff", "mnist", 1000), Role("paper/hybrid"), Role("paper/cnn, loss")):
        assert all(identity(each) in known for each in parts(full)[role].experiments), role


@pytest.mark.parametrize(("sets", "minutes"), [(MINI, 8), (MINI | {"fashion-mnist", "cifar10"}, 13)])
def test_the_quick_plan_fits_into_its_time(sets: frozenset[DataName], minutes: float) -> None:
    made = plan("quick", sets, 1)
    experiments = distinct(each for part in made.parts for each in part.experiments)
    assert sum(expected_seconds(each, TWO_SLOW_CORES) or math.inf for each in experiments) < 60 * minutes


def test_other_sets_take_part_at_the_quick_scale_with_few_images() -> None:
    made = plan("quick", MINI | {"fashion-mnist"}, 1)
    own = [part for part in made.parts if part.role.data == "fashion-mnist"]
    assert len(own) == 4
    for part in own:
        data = part.experiments[0].data
        assert (data.name, data.train_images, data.test_images) == ("fashion-mnist", QUICK_TRAIN, QUICK_TEST)


@pytest.mark.parametrize("scale", ["quick", "full"])
def test_networks_that_are_timed_against_each_other_are_alike(scale: str, quick: Plan, full: Plan) -> None:
    made = parts(quick if scale == "quick" else full)
    backprop, together, one_by_one = (
        made[Role(name)].experiments[0] for name in ("backprop, plain", "ff, plain", "ff, plain, layer after layer")
    )
    assert backprop.model.layers == together.model.layers == one_by_one.model.layers
    assert backprop.data == together.data == one_by_one.data
    own = [each.phases[0] for each in (backprop, together, one_by_one)]
    assert len({(phase.epochs, phase.batch_size) for phase in own}) == 1
    assert isinstance(own[0], Backprop)
    assert [phase.order for phase in own if isinstance(phase, ForwardForward)] == ["parallel", "layer-wise"]


def test_backprop_learns_from_what_ff_learns_from(full: Plan, quick: Plan) -> None:
    for made in (full, quick):
        played = parts(made)
        for role in (role for role in played if role.setup == "ff"):
            ff, backprop = (played[Role(setup, role.data, role.images)].experiments for setup in ("ff", "backprop"))
            for one, other in zip(ff, backprop, strict=True):
                assert one.phases[0].epochs == other.phases[0].epochs
                unlike = {"normalisation"}  # of pixels: each method has its own
                assert one.data.model_dump(exclude=unlike) == other.data.model_dump(exclude=unlike)


def test_the_papers_network_is_timed_in_full_size(quick: Plan, full: Plan) -> None:
    short, whole = (parts(made)[Role("paper/ff, timed")] for made in (quick, full))
    assert short.experiments[0].model == whole.experiments[0].model
    assert short.experiments[0].phases[0].epochs * short.scale_s == whole.experiments[0].phases[0].epochs
    assert whole.scale_s == 1.0


def test_an_experiment_is_described_by_what_it_learns_from(full: Plan) -> None:
    made = parts(full)
    text = described(made[Role("paper/cnn")].experiments[0])
    assert text.startswith("mnist, all images, layers conv 6-conv 16-2000-2000, forward-forward, ")
    assert text.endswith(" epochs, batch 512, θ 2")
    assert "1,000 images" in described(made[Role("ff", "mnist", 1000)].experiments[0])
    assert " then backprop, " in described(made[Role("hybrid")].experiments[0])


FF, BP = Role("paper/ff"), Role("paper/backprop")


def small_plan(*played: tuple[Role, tuple[Experiment, ...]], scale_s: float = 1.0, **absent: Any) -> Plan:
    return Plan("quick", 1, tuple(Part(role, each, scale_s) for role, each in played), absent.get("absent", {}))


def test_what_runs_came_to(small: Any, tmp_path: Path, finished_run: Callable[..., RunFolder]) -> None:
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


def test_an_outcome_on_another_set_says_so(small: Any, tmp_path: Path, finished_run: Callable[..., RunFolder]) -> None:
    finished_run(small.experiment())
    role = Role("ff", "cifar10")
    assert gather(small_plan((role, (small.experiment(),))), tmp_path / "runs", {})[role].label == "ff on cifar10"


def test_why_a_role_has_no_outcome(small: Any, tmp_path: Path, finished_run: Callable[..., RunFolder]) -> None:
    failed, other, refused = (small.experiment(seed) for seed in range(3))
    finished_run(failed, status="failed")
    made = small_plan((FF, (failed,)), (BP, (other,)), (Role("ff"), (refused,)), absent={Role("cnn"): "not here"})
    evidence = gather(made, tmp_path / "runs", {Role("ff").text: "its run failed: no such device"})
    assert evidence.outcomes == {}
    assert evidence.absent[FF] == "1 failed (it broke)"
    assert evidence.absent[BP] == "1 not run"
    assert evidence.absent[Role("ff")] == "its run failed: no such device"
    assert evidence.absent[Role("cnn")] == "not here"


def test_claims_are_judged_from_runs(small: Any, tmp_path: Path, finished_run: Callable[..., RunFolder]) -> None:
    accuracies = {"paper/ff": 0.90, "paper/backprop": 0.95, "ff": 0.98, "backprop": 0.97}
    played = []
    for seed, (setup, accuracy) in enumerate(accuracies.items()):
        experiment = small.experiment(seed, data=small.experiment().data.model_copy(update={"test_images": 1000}))
        finished_run(experiment, accuracy)
        played.append((Role(setup), (experiment,)))
    judged = judge_all(small_plan(*played), tmp_path / "runs")
    by_id = {each.claim.id: each for each in judged}
    assert [each.claim for each in judged] == list(CLAIMS)
    on_par = by_id["on-par-mnist"]
    assert on_par.finding.verdict == "holds for another reason"
    assert "paper/ff 90.0" in on_par.finding.faithful
    assert [each.outcome is not None for each in on_par.played] == [True] * 4
    assert by_id["cnn-weight-sharing"].finding.verdict == "not tested here"


def test_facts_are_plain_json(small: Any, tmp_path: Path, finished_run: Callable[..., RunFolder]) -> None:
    run = finished_run(small.experiment())
    made = small_plan((FF, (small.experiment(),)))
    facts = json.loads(json.dumps(as_facts(judge_all(made, tmp_path / "runs"), made), allow_nan=False))
    assert (facts["scale"], facts["seeds"]) == ("quick", 1)
    assert [each["id"] for each in facts["claims"]] == [claim.id for claim in CLAIMS]
    for each in facts["claims"]:
        assert each.keys() == {
            *("id", "statement", "paper", "faithful", "corrected", "verdict", "why", "rule", "evidence"),
        }
    (played,) = (e for each in facts["claims"] if each["id"] == "four-layers" for e in each["evidence"])
    assert played["runs"] == [run.id]
    assert played["test_accuracy"] == pytest.approx(0.9)
