"""The memory that an experiment takes while it learns, derived from the experiment alone.

An estimate, good to a factor of about two: weights and inputs that are kept are counted, activities
in steps and evaluations by the number of copies that a layer makes of them.
"""

import math
from collections.abc import Callable, Iterator
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
KEPT_SHARE = 0.75  # of the memory that is left, for inputs; some is for what evaluations keep
SCORED_ROWS, SCORED_FLOATS = 20_000, 50_000_000  # at once at most, as `fftui.learning.prediction`


@dataclass(frozen=True)
class MemoryCost:
    """Bytes at the peak: of the images, of weights with their gradients, moments, last good
    and best values, of inputs kept for all images, and of the activities of a step or an
    evaluation.
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
    float_bytes = BYTES_CACHED if reduced else BYTES
    context = replace(context_of(experiment), cached_bytes=float_bytes)
    data, info = experiment.data, experiment.data.info
    held = context.images + data.validation_images + (data.test_images or info.test_images)
    images = float(held * math.prod(info.shape))
    stages = (
        _stage_cost(experiment, context, phase, stage, float_bytes)
        for phase in experiment.phases
        for stage in phase.stage_terms(context)
    )
    return replace(max(stages, key=lambda each: each.total), images=images)


def fitted(experiment: Experiment, room_bytes: float, *, reduced: bool = False) -> Experiment:
    """The experiment with as much of its `cache_bytes` as `room_bytes` leave beside all else that
    learning takes but the images.
    """
    least = memory_of(experiment.model_copy(update={"cache_bytes": 0}), reduced=reduced)
    left = KEPT_SHARE * max(0.0, room_bytes - least.weights - least.activities)
    if left >= experiment.cache_bytes:
        return experiment
    return experiment.model_copy(update={"cache_bytes": int(left)})


def costliest_field(experiment: Experiment, cost: Callable[[Experiment], float]) -> str:
    """The path of the number whose half would save most of `cost`, such as `model.layers.0.units`;
    empty where none saves anything.
    """
    values = experiment.model_dump(mode="json")
    before, best, found = cost(experiment), 0.0, ""
    for path, value in leaves(values):
        if isinstance(value, bool) or not isinstance(value, int) or value < 2:
            continue
        set_value(values, path, value // 2)
        saved = before - _cost_or(values, before, cost)
        set_value(values, path, value)
        if saved > best:
            best, found = saved, path
    return found


def _cost_or(
    values: dict[str, object], otherwise: float, cost: Callable[[Experiment], float]
) -> float:
    """The cost of the experiment in `values`; `otherwise` where they do not fit together."""
    try:
        return cost(Experiment.model_validate(values))
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
    head = context.head_inputs * context.classes
    network = sum(layer.weights for layer in context.layers) + head
    learning = sum(layer.weights for layer in stage.layers) + head
    moments = MOMENTS[phase.optimizer.kind]
    copies = float(experiment.on_nan == "stop") + float(phase.keep == "best")
    return MemoryCost(
        images=0.0,
        weights=BYTES * (2.0 * network + (moments + copies + 1.0) * learning + stage.sums),
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
