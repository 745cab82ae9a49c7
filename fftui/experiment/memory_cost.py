"""The memory that an experiment takes while it learns, derived from the experiment alone.

An estimate, good to a factor of about two: weights and inputs that are kept are counted, activities
in steps and evaluations by the number of copies that a layer makes of them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from fftui.errors import ExperimentError
from fftui.experiment.cost import context_of
from fftui.experiment.cost_terms import BYTES, BYTES_CACHED, CostContext, StageTerms
from fftui.experiment.experiment import Experiment
from fftui.experiment.phase_configs import PhaseConfig
from fftui.experiment.values import leaves, set_value

MOMENTS = {"adam": 2, "adamw": 2, "sgd": 1}  # floats that an optimiser keeps for a weight
STEP_COPIES = 6  # of a layer's activities in a step: sums, activities, goodness, gradients
SCORE_COPIES = 3  # in an evaluation
SCORED_ROWS, SCORED_FLOATS = 20_000, 50_000_000  # at once at most, as `fftui.learning.prediction`


@dataclass(frozen=True)
class MemoryCost:
    """Bytes at the peak: of the images, of weights with their gradients and the optimiser's
    moments, of inputs kept for all images, and of the activities of a step or an evaluation.
    """

    images: float
    weights: float
    inputs: float
    activities: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.images + self.weights + self.inputs + self.activities


def memory_of(experiment: Experiment, *, reduced: bool = False) -> MemoryCost:
    """The memory of the stage that takes most; `reduced`: products are in bfloat16."""
    context = context_of(experiment)
    data, info = experiment.data, experiment.data.info
    held = context.images + data.validation_images + (data.test_images or info.test_images)
    images = float(held * math.prod(info.shape))
    stages = (
        _stage_cost(experiment, context, phase, stage, BYTES_CACHED if reduced else BYTES)
        for phase in experiment.phases
        for stage in phase.stage_terms(context)
    )
    return replace(max(stages, key=lambda each: each.total), images=images)


def costliest_field(experiment: Experiment, *, reduced: bool = False) -> str:
    """The path of the number whose half would save most memory, such as `model.layers.0.units`."""
    values = experiment.model_dump(mode="json")
    before, best, found = memory_of(experiment, reduced=reduced).total, 0.0, ""
    for path, value in leaves(values):
        if isinstance(value, bool) or not isinstance(value, int) or value < 2:
            continue
        set_value(values, path, value // 2)
        saved = before - _total_or(values, before, reduced=reduced)
        set_value(values, path, value)
        if saved > best:
            best, found = saved, path
    return found


def _total_or(values: dict[str, object], otherwise: float, *, reduced: bool) -> float:
    """The memory of the experiment in `values`; `otherwise` where they do not fit together."""
    try:
        return memory_of(Experiment.model_validate(values), reduced=reduced).total
    except (ExperimentError, ValueError):
        return otherwise


def _stage_cost(
    experiment: Experiment,
    context: CostContext,
    phase: PhaseConfig,
    stage: StageTerms,
    float_bytes: int,
) -> MemoryCost:
    """The memory of one stage, without the images."""
    head = context.layers[-1].outputs * context.classes if context.has_head else 0
    network = sum(layer.weights for layer in context.layers) + head
    learning = sum(layer.weights for layer in stage.layers) + head
    moments = MOMENTS[phase.optimizer.kind]
    return MemoryCost(
        images=0.0,
        weights=BYTES * (2.0 * network + (moments + 1.0) * learning),
        inputs=stage.kept_inputs * float_bytes,
        activities=max(_activities(experiment, context, phase, stage)) * float_bytes,
    )


def _activities(
    experiment: Experiment, context: CostContext, phase: PhaseConfig, stage: StageTerms
) -> Iterator[float]:
    """Floats of a step, and of an evaluation."""
    batch = min(phase.batch_size, context.images) * phase.labels_shown
    yield batch * sum(layer.inputs + STEP_COPIES * layer.floats for layer in stage.layers)
    data = experiment.data
    scored = max(data.test_images or data.info.test_images, experiment.evaluation.images)
    largest = max(layer.floats for layer in context.layers)
    rows = min(SCORED_ROWS, scored * context.classes, max(1.0, SCORED_FLOATS // largest))
    yield rows * largest * SCORE_COPIES
