from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fftui.errors import RequestError
from fftui.runs.finding import run_folders
from fftui.sweeps.plan import PLAN, SweepPlan, find_sweep, list_sweeps, open_sweep

from .conftest import RATES, UNITS

PlanOf = Callable[..., SweepPlan]


def test_an_experiment_of_a_trial_measures_no_test_images(plan_of: PlanOf) -> None:
    plan = plan_of(RATES, UNITS, seeds=3)
    made = plan.experiments({"phases.0.learning_rate": 0.5, "model.layers.*.units": 12})
    assert [each.seed for each in made] == [0, 1, 2]
    assert {each.evaluation.test for each in made} == {"never"}
    assert made[0].model.layers[0].model_dump()["units"] == 12
    assert made[0].phases[0].model_dump()["learning_rate"] == 0.5


@pytest.mark.parametrize(
    ("over", "fields", "why"),
    [
        ("phases.0.epochs=uniform(1,2)", {}, "phases.0.epochs: 1.0 does not fit"),
        ("phases.0.epochz=1|2", {}, "did you mean 'epochs'"),
        ("phases.0.epochs=1|-1", {}, "-1 does not fit"),
        ("model.head.*.units=1|2", {}, "no list stands there"),
        ("seed=0|1|2", {}, "over seed: no sweep chooses among seeds"),
        ("data.validation_images=0|64", {}, "compared by the same validation images"),
        ('data={name="mnist-mini"}|{name="mnist"}', {}, "compared by the same validation images"),
        ("evaluation.test=at-end|never", {}, "none by the test images"),
        (RATES, {"sampler": "grid"}, "a grid needs its values one by one"),
    ],
)
def test_a_setting_that_takes_no_such_value_is_refused(
    plan_of: PlanOf, over: str, fields: dict[str, Any], why: str
) -> None:
    with pytest.raises(RequestError, match=why):
        plan_of(over, **fields).check()


def test_no_value_of_a_trial_has_its_test_images_measured(plan_of: PlanOf) -> None:
    (made,) = plan_of().experiments({"evaluation.test": "at-end"})
    assert made.evaluation.test == "never"


def test_without_validation_images_there_is_no_sweep(plan_of: PlanOf, small: Any) -> None:
    with pytest.raises(RequestError, match=r"data\.validation_images"):
        plan_of(experiment=small.experiment()).check()


def test_the_same_sweep_is_found_again_and_another_is_not_taken_for_it(
    plan_of: PlanOf, tmp_path: Path
) -> None:
    plan = plan_of(RATES)
    folder = open_sweep(tmp_path, plan, None)
    assert folder.name.startswith("tiny-mnist-mini-")
    assert open_sweep(tmp_path, plan, None) == folder
    assert folder.plan() == plan
    assert open_sweep(tmp_path, plan_of(RATES, seeds=2), None) != folder
    with pytest.raises(RequestError, match=r"does something else \(seeds\)"):
        open_sweep(tmp_path, plan_of(RATES, seeds=2), folder.name)
    with pytest.raises(RequestError, match="is no name of a sweep"):
        open_sweep(tmp_path, plan, "../elsewhere")
    assert run_folders(tmp_path) == []  # a sweep is no run


def test_words_about_an_experiment_make_no_other_sweep(
    plan_of: PlanOf, small: Any, tmp_path: Path
) -> None:
    plan = plan_of(RATES)
    changes = {"description": "in other words", "checkpoint.every_s": 9.0, "name": "renamed"}
    reworded = plan.model_copy(update={"experiment": plan.experiment.changed(changes)})
    named = open_sweep(tmp_path, plan, "mine")
    assert open_sweep(tmp_path, reworded, "mine") == named
    unnamed = open_sweep(tmp_path, plan, None)
    assert unnamed != named
    assert open_sweep(tmp_path, reworded, None) == unnamed


def test_a_sweep_that_another_version_gave_its_name_is_found_without_one(
    plan_of: PlanOf, tmp_path: Path
) -> None:
    before = open_sweep(tmp_path, plan_of(RATES), "tiny-mnist-mini-0a1b2c")
    damaged = open_sweep(tmp_path, plan_of(RATES), "tiny-mnist-mini-abcdef")
    (damaged.path / PLAN).write_text("{")
    assert open_sweep(tmp_path, plan_of(RATES), None) == before
    assert open_sweep(tmp_path, plan_of(UNITS), None) != before


def test_a_sweep_is_found_by_the_beginning_of_its_name(plan_of: PlanOf, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no sweeps in"):
        find_sweep(tmp_path, "latest")
    one, other = (open_sweep(tmp_path, plan_of(), name) for name in ("rate-a", "rate-b"))
    assert find_sweep(tmp_path, "rate-a") == one
    assert find_sweep(tmp_path, "latest") in (one, other)
    with pytest.raises(RequestError, match="several sweeps begin 'rate'"):
        find_sweep(tmp_path, "rate")
    with pytest.raises(RequestError, match="did you mean 'rate-a'"):
        find_sweep(tmp_path, "rate-aa")
    (one.path / PLAN).write_text("{}")
    with pytest.raises(RequestError, match=r"sweep\.json is damaged"):
        one.plan()
    assert len(list_sweeps(tmp_path)) == 2
