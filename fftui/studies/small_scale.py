"""Presets at the small scale: the changes that a quick study makes, for a few seconds of learning a
run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fftui.experiment import Data, Model
from fftui.experiment.config import Config
from fftui.experiment.field_errors import validated
from fftui.presets import preset_values, read_preset

# of studies with many runs; with convolutions or attention
TRAIN_IMAGES, CONVOLUTION_TRAIN_IMAGES = 2000, 1000
MEASURED: Mapping[str, Any] = {
    "evaluation.every": 2,
    "evaluation.images": 100,
    "evaluation.final_train_images": 500,
}


@dataclass(frozen=True)
class SmallScale:
    """Epochs, batch size and threshold of a preset at the small scale.

    Small batches make up for the updates that few images take away.
    """

    epochs: int = 10
    batch_size: int = 64
    threshold: float | None = None  # None: the preset's own


# The paper's θ of 15 is out of reach of a few hundred updates; 0.5 is not.
SMALL_SCALES: Mapping[str, SmallScale] = {
    "paper/ff": SmallScale(8, 32, 0.5),
    "paper/attention": SmallScale(8, 32, 0.5),
    "paper/attention-frozen": SmallScale(8, 32, 0.5),
    "paper/attention-metrics": SmallScale(8, 32, 0.5),
    "paper/hybrid-text": SmallScale(8, 32, 0.5),
    "paper/hybrid-reverse-text": SmallScale(8, 32, 0.5),
    "paper/cnn": SmallScale(5),
    "cnn": SmallScale(5),
    "local-ce-cnn": SmallScale(5),
}


class _Parts(Config):
    """The images and the network of a preset."""

    data: Data
    model: Model


def small_scale_changes(preset: str, data: str, images: int | None = None) -> dict[str, Any]:
    """Changes that make every layer of `preset` small and its phases short; `images` to learn from,
    None: all.
    """
    small = SMALL_SCALES.get(preset, SmallScale())
    changes: dict[str, Any] = {
        **MEASURED,
        "phases.*.epochs": small.epochs,
        "phases.*.batch_size": small.batch_size,
    }
    # Not the whole experiment: whether a preset fits the set is for the study to say of its rows.
    values = preset_values(read_preset(preset), data)
    if small.threshold is not None:
        changes |= {
            f"phases.{number}.threshold": small.threshold
            for number, phase in enumerate(values["phases"])
            if "threshold" in phase
        }
    for number, phase in enumerate(values["phases"]):
        if phase.get("windows"):  # of the preset's own epochs
            changes[f"phases.{number}.windows"] = []
    base = validated(_Parts, {"data": values["data"], "model": values["model"]}, f"preset {preset}")
    info = base.data.info
    layers = zip(base.model.layers, base.model.small(info).layers, strict=True)
    for number, (layer, smaller) in enumerate(layers):
        changes |= {
            f"model.layers.{number}.{name}": value
            for name, value in layer.differences(smaller).items()
        }
    if images is not None:
        changes["data.train_images"] = min(images, info.train_images - base.data.validation_images)
    return changes
