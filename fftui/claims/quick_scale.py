"""The quick scale of the claims: the smallest runs at which their questions make sense, three seeds
of all of them in under ten minutes on two cores.

What is made small: images, units, epochs; and with them the paper's threshold and batches, which a
few hundred updates would not reach. Networks that are timed keep the width that the question is
about.
"""

from collections.abc import Mapping
from typing import Any

from fftui.data.catalogue import DataName
from fftui.experiment import Experiment
from fftui.studies.study import Scale

# Sets that do not ship with fftui: one more set adds about a minute.
OTHER_SETS = {"data.train_images": 1_000, "data.test_images": 1_000}
# Kept apart of the training images, to choose on.
VALIDATION_IMAGES: Mapping[Scale, int] = {"full": 5_000, "quick": 500}
# Measured at the end only, on the whole split, and on so many training images.
MEASURED: Mapping[str, Any] = {"evaluation.every": 0, "evaluation.final_train_images": 1_000}
# The paper's fully connected networks in their own width, for times.
TIMED_FF: Mapping[str, Any] = {
    "phases.0.epochs": 3,
    "phases.0.batch_size": 64,
    "phases.0.threshold": 0.5,
}
TIMED_IMAGES: Mapping[str, Any] = {"data.train_images": 1_000, "evaluation.images": 500}
# Networks of equal size, for times and memory.
PLAIN: Mapping[str, Any] = {
    "data.train_images": 2_000,
    "evaluation.images": 500,
    "phases.0.epochs": 3,
    "phases.0.batch_size": 128,
}


def made_quick(experiment: Experiment) -> Experiment:
    """An experiment of a quick study, measured at the end only; on sets that do not ship with fftui
    with few images. Raises ExperimentError where that does not fit.
    """
    changes = dict(MEASURED)
    if experiment.data.name != "mnist-mini":
        changes |= _fewer(experiment.data.name, experiment.data.train_images)
    return experiment.changed(changes)


def _fewer(_data: DataName, images: int | None) -> dict[str, Any]:
    most = OTHER_SETS["data.train_images"]
    return OTHER_SETS | {"data.train_images": min(images or most, most)}
