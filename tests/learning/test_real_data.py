"""Full-size images, where they are: the presets learn them from the first epoch."""

import pytest

from fftui import events as ev
from fftui.experiment.values import parse_overrides
from fftui.learning.training import train
from fftui.presets import load_preset

SHORT = [
    "phases.0.epochs=1",
    "data.train_images=10000",
    "data.test_images=2000",
    "evaluation.every=0",
]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("preset", "data", "at_least"),
    [
        ("ff", "mnist", 0.8),
        ("ff", "fashion-mnist", 0.6),
        ("backprop", "cifar10", 0.33),
        ("ff", "cifar10", 0.25),
    ],
)
def test_one_epoch_over_ten_thousand_images(preset: str, data: str, at_least: float) -> None:
    overrides = [
        *SHORT,
        "model.layers.0.units=400",
        "model.layers.1.units=200",
        "phases.0.batch_size=128",
    ]
    last = list(train(load_preset(preset, data, parse_overrides(overrides))))[-1]
    assert isinstance(last, ev.RunFinished)
    assert last.test_accuracy is not None
    assert last.test_accuracy > at_least
