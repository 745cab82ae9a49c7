"""Which runs decide on claims: every set-up has runs or a reason, at either scale."""

import math
from itertools import pairwise

import pytest

from fftui.claims import CLAIMS, Setup
from fftui.claims.amounts import NOTHING_KEPT, ONE_BY_ONE, PLAIN, TIMED
from fftui.claims.architecture_claims import (
    ATTENTION,
    CNN_BESIDE,
    FF_BESIDE,
    PAPER_ATTENTION,
    PAPER_CNN,
)
from fftui.claims.claims_plan import ClaimsPlan, described, plan
from fftui.claims.estimates import REPEATS
from fftui.claims.hybrid_claims import OWN_RATE, control_of
from fftui.claims.quick_scale import OTHER_IMAGES
from fftui.claims.setup_runs import VALIDATION_IMAGES, Asked, PlannedRuns
from fftui.data.catalogue import DATA_NAMES, DataName
from fftui.experiment import Backprop, ForwardForward
from fftui.runs.estimate import Rates, expected_seconds
from fftui.studies.matching import distinct, identity
from fftui.studies.study import experiment_of
from fftui.studies.study_catalogue import STUDIES

MINI: frozenset[DataName] = frozenset({"mnist-mini"})
# float32 products and bytes a second. At these a plan that took 157 s on two quiet cores, with its
# starts and evaluations, was expected to take 324 s.
TWO_SLOW_CORES = Rates(1e11, 1e11, False, 8e9)


@pytest.fixture(scope="module")
def quick() -> ClaimsPlan:
    return plan(Asked.of("quick", 3, MINI))


@pytest.fixture(scope="module")
def full() -> ClaimsPlan:
    return plan(Asked.of("full", 2, DATA_NAMES))


def planned_runs(made: ClaimsPlan) -> dict[Setup, PlannedRuns]:
    return {runs.setup: runs for runs in made.planned}


def test_every_setup_has_runs_or_a_reason_why_not(quick: ClaimsPlan, full: ClaimsPlan) -> None:
    wanted = {setup for claim in CLAIMS for setup in claim.needs}
    for made in (quick, full):
        assert planned_runs(made).keys() | made.absent.keys() == wanted
        assert not planned_runs(made).keys() & made.absent.keys()
        assert all(made.absent.values())


def test_the_full_plan_has_every_setup_but_sizes_of_the_quick_scale(full: ClaimsPlan) -> None:
    assert {setup.images for setup in full.absent} <= {250, 1_000, 5_000}
    assert all(setup.data != "mnist" or setup.images == 250 for setup in full.absent)


def test_the_quick_plan_needs_nothing_but_the_digits_that_ship(quick: ClaimsPlan) -> None:
    assert {each.data.name for runs in quick.planned for each in runs.experiments} == {"mnist-mini"}
    reasons = {why for setup, why in quick.absent.items() if setup.data == "cifar10"}
    assert reasons == {"cifar10 is not on this machine (fftui data get cifar10)"}


def test_every_claim_on_digits_has_runs_at_the_quick_scale(quick: ClaimsPlan) -> None:
    planned = planned_runs(quick)
    for claim in CLAIMS:
        on_digits = any(setup.data == "mnist" for setup in claim.needs)
        assert on_digits == any(setup in planned for setup in claim.needs), claim.id


def test_seeds_come_in_turn_and_what_is_timed_is_repeated(full: ClaimsPlan) -> None:
    trials = full.study().trials
    assert all(one.experiment.seed <= other.experiment.seed for one, other in pairwise(trials))
    for runs in full.planned:
        seeds = [each.seed for each in runs.experiments]
        assert seeds == list(range(REPEATS if runs.process == "alone" else 2)), runs.setup
    own = {trial.condition.text for trial in trials if trial.process == "alone"}
    assert {setup.text for setup in (*TIMED, *PLAIN, ONE_BY_ONE, NOTHING_KEPT)} <= own
    assert Setup("paper/ff").text not in own


def test_runs_of_the_full_studies_serve_the_claims(full: ClaimsPlan) -> None:
    known = {
        identity(trial.experiment)
        for name in ("table-1", "sample-complexity", "hybrid", "architectures")
        for trial in STUDIES[name].build("full", list(DATA_NAMES), 2).trials
    }
    for setup in (
        Setup("ff", "svhn"),
        Setup("paper/ff", "mnist", 1000),
        Setup("paper/ff", "cifar100", 10_000),
        Setup("paper/hybrid"),
        Setup("paper/cnn, loss"),
    ):
        assert all(identity(each) in known for each in planned_runs(full)[setup].experiments), setup


@pytest.mark.parametrize(
    ("sets", "minutes"), [(MINI, 10), (MINI | {"fashion-mnist", "svhn", "cifar10", "cifar100"}, 20)]
)
def test_the_quick_plan_fits_into_its_time(sets: frozenset[DataName], minutes: float) -> None:
    made = plan(Asked.of("quick", 3, sets))
    experiments = distinct(each for runs in made.planned for each in runs.experiments)
    learning = sum(expected_seconds(each, TWO_SLOW_CORES) or math.inf for each in experiments) / 2
    assert learning + len(experiments) < 60 * minutes


def test_other_sets_take_part_at_the_quick_scale_with_few_images() -> None:
    made = plan(Asked.of("quick", 3, MINI | {"fashion-mnist", "cifar10"}))
    own = [runs for runs in made.planned if runs.setup.data in ("fashion-mnist", "cifar10")]
    assert {runs.setup.name for runs in own} >= {"paper/ff", "paper/backprop", "ff", "backprop"}
    for data in (each.data for runs in own for each in runs.experiments):
        assert (data.train_images, data.test_images) == (OTHER_IMAGES, OTHER_IMAGES)


