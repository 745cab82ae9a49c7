import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.errors import ExperimentError
from fftui.studies.study import Condition, experiment_of, spread


def test_a_star_stands_for_every_entry_of_a_list() -> None:
    layers = experiment_of("paper/ff", "mnist", {"model.layers.*.units": 7}).model.layers
    assert [layer.model_dump()["units"] for layer in layers] == [7, 7, 7, 7]


def test_unchanged_it_is_the_preset_on_that_set() -> None:
    assert experiment_of("paper/ff", "cifar100").phases[0].model_dump()["threshold"] == 1.0


@pytest.mark.parametrize(
    "changes", [{"phases.0.epoch": 1}, {"phases.7.epochs": 1}, {"data.train_images": "many"}]
)
def test_a_change_that_does_not_fit_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ExperimentError):
        experiment_of("paper/ff", "mnist", changes)


@given(st.lists(st.lists(st.integers(), max_size=3), max_size=3))
def test_stars_spread_over_lists_in_lists(lists: list[list[int]]) -> None:
    values = {"a": [{"b": [{"c": number} for number in inner]} for inner in lists]}
    paths = [f"a.{i}.b.{j}.c" for i, inner in enumerate(lists) for j in range(len(inner))]
    assert spread(values, "a.*.b.*.c") == paths
    assert spread(values, "a.0.b") == ["a.0.b"]
    assert spread(values, "nowhere.*.b") == []


def test_the_text_of_a_condition_leaves_out_what_does_not_apply() -> None:
    assert (
        Condition((("data", "mnist"), ("threshold", None), ("images", 1000))).text == "mnist, 1000"
    )
