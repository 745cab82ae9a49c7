"""What the fields of `Data` refuse together."""

import pytest

from fftui.errors import ExperimentError
from fftui.experiment.values import parse_overrides
from fftui.presets import load_preset


@pytest.mark.parametrize("augmented", ["data.shift=1", "data.flip=true"])
def test_images_read_one_by_one_are_not_augmented(augmented: str) -> None:
    with pytest.raises(ExperimentError) as caught:
        load_preset("paper/backprop-per-image", "mnist", parse_overrides([augmented]))
    said = str(caught.value)
    assert "loader = 'per-image' reads images as they are: set shift = 0 and flip = false" in said
    assert "\n" not in said
