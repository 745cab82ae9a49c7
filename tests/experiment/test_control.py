"""The control by backprop has everything of an experiment but its way of learning."""

import pytest

from fftui.errors import ExperimentError
from fftui.experiment import as_backprop
from fftui.presets import list_presets, load_preset

LEARNED_OTHERWISE = [
    preset.name
    for preset in list_presets()
    if any(phase["rule"] != "backprop" for phase in preset.experiment["phases"])
]


@pytest.mark.parametrize("name", LEARNED_OTHERWISE)
def test_every_preset_has_a_control_of_the_same_size_and_epochs(name: str) -> None:
    own = load_preset(name)
    control = as_backprop(own)
    (phase,) = control.phases
    assert phase.rule == "backprop"
    assert phase.epochs == sum(each.epochs for each in own.phases)
    assert phase.batch_size == own.phases[0].batch_size
    assert control.model.layers == own.model.layers
    assert control.data == own.data
    assert (control.seed, control.precision) == (own.seed, own.precision)
    assert control.model.label.encoding == "none"
    assert control.model.head is not None


def test_backprop_needs_no_control() -> None:
    with pytest.raises(ExperimentError, match="backprop already: leave out --as-backprop"):
        as_backprop(load_preset("backprop"))
