"""Layers as an experiment describes them: each states its own shapes, cost and limits."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, PlainValidator, SerializeAsAny, model_validator

from fftui.data.encodings import PIXELS, VECTORS, LabelEncoding
from fftui.experiment.choices import Choice
from fftui.experiment.config import Config
from fftui.experiment.cost_terms import LayerCost
from fftui.experiment.kinds import Kinds

Activation = Annotated[str, Choice("activation")]
LayerNormalisation = Literal["l2", "rms", "layer", "group", "batch", "none"]
Shape = tuple[int, ...]  # (D,) or (channels, height, width)

SMALL_UNITS, SMALL_CHANNELS, SMALL_WIDTH = 300, 10, 32
DROPOUT = "share of the activities set to 0 while learning, in steps of 1/256"
TRIANGLE_POWER = "power to which the triangle is raised"
DRAWN = "dropout draws its numbers for a whole batch: set dropout = 0"


class LayerConfig(Config, ABC):
    """Base of the descriptions of layers.

    A kind gives its `kind` a default and states its shapes, groups, cost and short name; the rest
    has a default.
    """

    kind: str
    # what it can be shown a label by, as the first layer
    encodings: ClassVar[tuple[LabelEncoding, ...]] = ("none", *PIXELS)
    # whether it computes without normalisation and label, as the paper's hybrid
    takes_raw_inputs: ClassVar[bool] = False
    # whether its gradient can go down through feedback weights in place of its own
    takes_feedback: ClassVar[bool] = False
    # whether its activities are of units with weights of their own, which can compete
    competes: ClassVar[bool] = False

    @abstractmethod
    def output_shape(self, input_shape: Shape) -> Shape:
        """Shape of its outputs for inputs of `input_shape`, which `problems` does not refuse."""

    def activity_shape(self, input_shape: Shape) -> Shape:
        """Shape of the activities that have the goodness."""
        return self.output_shape(input_shape)

    @abstractmethod
    def cost(
        self, input_shape: Shape, classes: int, encoding: LabelEncoding, *, first: bool
    ) -> LayerCost:
        """Cost for one image; `encoding` is the label's at this layer, "none" where it has none."""

    @property
    @abstractmethod
    def groups(self) -> int:
        """Number of units or channels that class groups are cut from."""

    @property
    @abstractmethod
    def short_name(self) -> str:
        """The layer in lists: its kind, unless it is fully connected, and its size."""

    @property
    def logits(self) -> int | None:
        """Number of logits that it gives as the last layer; None where it gives none."""
        return None

    def problems(self, input_shape: Shape, *, first: bool) -> Iterator[str]:
        """Reasons why the layer cannot follow inputs of `input_shape`."""
        yield from ()

    def needs_whole_batch(self) -> str | None:
        """Why the images of a batch have to be in one process; None where they do not depend on
        each other.
        """
        return f"{self.kind} layers do not state that a batch's images are independent"

    @property
    def keeps_input(self) -> bool:
        """Whether it hands its input on beside its outputs, for the next layer to join with its
        own.
        """
        return False

    @property
    def joins_kept(self) -> bool:
        """Whether it joins its outputs with an input that the layer below it has kept."""
        return False

    def label_problems(self, encoding: LabelEncoding) -> Iterator[str]:
        """Reasons why, with its settings, it cannot be shown a label by `encoding`, which is one of
        its `encodings`.
        """
        yield from ()

    def fitted(self, input_shape: Shape) -> Self:
        """A copy for inputs of a shape that a preset could not foresee."""
        return self

    def small(self, classes: int) -> Self:
        """A copy that learns in seconds, with room for a group of each of `classes`."""
        return self

    def matched(self, kept: Shape) -> Self:
        """A copy whose outputs can be joined with an input of shape `kept`, where it joins one."""
        return self


LAYERS: Kinds[LayerConfig] = Kinds(LayerConfig, "kind", default="fully-connected")  # type: ignore[type-abstract]
Layer = Annotated[LayerConfig, PlainValidator(LAYERS.validate), SerializeAsAny()]


def group_label_problems(
    normalisation: LayerNormalisation, encoding: LabelEncoding
) -> Iterator[str]:
    """A label among inputs whose groups are normalised one by one: it would change its own group
    alone, so that labels shared no products.
    """
    if normalisation == "group" and encoding in (*PIXELS, *VECTORS):
        yield "normalisation = 'group' goes with no label among the inputs: take 'layer' or 'rms'"


