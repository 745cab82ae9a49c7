"""The quick scale of the claims: the smallest runs at which their questions make sense, three seeds
of all of them, meant for ten minutes on two cores.

Images, units and epochs are few, and with them the paper's threshold and batches are small: its own
would need more updates than there are. Networks that are timed are wider.
"""

import math
from collections.abc import Mapping
from typing import Any

from fftui.experiment import Experiment

OTHER_IMAGES = 1_000  # of each split, of sets that do not ship with fftui
# Measured at the end only, on the whole test split and so many training images; more of them where
# a claim is about training accuracy.
MEASURED: Mapping[str, Any] = {"evaluation.every": 0, "evaluation.final_train_images": 200}
MEASURED_WELL: Mapping[str, Any] = {"evaluation.final_train_images": 1_000}
EPOCHS = 0.5  # of those of the quick studies: the claims have several times as many runs
# Settings that are chosen on validation images: many set-ups.
CHOICES: Mapping[str, Any] = {"data.train_images": 1_000}
_FEWER: Mapping[str, Any] = {"data.train_images": 1_000}
# By preset; first of phases that have a thousand steps with all images.
HYBRIDS: Mapping[str, Mapping[str, Any]] = {
    "paper/hybrid": {"phases.0.epochs": 8},
    "paper/hybrid-reverse": {"phases.1.epochs": 8},
    "hybrid": _FEWER,
    "hybrid-reverse": _FEWER,
}
# By preset: the paper's convolutional network, beside its attention, for as many epochs.
ARCHITECTURES: Mapping[str, Mapping[str, Any]] = {"paper/cnn": {"phases.0.epochs": 4}}
# Networks whose time is compared: accuracy after every epoch, on few images.
CURVES: Mapping[str, Any] = {"evaluation.images": 100, "evaluation.final_train_images": 100}
# The paper's networks; wider than their inputs, so that the first layer has the fewest parameters.
TIMED: Mapping[str, Any] = {**CURVES, "data.train_images": 1_000}
TIMED_BACKPROP: Mapping[str, Any] = {"phases.0.epochs": 10}
TIMED_FF: Mapping[str, Any] = {
    "model.layers.*.units": 800,
    "phases.0.epochs": 3,
    "phases.0.batch_size": 32,  # with larger ones it is at chance
    "phases.0.threshold": 0.5,
}
# Networks of equal size, for times and memory.
PLAIN: Mapping[str, Any] = {
    **CURVES,
    "data.train_images": 1_500,
    "phases.0.epochs": 3,
    "phases.0.batch_size": 128,
}


def made_quick(experiment: Experiment) -> Experiment:
    """An experiment of a quick study with fewer epochs, measured at the end only; on sets that do
    not ship with fftui with few images.

    Raises ExperimentError where that does not fit.
    """
    data, changes = experiment.data, dict(MEASURED)
    changes |= {
        f"phases.{number}.epochs": math.ceil(EPOCHS * phase.epochs)
        for number, phase in enumerate(experiment.phases)
    }
    if data.name != "mnist-mini":
        asked = data.train_images or OTHER_IMAGES
        changes |= {
            "data.train_images": min(asked, OTHER_IMAGES),
            "data.test_images": OTHER_IMAGES,
        }
    return experiment.changed(changes)
