"""The computational cost of an experiment: floating-point operations of products, bytes of
elementwise operations, and images read one by one.

Derived from the experiment alone; times estimated from it are good to a factor of about two
(`fftui.runs.estimate`).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from fftui.experiment.cost_terms import NO_COST, Cost, CostContext, LayerCost
from fftui.experiment.experiment import Experiment

FLOPS_PER_BYTE = 16  # done in the time of moving one byte, roughly: 10 to 25 on CPUs and GPUs
FLOPS_PER_STEP = 1e8  # done by a CPU in the time of issuing one step of a layer, roughly
FLOPS_PER_READ = 5e7  # done by a CPU in the time of reading one image by itself, roughly


@dataclass(frozen=True)
class StageCost:
    """The cost of one stage, in which `layers` layers learn for `steps` optimiser steps."""

    layers: int
    steps: int
    cost: Cost

    @property
    def relative_time(self) -> float:
        """Time compared with other stages on the same device, without a unit."""
        cost = self.cost
        moved, read = FLOPS_PER_BYTE * cost.moved_bytes, FLOPS_PER_READ * cost.images_read
        return cost.flops + moved + read


def cost_of(experiment: Experiment) -> Cost:
    """The cost of learning in all phases, without evaluation."""
    return sum((stage.cost for stage in stage_costs(experiment)), NO_COST)


def stage_costs(experiment: Experiment) -> Iterator[StageCost]:
    """The cost of each stage: one layer, or all layers that learn together; phase after phase."""
    images, context = images_of(experiment), context_of(experiment)
    for phase in experiment.phases:
        steps = math.ceil(images / phase.batch_size)
        for stage in phase.stage_terms(context):
            updates = sum((layer.update for layer in stage.layers), NO_COST) * steps
            cost = (stage.per_epoch * images + updates) * phase.epochs + stage.once * images
            yield StageCost(len(stage.layers), phase.epochs * steps, cost)


def images_of(experiment: Experiment) -> int:
    """Number of training images."""
    data = experiment.data
    return data.train_images or data.info.train_images - data.validation_images


def layers_of(experiment: Experiment) -> Iterator[LayerCost]:
    """The cost of each layer, first to last."""
    model, info = experiment.model, experiment.data.info
    shape: tuple[int, ...] = info.shape
    for number, layer in enumerate(model.layers):
        encoding = model.label.encoding_at(number)
        yield layer.cost(shape, info.classes, encoding, first=number == 0)
        shape = layer.output_shape(shape)


def context_of(experiment: Experiment) -> CostContext:
    """What the cost of a phase depends on."""
    data = experiment.data
    return CostContext(
        layers=tuple(layers_of(experiment)),
        images=images_of(experiment),
        classes=data.info.classes,
        has_head=experiment.model.has_own_head,
        augmented=data.augmented,
        cache_bytes=experiment.cache_bytes,
        per_image=data.loader == "per-image",
        read_layers=experiment.model.read_layers,
        head_inputs=experiment.model.head_inputs(data.info.shape),
    )


def shares_of_time_left(experiment: Experiment) -> tuple[float, ...]:
    """The share that each stage has of the time that is left when it begins, by relative times and
    steps: what a stage leaves, or takes too long, is shared by those behind it.
    """
    times = [
        stage.relative_time + FLOPS_PER_STEP * max(1, stage.layers) * stage.steps
        for stage in stage_costs(experiment)
    ]
    return tuple(each / sum(times[number:]) for number, each in enumerate(times))