def test_a_plan_may_be_narrowed_to_sets_and_claims() -> None:
    made = plan(Asked.of("full", 3, DATA_NAMES, ["mnist"]))
    assert {each.data.name for runs in made.planned for each in runs.experiments} == {"mnist"}
    kept = {claim.id for claim in made.claims}
    assert {"on-par-mnist", "overfits-less", "hybrid-loss"} < kept
    assert not kept & {"on-par-fashion-mnist", "lags-on-complex-sets", "fewer-samples-svhn"}
    assert made.absent[Setup("ff", "svhn")] == "svhn is not among the sets asked for"
    (claim,) = (each for each in CLAIMS if each.id == "hybrid-loss")
    few = plan(Asked.of("quick", 3, MINI, ["mnist"]), [claim])
    assert few.claims == (claim,)
    assert planned_runs(few).keys() == set(claim.needs)


@pytest.mark.parametrize("scale", ["quick", "full"])
def test_networks_of_equal_size_are_alike(scale: str, quick: ClaimsPlan, full: ClaimsPlan) -> None:
    made = planned_runs(quick if scale == "quick" else full)
    together, backprop, one_by_one, not_kept = (
        made[setup].experiments[0] for setup in (*PLAIN, ONE_BY_ONE, NOTHING_KEPT)
    )
    alike = (together, backprop, one_by_one, not_kept)
    assert len({each.model.layers for each in alike}) == 1
    assert len({each.data for each in alike}) == 1
    assert together.data.validation_images == VALIDATION_IMAGES[scale]  # type: ignore[index]
    assert together.evaluation.every == 1
    assert len({(each.phases[0].epochs, each.phases[0].batch_size) for each in alike}) == 1
    assert isinstance(backprop.phases[0], Backprop)
    orders = [each.phases[0].order for each in alike if isinstance(each.phases[0], ForwardForward)]
    assert orders == ["parallel", "layer-wise", "layer-wise"]
    assert not_kept == one_by_one.changed({"cache_bytes": 0})


def test_what_a_setting_is_chosen_on_is_kept_apart(full: ClaimsPlan, quick: ClaimsPlan) -> None:
    for made in (full, quick):
        chosen = [
            runs
            for runs in made.planned
            if ", threshold" in runs.setup.name or ", activation" in runs.setup.name
        ]
        assert chosen
        for each in (each for runs in chosen for each in runs.experiments):
            assert each.data.validation_images == VALIDATION_IMAGES[made.scale]


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


def test_the_papers_ff_beside_its_attention_has_its_images_and_epochs(
    full: ClaimsPlan, quick: ClaimsPlan
) -> None:
    for made in (full, quick):
        planned = planned_runs(made)
        for one, other in zip(
            planned[FF_BESIDE].experiments, planned[PAPER_ATTENTION].experiments, strict=True
        ):
            assert one.data == other.data
            assert one.phases[0].epochs == other.phases[0].epochs


def test_a_convolutional_network_beside_attention_has_its_images_and_epochs(
    full: ClaimsPlan, quick: ClaimsPlan
) -> None:
    pairs = [(full, CNN_BESIDE, ATTENTION), (quick, CNN_BESIDE, ATTENTION)]
    for made, one, other in (*pairs, (quick, PAPER_CNN, PAPER_ATTENTION)):
        planned = planned_runs(made)
        for cnn, attention in zip(
            planned[one].experiments, planned[other].experiments, strict=True
        ):
            assert cnn.model.layers[0].kind == "convolution"
            assert cnn.data.train_images == attention.data.train_images
            assert cnn.phases[0].epochs == attention.phases[0].epochs


def test_a_hybrid_is_beside_backprop_at_the_rate_of_its_preset(
    full: ClaimsPlan, quick: ClaimsPlan
) -> None:
    for made in (full, quick):
        planned = planned_runs(made)
        own, reduced = (planned[each].experiments[0] for each in (OWN_RATE, control_of("hybrid")))
        assert (
            own.phases[0].learning_rate
            == experiment_of("backprop", "mnist").phases[0].learning_rate
        )
        changed = {"phases.0.learning_rate": reduced.phases[0].learning_rate}
        assert identity(own.changed(changed)) == identity(reduced)


def test_the_control_of_a_hybrid_has_its_epochs_in_total(
    full: ClaimsPlan, quick: ClaimsPlan
) -> None:
    for made in (full, quick):
        planned = planned_runs(made)
        for name in ("paper/hybrid", "paper/hybrid-reverse", "hybrid", "hybrid-reverse"):
            hybrid = planned[Setup(name)].experiments[0]
            control = planned[control_of(name)].experiments[0]
            passes = [
                sum(phase.epochs * phase.stages(each.model) for phase in each.phases)
                for each in (hybrid, control)
            ]
            # an epoch of a layer-wise phase is one of every layer
            assert 0 <= passes[0] - passes[1] < control.phases[0].stages(control.model)
            assert control.phases[0].rule == hybrid.phases[1].rule
            assert control.model == hybrid.model


def test_an_experiment_is_described_by_what_it_learns_from(full: ClaimsPlan) -> None:
    made = planned_runs(full)
    text = described(made[Setup("paper/cnn")].experiments[0])
    assert text.startswith("mnist, all images, layers conv 6-conv 16-2000-2000, forward-forward, ")
    assert text.endswith(" epochs, batch 512, θ 2")
    assert "1,000 images" in described(made[Setup("ff", "mnist", 1000)].experiments[0])
    assert " then backprop, " in described(made[Setup("hybrid")].experiments[0])
