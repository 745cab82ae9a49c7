"""What an experiment asks of a device: floating-point operations in products, and bytes moved elementwise.

Counted from the experiment alone, good enough to tell a time to a factor of about two (`fftui.runs.estimate`). Letters
in names: D inputs, H units, C labels, K channels, T tokens, W width of a token, S labels under which an image is shown.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from fftui.data.catalogue import SETS
from fftui.data.encodings import PLANES
from fftui.experiment import Backprop, Convolution, Experiment, ForwardForward, LocalCrossEntropy, Phase, SelfAttention
from fftui.experiment import Layer as LayerSpec

# What elementwise work costs, in passes over memory at the measured rate; both include what does not reach that rate
# (short vectors, conversions, the gaps between operations). Adam alone took 2 ns a weight where a pass took 0.1 ns.
PASSES_PER_ACTIVITY = 40
PASSES_PER_WEIGHT = 20
BYTES = 4
BYTES_KEPT = 2  # a number of a cached input
TOKEN_NUMBERS = 16  # made of a token, a number of its width, by norms, attention and the network behind it
MLP_RATIO = 4
FLOPS_PER_BYTE = 16  # that a device does in the time in which it moves a byte, about: 10 to 25 on CPUs and GPUs


@dataclass(frozen=True)
class Work:
    """Floating-point operations in products, and bytes moved elementwise."""

    flops: float
    moved_bytes: float

    def __add__(self, other: "Work") -> "Work":
        return Work(self.flops + other.flops, self.moved_bytes + other.moved_bytes)

    def __mul__(self, times: float) -> "Work":
        return Work(self.flops * times, self.moved_bytes * times)


NONE = Work(0.0, 0.0)


@dataclass(frozen=True)
class StretchWork:
    """What is learned from an optimiser's start to its end: `layers` layers in `steps` steps, and their arithmetic."""

    layers: int
    steps: int
    work: Work

    @property
    def cost(self) -> float:
        """How long it takes beside other stretches on the same device, in no unit."""
        return self.work.flops + FLOPS_PER_BYTE * self.work.moved_bytes


@dataclass(frozen=True)
class LayerWork:
    """What one layer does to one image going up: products that serve all its labels, and those that each label needs.

    A gradient takes `gradient` times the products again. `numbers` are made elementwise, per label.
    """

    shared_flops: float
    flops: float
    gradient: float
    numbers: float
    weights: float
    inputs: int
    outputs: int

    def up(self, labels: int) -> Work:
        """The answer to an image under `labels` labels."""
        return Work(self.shared_flops + labels * self.flops, labels * self.numbers * PASSES_PER_ACTIVITY / 2 * BYTES)

    def learning(self, labels: int) -> Work:
        """Answer and gradient for an image under `labels` labels."""
        flops = (self.shared_flops + labels * self.flops) * (1 + self.gradient)
        return Work(flops, labels * self.numbers * PASSES_PER_ACTIVITY * BYTES)

    @property
    def update(self) -> Work:
        """One step of the optimiser."""
        return Work(0.0, self.weights * PASSES_PER_WEIGHT * BYTES)


Stretch = tuple[Sequence[LayerWork], Work, Work]  # who learns; an image of an epoch; an image, once


def work_of(experiment: Experiment) -> Work:
    """The arithmetic of learning in all phases, without evaluation."""
    return sum((stretch.work for stretch in stretches_of(experiment)), NONE)


def stretches_of(experiment: Experiment) -> Iterator[StretchWork]:
    """The arithmetic of each stretch: a layer after a layer, or all that learn together, phase after phase."""
    images, layers = images_of(experiment), list(layers_of(experiment))
    for phase in experiment.phases:
        steps = math.ceil(images / phase.batch_size)
        for learned, each, once in _stretches(layers, experiment, phase):
            updates = sum((layer.update for layer in learned), NONE) * steps
            work = (each * images + updates) * phase.epochs + once * images
            yield StretchWork(len(learned), phase.epochs * steps, work)


def _stretches(layers: list[LayerWork], experiment: Experiment, phase: Phase) -> Iterator[Stretch]:
    if isinstance(phase, Backprop):
        yield layers, _backprop(layers, experiment), NONE
    elif phase.order == "parallel":
        yield layers, _parallel(layers, experiment, phase), NONE
    else:
        yield from _layer_wise(layers, experiment, phase)


def images_of(experiment: Experiment) -> int:
    """Training images."""
    data = experiment.data
    return data.train_images or SETS[data.name].train_images - data.validation_images


def layers_of(experiment: Experiment) -> Iterator[LayerWork]:
    """The layers, first to last."""
    info, label = SETS[experiment.data.name], experiment.model.label
    shape: tuple[int, ...] = info.shape
    for number, spec in enumerate(experiment.model.layers):
        reached = number == 0 or (label.encoding in PLANES and label.planes == "every")
        made = _layer(spec, shape, info.classes, label.encoding if reached else "none", first=number == 0)
        yield made[0]
        shape = made[1]


