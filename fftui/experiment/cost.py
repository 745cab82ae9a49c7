"""The computational cost of an experiment: floating-point operations of products, and bytes of
elementwise operations.

Derived from the experiment alone; times estimated from it are good to a factor of about two
(`fftui.runs.estimate`). Letters in names: D inputs, H units, C labels, K channels, T tokens, W
width of a token, S labels per image.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from fftui.data.encodings import PLANES
from fftui.experiment import (
    Backprop,
    Convolution,
    Experiment,
    ForwardForward,
    LocalCrossEntropy,
    Phase,
    SelfAttention,
)
from fftui.experiment import Layer as LayerSpec

# Elementwise operations, in passes over memory at the measured rate; both include what does not
# reach that rate (short vectors, conversions, the gaps between operations). Adam alone took 2 ns a
# weight where a pass took 0.1 ns.
PASSES_PER_ACTIVITY = 40
PASSES_PER_WEIGHT = 20
BYTES = 4
BYTES_CACHED = 2  # per float of a cached input
TOKEN_FLOATS = 16  # per token and unit of its width: norms, attention and the MLP behind it
MLP_RATIO = 4
FLOPS_PER_BYTE = 16  # done in the time of moving one byte, roughly: 10 to 25 on CPUs and GPUs


@dataclass(frozen=True)
class Cost:
    """Floating-point operations of products, and bytes moved by elementwise operations."""

    flops: float
    moved_bytes: float

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.flops + other.flops, self.moved_bytes + other.moved_bytes)

    def __mul__(self, times: float) -> "Cost":
        return Cost(self.flops * times, self.moved_bytes * times)


NONE = Cost(0.0, 0.0)


@dataclass(frozen=True)
class StageCost:
    """The cost of one stage, in which `layers` layers learn for `steps` optimiser steps."""

    layers: int
    steps: int
    cost: Cost

    @property
    def relative_time(self) -> float:
        """Time compared with other stages on the same device, without a unit."""
        return self.cost.flops + FLOPS_PER_BYTE * self.cost.moved_bytes


@dataclass(frozen=True)
class LayerCost:
    """The cost of one layer for one image: products shared by all labels, and products for each
    label.

    A gradient takes `gradient` times the products again. `floats` are computed elementwise, per
    label.
    """

    shared_flops: float
    flops: float
    gradient: float
    floats: float
    weights: float
    inputs: int
    outputs: int

    def forward(self, labels: int) -> Cost:
        """The forward pass of an image with `labels` labels."""
        return Cost(
            self.shared_flops + labels * self.flops,
            labels * self.floats * PASSES_PER_ACTIVITY / 2 * BYTES,
        )

    def learning(self, labels: int) -> Cost:
        """Forward pass and gradient of an image with `labels` labels."""
        flops = (self.shared_flops + labels * self.flops) * (1 + self.gradient)
        return Cost(flops, labels * self.floats * PASSES_PER_ACTIVITY * BYTES)

    @property
    def update(self) -> Cost:
        """One optimiser step."""
        return Cost(0.0, self.weights * PASSES_PER_WEIGHT * BYTES)


# layers that learn; cost per image and epoch; cost per image, once
StageParts = tuple[Sequence[LayerCost], Cost, Cost]


def cost_of(experiment: Experiment) -> Cost:
    """The cost of learning in all phases, without evaluation."""
    return sum((stage.cost for stage in stage_costs(experiment)), NONE)


def stage_costs(experiment: Experiment) -> Iterator[StageCost]:
    """The cost of each stage: one layer, or all layers that learn together; phase after phase."""
    images, layers = images_of(experiment), list(layers_of(experiment))
    for phase in experiment.phases:
        steps = math.ceil(images / phase.batch_size)
        for learned, each, once in _stages(layers, experiment, phase):
            updates = sum((layer.update for layer in learned), NONE) * steps
            cost = (each * images + updates) * phase.epochs + once * images
            yield StageCost(len(learned), phase.epochs * steps, cost)


def _stages(layers: list[LayerCost], experiment: Experiment, phase: Phase) -> Iterator[StageParts]:
    if isinstance(phase, Backprop):
        yield layers, _backprop(layers, experiment), NONE
    elif phase.order == "parallel":
        yield layers, _parallel(layers, experiment, phase), NONE
    else:
        yield from _layer_wise(layers, experiment, phase)


def images_of(experiment: Experiment) -> int:
    """Number of training images."""
    data = experiment.data
    return data.train_images or data.info.train_images - data.validation_images


def layers_of(experiment: Experiment) -> Iterator[LayerCost]:
    """The cost of each layer, first to last."""
    info, label = experiment.data.info, experiment.model.label
    shape: tuple[int, ...] = info.shape
    for number, spec in enumerate(experiment.model.layers):
        has_label = number == 0 or (label.encoding in PLANES and label.planes == "every")
        cost, shape = _layer(
            spec, shape, info.classes, label.encoding if has_label else "none", first=number == 0
        )
        yield cost


def _layer(
    spec: LayerSpec, shape: tuple[int, ...], classes: int, encoding: str, *, first: bool
) -> tuple[LayerCost, tuple[int, ...]]:
    """The cost of a layer on inputs of `shape`, and the shape of its outputs."""
    if isinstance(spec, Convolution):
        return _convolution(spec, shape, classes if encoding in PLANES else 0, first=first)
    inputs = math.prod(shape) + (classes if encoding == "appended" else 0)
    if isinstance(spec, SelfAttention):
        return _attention(spec, shape), (spec.units,)
    products = 2.0 * inputs * spec.units
    shared = first and spec.normalisation != "batch"  # the label only adds a row of the weights
    own = (products, 0.0) if shared else (0.0, products)
    return LayerCost(*own, 1, spec.units, inputs * spec.units, inputs, spec.units), (spec.units,)


def _convolution(
    spec: Convolution, shape: tuple[int, ...], planes: int, *, first: bool
) -> tuple[LayerCost, tuple[int, ...]]:
    """A convolution; where the label is a plane, images are convolved once and the planes of C
    labels for each.
    """
    channels, height, width = shape
    height, width = (size + 2 * spec.padding - spec.kernel + 1 for size in (height, width))
    floats = spec.channels * height * width
    products = 2.0 * channels * spec.kernel**2 * floats
    own = (products, 0.0) if first and planes else (0.0, products)
    added = 2.0 * planes * floats
    weights = spec.channels * (channels + planes) * spec.kernel**2
    sides = (height, width) if spec.pooling == "none" else (height // 2, width // 2)
    output_shape = (spec.channels, *sides)
    cost = LayerCost(
        own[0], own[1] + added, 1, floats, weights, math.prod(shape), math.prod(output_shape)
    )
    return cost, output_shape


def _attention(spec: SelfAttention, shape: tuple[int, ...]) -> LayerCost:
    """Patch embedding, attention, the MLP behind it and the units; the gradient crosses all of
    them.
    """
    channels, height, width = shape
    tokens = (height // spec.patch) * (width // spec.patch)
    patch = channels * spec.patch**2 * (5 if spec.embedding == "shifted" else 1)
    summary = spec.width * (tokens if spec.summary == "flatten" else 1)
    # queries, keys, values, output; and the tokens against each other
    mixed = 4 * spec.width + 2 * tokens
    hidden = 2 * MLP_RATIO * spec.width if spec.residual else 0
    products = tokens * spec.width * (patch + mixed + hidden) + summary * spec.units
    weights = spec.width * (patch + 4 * spec.width + hidden) + summary * spec.units
    floats = tokens * spec.width * TOKEN_FLOATS + spec.heads * tokens**2 + spec.units
    return LayerCost(0.0, 2.0 * products, 2, floats, weights, math.prod(shape), spec.units)


def _parallel(
    layers: list[LayerCost], experiment: Experiment, phase: ForwardForward | LocalCrossEntropy
) -> Cost:
    """One image in an epoch in which all layers learn, and the head with its pass under the neutral
    label.
    """
    cost = sum((layer.learning(_labels(phase)) for layer in layers), NONE)
    head = experiment.model.head
    if head is not None and head.kind == "linear" and isinstance(phase, ForwardForward):
        # the first product serves the neutral label too
        shared = Cost(layers[0].shared_flops, 0.0) * -1
        cost += sum((layer.forward(1) for layer in layers), shared) + _head(layers, experiment)
    return cost


def _layer_wise(
    layers: list[LayerCost], experiment: Experiment, phase: ForwardForward | LocalCrossEntropy
) -> Iterator[StageParts]:
    """One layer after the other.

    A layer's inputs are static unless images are augmented or labels drawn again, and are cached as
    far as they fit.
    """
    labels, images, data = _labels(phase), images_of(experiment), experiment.data
    for number, layer in enumerate(layers):
        if number == 0:
            yield [layer], layer.learning(labels), NONE
            continue
        static = 0 if data.shift or data.flip else labels
        if isinstance(phase, ForwardForward) and phase.negatives != "fixed":
            static = min(static, 1)
        cached = min(static, int(experiment.cache_bytes // (images * layer.inputs * BYTES_CACHED)))
        below = sum((lower.forward(1) for lower in layers[:number]), NONE)
        yield [layer], layer.learning(labels) + below * (labels - cached), below * cached


def _backprop(layers: list[LayerCost], experiment: Experiment) -> Cost:
    """One image in an epoch: three products per layer, one label, and the head."""
    cost = sum((replace(layer, gradient=2).learning(1) for layer in layers), NONE)
    head = experiment.model.head
    return cost + _head(layers, experiment) if head is not None and head.kind == "linear" else cost


def _head(layers: list[LayerCost], experiment: Experiment) -> Cost:
    classes = experiment.data.info.classes
    return Cost(6.0 * layers[-1].outputs * classes, classes * PASSES_PER_ACTIVITY * BYTES)


def _labels(phase: ForwardForward | LocalCrossEntropy) -> int:
    """Number of labels with which an image is shown: positive and negative, or one where it has
    none.
    """
    return 2 if isinstance(phase, ForwardForward) else 1
