import pytest

from fftui.errors import ExperimentError
from fftui.studies.study import Condition, experiment_of


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


def test_the_text_of_a_condition_leaves_out_what_does_not_apply() -> None:
    assert (
        Condition((("data", "mnist"), ("threshold", None), ("images", 1000))).text == "mnist, 1000"
    )