def _layer(
    spec: LayerSpec, shape: tuple[int, ...], classes: int, encoding: str, *, first: bool
) -> tuple[LayerWork, tuple[int, ...]]:
    """A layer on inputs of `shape`, and the shape of what it passes on."""
    if isinstance(spec, Convolution):
        return _convolution(spec, shape, classes if encoding in PLANES else 0, first=first)
    inputs = math.prod(shape) + (classes if encoding == "appended" else 0)
    if isinstance(spec, SelfAttention):
        return _attention(spec, shape), (spec.units,)
    products = 2.0 * inputs * spec.units
    shares = first and spec.normalisation != "batch"  # the label is a row of the weights more
    own = (products, 0.0) if shares else (0.0, products)
    return LayerWork(*own, 1, spec.units, inputs * spec.units, inputs, spec.units), (spec.units,)


def _convolution(
    spec: Convolution, shape: tuple[int, ...], planes: int, *, first: bool
) -> tuple[LayerWork, tuple[int, ...]]:
    """A convolution: images are convolved once where the label is a plane, the planes of C labels for each."""
    channels, height, width = shape
    height, width = (size + 2 * spec.padding - spec.kernel + 1 for size in (height, width))
    numbers = spec.channels * height * width
    products = 2.0 * channels * spec.kernel**2 * numbers
    own = (products, 0.0) if first and planes else (0.0, products)
    placed = 2.0 * planes * numbers
    weights = spec.channels * (channels + planes) * spec.kernel**2
    sides = (height, width) if spec.pooling == "none" else (height // 2, width // 2)
    passed_on = (spec.channels, *sides)
    made = LayerWork(own[0], own[1] + placed, 1, numbers, weights, math.prod(shape), math.prod(passed_on))
    return made, passed_on


def _attention(spec: SelfAttention, shape: tuple[int, ...]) -> LayerWork:
    """Patch embedding, attention, the network behind it, units; the gradient crosses them all."""
    channels, height, width = shape
    tokens = (height // spec.patch) * (width // spec.patch)
    patch = channels * spec.patch**2 * (5 if spec.embedding == "shifted" else 1)
    summary = spec.width * (tokens if spec.summary == "flatten" else 1)
    mixed = 4 * spec.width + 2 * tokens  # queries, keys, values, output; and the tokens against each other
    hidden = 2 * MLP_RATIO * spec.width if spec.residual else 0
    products = tokens * spec.width * (patch + mixed + hidden) + summary * spec.units
    weights = spec.width * (patch + 4 * spec.width + hidden) + summary * spec.units
    numbers = tokens * spec.width * TOKEN_NUMBERS + spec.heads * tokens**2 + spec.units
    return LayerWork(0.0, 2.0 * products, 2, numbers, weights, math.prod(shape), spec.units)


def _parallel(layers: list[LayerWork], experiment: Experiment, phase: ForwardForward | LocalCrossEntropy) -> Work:
    """An image of an epoch in which all layers learn, and the head with its pass under the neutral label."""
    work = sum((layer.learning(_labels(phase)) for layer in layers), NONE)
    head = experiment.model.head
    if head is not None and head.kind == "linear" and isinstance(phase, ForwardForward):
        shared = Work(layers[0].shared_flops, 0.0) * -1  # the first product serves the neutral label too
        work += sum((layer.up(1) for layer in layers), shared) + _head(layers, experiment)
    return work


def _layer_wise(
    layers: list[LayerWork], experiment: Experiment, phase: ForwardForward | LocalCrossEntropy
) -> Iterator[Stretch]:
    """Layer after layer.

    A layer's inputs stand still unless images are moved or labels drawn anew, and are kept as far as they fit.
    """
    labels, images, data = _labels(phase), images_of(experiment), experiment.data
    for number, layer in enumerate(layers):
        if number == 0:
            yield [layer], layer.learning(labels), NONE
            continue
        still = 0 if data.shift or data.flip else labels
        if isinstance(phase, ForwardForward) and phase.negatives != "fixed":
            still = min(still, 1)
        kept = min(still, int(experiment.cache_bytes // (images * layer.inputs * BYTES_KEPT)))
        lifted = sum((below.up(1) for below in layers[:number]), NONE)
        yield [layer], layer.learning(labels) + lifted * (labels - kept), lifted * kept


def _backprop(layers: list[LayerWork], experiment: Experiment) -> Work:
    """An image of an epoch: three products a layer, one label, and the head."""
    work = sum((replace(layer, gradient=2).learning(1) for layer in layers), NONE)
    head = experiment.model.head
    return work + _head(layers, experiment) if head is not None and head.kind == "linear" else work


def _head(layers: list[LayerWork], experiment: Experiment) -> Work:
    classes = SETS[experiment.data.name].classes
    return Work(6.0 * layers[-1].outputs * classes, classes * PASSES_PER_ACTIVITY * BYTES)


def _labels(phase: ForwardForward | LocalCrossEntropy) -> int:
    """Labels under which an image is shown: positive and negative, or none at all."""
    return 2 if isinstance(phase, ForwardForward) else 1
