"""The network of an experiment: its layers, where the label goes in, and the head."""

import math
from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field

from fftui.data.catalogue import SetInfo
from fftui.data.encodings import PIXELS, PLANES, LabelEncoding
from fftui.experiment.config import Config
from fftui.experiment.layer_configs import LAYERS, Layer, LayerConfig, Shape


class Label(Config):
    """How the label enters the layers, for rules that show it to them."""

    encoding: LabelEncoding = Field(
        "overlay",
        description=(
            "none; overlay (on the first C pixels), appended (to the vector); a plane a class,"
            " random or one-hot; added to every-token or the first-token; a label-token of its own"
        ),
    )
    scale: float = Field(
        1.0,
        gt=0,
        description="brightness of an appended label or a plane; an overlay's is the set's",
    )
    planes: Literal["first", "every"] = Field(
        "every", description="convolutions that see the label plane"
    )

    def encoding_at(self, layer: int) -> LabelEncoding:
        """The encoding that layer number `layer` (from 0) has: the first one, and with planes
        perhaps every layer.
        """
        has_label = layer == 0 or (self.encoding in PLANES and self.planes == "every")
        return self.encoding if has_label else "none"


class Head(Config):
    """A softmax classifier on the outputs of the last layer, or of several layers side by side."""

    kind: Literal["linear", "last-layer"] = Field(
        "linear",
        description=(
            "linear: weights of its own; last-layer: the last layer's C units are the logits"
        ),
    )
    normalisation: Literal["rms", "none"] = Field(
        "none", description="of its inputs, the outputs of each layer"
    )
    layers: tuple[int, ...] | None = Field(
        None,
        min_length=1,
        strict=False,
        description="layers whose outputs it reads, from 1; null: the last one",
    )
    pool: int = Field(
        1,
        ge=1,
        le=64,
        description="it reads images as means over windows of so many pixels, each way; 1: whole",
    )


class Model(Config):
    """The layers of the network, first to last, their label encoding, and the head."""

    layers: tuple[Layer, ...] = Field(min_length=1, max_length=64, strict=False)
    label: Label = Label()
    head: Head | None = Field(
        None, description="a softmax classifier; backprop and hard negatives need it"
    )

    @property
    def has_own_head(self) -> bool:
        """Whether it has a head with weights of its own."""
        return self.head is not None and self.head.kind == "linear"

    @property
    def read_layers(self) -> tuple[int, ...]:
        """The layers (from 1) whose outputs the head reads; none where there is no head."""
        if self.head is None:
            return ()
        return self.head.layers or (len(self.layers),)

    def read_shapes(self, shape: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
        """The shape of the outputs of each layer that the head reads, of images of `shape`."""
        shapes = []
        for layer in self.layers:
            shape = layer.output_shape(shape)
            shapes.append(shape)
        return tuple(shapes[number - 1] for number in self.read_layers)

    def head_inputs(self, shape: tuple[int, ...]) -> int:
        """Number of inputs of the head, of images of `shape`; 0 where it has no weights."""
        if self.head is None or not self.has_own_head:
            return 0
        return sum(read_size(each, self.head.pool) for each in self.read_shapes(shape))

    def small(self, info: SetInfo) -> Self:
        """A copy that learns in seconds, for the data set of `info`."""
        layers: list[LayerConfig] = []
        shapes: list[Shape] = [info.shape]
        for layer in self.layers:
            small = layer.small(info.classes)
            if layers and layers[-1].keeps_input:
                small = small.matched(shapes[-2])
            layers.append(small)
            shapes.append(small.output_shape(shapes[-1]))
        return self.replaced(layers=tuple(layers))

    def problems(self, info: SetInfo) -> Iterator[str]:
        """Settings that do not fit together, or not the data set of `info`."""
        first = self.layers[0]
        if self.label.encoding not in first.encodings:
            able = [name for name, cls in LAYERS.items() if self.label.encoding in cls.encodings]
            yield (
                f"model.label.encoding = {self.label.encoding!r} needs a first layer of kind"
                f" {' or '.join(map(repr, able))}"
            )
        if self.label.encoding in PIXELS and info.classes > info.inputs:
            yield (
                f"an overlay of {info.classes} labels does not fit {info.inputs} pixels: set"
                " model.label.encoding = 'appended'"
            )
        for number, layer in enumerate(self.layers):
            for problem in layer.label_problems(self.label.encoding_at(number)):
                yield f"model.layers.{number}: {problem}"
        yield from self._shape_problems(info.shape)
        yield from self._head_problems()
        if self.head and self.head.kind == "last-layer" and self.layers[-1].logits != info.classes:
            yield (
                "model.head.kind = 'last-layer' needs a fully connected last layer of"
                f" {info.classes} units"
            )

    def _head_problems(self) -> Iterator[str]:
        """Layers that the head cannot read."""
        if self.head is None or self.head.layers is None:
            return
        count, read = len(self.layers), self.head.layers
        if any(not 1 <= number <= count for number in read) or len(set(read)) < len(read):
            yield f"model.head.layers = {list(read)}: name layers from 1 to {count}, each once"
        if self.head.kind == "last-layer":
            yield "model.head.kind = 'last-layer' reads no layers: leave out model.head.layers"

    def _shape_problems(self, shape: Shape) -> Iterator[str]:
        """What the layers refuse, up to the first one that refuses its inputs."""
        kept: Shape | None = None
        for number, layer in enumerate(self.layers):
            refused = [*_kept_problems(layer, kept), *layer.problems(shape, first=number == 0)]
            if refused:
                yield from (f"model.layers.{number}: {problem}" for problem in refused)
                return
            kept = shape if layer.keeps_input else None
            shape = layer.output_shape(shape)
        if kept is not None:
            yield f"model.layers.{len(self.layers) - 1}: no layer above it joins what it keeps"


def _kept_problems(layer: LayerConfig, kept: Shape | None) -> Iterator[str]:
    """Why `layer` cannot follow one that keeps an input of shape `kept`, or (None) keeps none."""
    if layer.joins_kept and kept is None:
        yield "the layer below keeps no input to join: set its shortcut = 'keep'"
    if kept is not None and not layer.joins_kept:
        yield "the layer below keeps its input: set shortcut = 'add' or 'concatenate'"
    if kept is not None and layer.matched(kept) != layer:
        yield f"the layer below keeps {kept[0]} channels: have as many"


def read_size(shape: tuple[int, ...], pool: int) -> int:
    """Number of outputs of `shape` that a head with windows of `pool` pixels reads: means over
    whole windows, and all of what is no image or smaller than a window.
    """
    if not is_pooled(shape, pool):
        return math.prod(shape)
    return math.prod((shape[0], *(side // pool for side in shape[1:])))


def is_pooled(shape: tuple[int, ...], pool: int) -> bool:
    """Whether a head with windows of `pool` pixels reads means of outputs of `shape`."""
    return pool > 1 and len(shape) > 1 and min(shape[1:]) >= pool


def through_batch_statistics(model: Model) -> str | None:
    """Why gradients through the layers of `model` are of the whole batch; None where none are."""
    if any(getattr(layer, "normalisation", None) == "batch" for layer in model.layers):
        return "its gradients go through normalisation = 'batch', of the whole batch"
    return None
