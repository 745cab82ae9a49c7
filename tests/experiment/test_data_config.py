"""What the fields of `Data` refuse together."""

import pytest

from fftui.errors import ExperimentError
from fftui.experiment import Augment
from fftui.experiment.values import parse_overrides
from fftui.presets import load_preset


@pytest.mark.parametrize("augmented", ["data.shift=1", "data.flip=true", "data.augment.crop=2"])
def test_images_read_one_by_one_are_not_augmented(augmented: str) -> None:
    with pytest.raises(ExperimentError) as caught:
        load_preset("paper/backprop-per-image", "mnist", parse_overrides([augmented]))
    said = str(caught.value)
    assert "loader = 'per-image' reads images as they are: set shift = 0 and flip = false" in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("data", "changes", "said"),
    [
        ("mnist", ["data.augment.hue=0.1"], "have 1 channel and no colours: set data.augment."),
        ("mnist", ["data.shift=1", "data.augment.crop=2"], "set one of them to 0"),
    ],
)
def test_changes_that_make_no_sense_are_refused(data: str, changes: list[str], said: str) -> None:
    with pytest.raises(ExperimentError, match=said):
        load_preset("backprop", data, {"data.shift": 0} | parse_overrides(changes))


def test_colours_of_coloured_images_are_changed() -> None:
    changes = parse_overrides(["data.augment={crop=4, hue=0.1, grey=0.2}", "data.flip=false"])
    data = load_preset("backprop", "cifar10", {"data.shift": 0} | changes).data
    assert data.augmented
    assert Augment().is_none