@LAYERS.add
class FullyConnected(LayerConfig):
    """A fully connected layer behind a normalisation of its input."""

    kind: Literal["fully-connected"] = "fully-connected"
    units: int = Field(2000, ge=1, le=100_000, description="number of units H")
    normalisation: LayerNormalisation = Field(
        "l2",
        description=(
            "of the layer's input: l2 x/(|x|+1e-4), rms x/rms(x), layer (x-mean)/std over the"
            " inputs of an image, group (so over each class's group of them), batch (of each"
            " input), none"
        ),
    )
    activation: Activation = Field("relu", description="of the units")
    init: Literal["uniform", "normal"] = Field(
        "uniform",
        description=(
            "weights: uniform within 1/sqrt(D) as torch, or normal with variance 1/D and no bias"
        ),
    )
    output: Literal["activities", "triangle"] = Field(
        "activities",
        description=(
            "to the next layer and the head: the activities z, or triangle: max(0, z - their mean)"
        ),
    )
    triangle_power: float = Field(1.0, gt=0, le=8, description=TRIANGLE_POWER)
    dropout: float = Field(0.0, ge=0, le=0.99, description=DROPOUT)

    encodings: ClassVar[tuple[LabelEncoding, ...]] = ("none", *PIXELS, *VECTORS)
    takes_raw_inputs: ClassVar[bool] = True
    takes_feedback: ClassVar[bool] = True
    competes: ClassVar[bool] = True

    @model_validator(mode="before")
    @classmethod
    def _reads_the_older_name_of_init(cls, values: object) -> object:
        """Reads `start`, the older name of `init`; where both are given, the last one counts."""
        if not isinstance(values, Mapping):
            return values
        return {"init" if key == "start" else key: value for key, value in values.items()}

    def output_shape(self, input_shape: Shape) -> Shape:
        """(H,)."""
        return (self.units,)

    def cost(
        self, input_shape: Shape, classes: int, encoding: LabelEncoding, *, first: bool
    ) -> LayerCost:
        """One product; the first layer's is shared by all labels, which only add a row of the
        weights.
        """
        inputs = math.prod(input_shape) + (classes if encoding in VECTORS else 0)
        products = 2.0 * inputs * self.units
        own = (products, 0.0) if first and self.normalisation != "batch" else (0.0, products)
        return LayerCost(*own, 1, self.units, inputs * self.units, inputs, self.units)

    @property
    def groups(self) -> int:
        """Its units."""
        return self.units

    def needs_whole_batch(self) -> str | None:
        """Dropout, whose numbers are drawn for a batch; statistics of a batch are added up."""
        return DRAWN if self.dropout else None

    @property
    def short_name(self) -> str:
        """Such as "2000"."""
        return str(self.units)

    @property
    def logits(self) -> int:
        """Its units."""
        return self.units

    def label_problems(self, encoding: LabelEncoding) -> Iterator[str]:
        """A label among inputs that are normalised in groups."""
        yield from group_label_problems(self.normalisation, encoding)

    def small(self, classes: int) -> Self:
        """With at most `SMALL_UNITS` units, or one a class."""
        return self.replaced(units=min(self.units, max(SMALL_UNITS, classes)))


def layers_text(layers: Sequence[LayerConfig]) -> str:
    """Layers as short text: `4 × 2000`, `conv 32 64`, `attention 1000 + 500`, `conv 5×20 40`."""
    named = [
        (kind, size) for kind, _, size in (layer.short_name.rpartition(" ") for layer in layers)
    ]
    if len(named) > 1 and len(set(named)) == 1:
        kind, size = named[0]
        return f"{kind} {len(named)} × {size}".strip()
    groups = (
        f"{kind} {_sizes_text(size for _, size in group)}".strip()
        for kind, group in groupby(named, lambda each: each[0])
    )
    return " + ".join(groups)


def _sizes_text(sizes: Iterable[str]) -> str:
    """Sizes one after the other; three of the same and more are counted."""
    runs = ((size, len(list(same))) for size, same in groupby(sizes))
    texts = (f"{count}×{size}" if count > 2 else " ".join([size] * count) for size, count in runs)
    return " ".join(texts)
