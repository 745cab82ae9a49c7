"""Letters, conditions and what differs between them."""

from collections.abc import Callable

import pytest

from fftui.comparison.compared import (
    compared_runs,
    conditions_of,
    differing_settings,
    titles_of,
)
from fftui.errors import RequestError
from fftui.runs.folder import RunFolder

NewRun = Callable[..., RunFolder]


def test_letters_go_with_the_start_and_not_with_the_order_asked_for(new_run: NewRun) -> None:
    first, second = new_run("one"), new_run("two")
    names = [
        [(run.letter, run.record.name) for run in compared_runs(folders)]
        for folders in ((first, second), (second, first, second))
    ]
    assert names == [[("A", "one"), ("B", "two")]] * 2


def test_one_run_is_no_comparison(new_run: NewRun) -> None:
    folder = new_run()
    with pytest.raises(RequestError, match=r"2 to 52 different runs, not 1"):
        compared_runs([folder, folder])


def test_seeds_of_one_experiment_are_one_condition(new_run: NewRun) -> None:
    folders = [
        *(new_run(f"seed {seed}", seed=seed) for seed in (0, 1)),
        new_run("other", changes={"phases.0.epochs": 7}),
        new_run("again", seed=1),
    ]
    runs = compared_runs(folders)
    folded = conditions_of(runs, folded=True)
    # the second run with seed 1 is no third seed
    assert [[run.record.name for run in each.runs] for each in folded] == [
        ["seed 0", "seed 1"],
        ["other"],
        ["again"],
    ]
    assert [each.letter for each in folded] == ["A", "C", "D"]
    assert len(conditions_of(runs, folded=False)) == 4


def test_only_what_differs_is_listed(new_run: NewRun) -> None:
    same = conditions_of(compared_runs([new_run("a"), new_run("b")]), folded=False)
    assert differing_settings(same) == ()
    runs = [
        new_run("ff"),
        new_run("ff", seed=3),
        new_run("wide", changes={"model.layers.0.units": 64}),
    ]
    conditions = conditions_of(compared_runs(runs), folded=False)
    found = {each.path: each.values for each in differing_settings(conditions)}
    units = found.pop("model.layers.0.units")
    assert units[0] == units[1]
    assert units[2] == "64"
    assert found == {"seed": ("0", "3", "0")}
    differing = differing_settings(conditions)
    # a name that several have is told by what differs between them alone
    assert titles_of(conditions, differing) == ("ff seed=0", "ff seed=3", "wide")


def test_a_setting_that_one_lacks_is_missing_there(new_run: NewRun) -> None:
    layer = {"kind": "fully-connected", "units": 5}
    runs = [new_run("ff"), new_run("deep", changes={"model.layers": [layer] * 3})]
    conditions = conditions_of(compared_runs(runs), folded=False)
    found = {each.path: each.values for each in differing_settings(conditions)}
    assert found["model.layers.2.units"] == (None, "5")


def test_an_experiment_that_cannot_be_read_does_not_end_the_comparison(new_run: NewRun) -> None:
    broken, whole = new_run("broken"), new_run("whole")
    broken.experiment_path.write_text("seed =", encoding="utf-8")
    runs = compared_runs([broken, whole])
    assert runs[0].experiment is None
    assert len(conditions_of(runs, folded=True)) == 2
    assert all(
        each.values[0] is None for each in differing_settings(conditions_of(runs, folded=False))
    )
