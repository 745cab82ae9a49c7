"""Dead and always-on units while learning: counted as by hand, of the layers that learn."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from fftui import events as ev
from fftui.data.splits import load_splits
from fftui.experiment import Experiment
from fftui.learning.training import train

from .conftest import BACKPROP, FORWARD_FORWARD, PARALLEL

Make = Callable[..., Experiment]
EPOCHS = (ev.EpochFinished, ev.LayerMeans)
READOUT = {"rule": "readout", "epochs": 1, "batch_size": 100}
DATA = {"normalisation": "unit", "train_images": 400, "test_images": 100}


@pytest.mark.parametrize("phase", [FORWARD_FORWARD, PARALLEL, BACKPROP])
def test_the_last_epoch_states_what_the_network_does_at_the_end(
    small: Make, phase: dict[str, Any]
) -> None:
    training = train(small(phase | {"epochs": 1}, data=DATA), device="cpu")
    training.network.layers[0].bias.data[:3] -= 100  # three of 24 units that stay off
    stated = [event for event in training if isinstance(event, EPOCHS)]
    images = load_splits("mnist-mini", seed=0, train_images=400, test_images=100).train
    first = training.trained.activities(images.images[:50], images.labels[:50])[0]
    active = (first > 0).float().mean(0)
    dead, always = (active == 0).float().mean(), (active == 1).float().mean()
    assert dead >= 3 / 24
    if phase is BACKPROP:  # of all layers: their mean
        second = (
            training.trained.activities(images.images[:50], images.labels[:50])[1] > 0
        ).float()
        dead = (dead + (second.mean(0) == 0).float().mean()) / 2
        always = (always + (second.mean(0) == 1).float().mean()) / 2
    assert stated[0].dead_units == pytest.approx(float(dead))
    assert stated[0].always_on_units == pytest.approx(float(always))


def test_nothing_is_counted_where_no_layer_learns_or_nothing_is_measured(small: Make) -> None:
    head = {"layers": [{"units": 24}], "label": {"encoding": "none"}, "head": {"kind": "linear"}}
    for experiment in (
        small(READOUT, model=head),
        small(FORWARD_FORWARD, evaluation={"every": 0}),
    ):
        stated = [event for event in train(experiment, device="cpu") if isinstance(event, EPOCHS)]
        assert stated
        assert all(event.dead_units is event.always_on_units is None for event in stated)


def test_channels_are_dead_where_no_position_is_active(small: Make) -> None:
    layers = [{"kind": "convolution", "channels": 4, "normalisation": "none"}, {"units": 16}]
    model = {"layers": layers, "label": {"encoding": "none"}, "head": {"kind": "linear"}}
    training = train(small(BACKPROP | {"epochs": 1}, model=model, data=DATA), device="cpu")
    convolution = training.network.layers[0]
    with torch.no_grad():
        convolution.weight[0], convolution.weight[1] = 0, 0
        convolution.bias[0], convolution.bias[1] = -100, 100
    (stated,) = (event for event in training if isinstance(event, EPOCHS))
    assert stated.dead_units >= 1 / 4 / 2
    assert stated.always_on_units >= 1 / 4 / 2
