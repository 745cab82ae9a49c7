"""Presets made small: what a study changes in one for its scale "quick", a few seconds of learning a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fftui.experiment import Convolution, FullyConnected, Layer, SelfAttention
from fftui.studies.study import experiment_of

UNITS, CHANNELS, WIDTH = 300, 10, 32  # at most, in a layer; a channel for each of ten classes
FEW, FEWEST = 2000, 1000  # training images, of studies with many runs and with convolutions
MEASURED: Mapping[str, Any] = {
    "evaluation.every": 2,
    "evaluation.images": 100,
    "evaluation.final_train_images": 500,
}


@dataclass(frozen=True)
class Short:
    """How a preset's phases are shortened. Small batches make up for the updates that few images take away."""

    epochs: int = 10
    batch_size: int = 64
    threshold: float | None = None  # None: the preset's own


# The paper's θ of 15 is out of reach of a few hundred updates; 0.5 is not.
SHORT: Mapping[str, Short] = {
    "paper/ff": Short(8, 32, 0.5),
    "paper/attention": Short(8, 32, 0.5),
    "paper/attention-frozen": Short(8, 32, 0.5),
    "paper/cnn": Short(5),
    "cnn": Short(5),
    "local-ce-cnn": Short(5),
}


def quick(preset: str, data: str, images: int | None = None) -> dict[str, Any]:
    """Changes that make every layer of `preset` small and its phases short; `images` to learn from, None: all."""
    short = SHORT.get(preset, Short())
    changes: dict[str, Any] = {
        **MEASURED,
        "phases.*.epochs": short.epochs,
        "phases.*.batch_size": short.batch_size,
    }
    changes |= {} if short.threshold is None else {"phases.0.threshold": short.threshold}
    for number, layer in enumerate(experiment_of(preset, data).model.layers):
        changes |= {f"model.layers.{number}.{name}": value for name, value in _smaller(layer).items()}
    return changes if images is None else {**changes, "data.train_images": images}


def _smaller(layer: Layer) -> dict[str, int]:
    match layer:
        case FullyConnected():
            return {"units": min(layer.units, UNITS)}
        case Convolution():
            return {"channels": min(layer.channels, CHANNELS)}
        case SelfAttention():
            return {"units": min(layer.units, UNITS), "width": min(layer.width, WIDTH)}
