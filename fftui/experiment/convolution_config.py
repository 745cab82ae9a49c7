"""The convolutional layer as an experiment describes it."""

import math
from collections.abc import Iterator
from typing import ClassVar, Literal, Self

from pydantic import Field

from fftui.data.encodings import PIXELS, PLANES, LabelEncoding, planes_of
from fftui.experiment.cost_terms import LayerCost
from fftui.experiment.layer_configs import (
    DRAWN,
    DROPOUT,
    LAYERS,
    SMALL_CHANNELS,
    TRIANGLE_POWER,
    Activation,
    LayerConfig,
    LayerNormalisation,
    Shape,
    group_label_problems,
)

Shortcut = Literal["none", "keep", "add", "concatenate"]


@LAYERS.add
class Convolution(LayerConfig):
    """A convolutional layer: normalisation, convolution, activation, pooling."""

    kind: Literal["convolution"] = "convolution"
    channels: int = Field(32, ge=1, le=4096, description="number of output channels")
    kernel: int = Field(5, ge=1, le=15, description="width and height of the kernel in pixels")
    padding: int = Field(2, ge=0, le=7, description="pixels around the input")
    border: Literal["zeros", "reflected"] = Field(
        "zeros", description="those pixels: zeros, or the input reflected at its border"
    )
    stride: int = Field(1, ge=1, le=8, description="pixels by which the kernel moves")
    channel_groups: int = Field(
        1, ge=1, description="groups of input channels, each convolved by itself to its outputs"
    )
    bias: bool = Field(True, description="a learned number a channel, added to the convolution")
    init: Literal["uniform", "kaiming"] = Field(
        "uniform",
        description=(
            "weights: uniform within 1/sqrt(fan-in) as torch, or normal with variance 2/fan-out"
            " (Kaiming) and bias 0"
        ),
    )
    pooling: Literal["none", "before-goodness", "after-goodness"] = Field(
        "before-goodness",
        description=(
            "goodness is of what was pooled (before-goodness) or of the activities (after-goodness)"
        ),
    )
    pool: Literal["max", "average"] = Field(
        "max", description="pooling takes the maximum or the mean of each window"
    )
    pool_size: int = Field(2, ge=1, le=64, description="width and height of a pooling window")
    pool_stride: int | None = Field(
        None, ge=1, le=64, description="pixels by which that window moves; null: its width"
    )
    pool_padding: int = Field(
        0, ge=0, le=32, description="pixels around what is pooled, half a window at most"
    )
    normalisation: LayerNormalisation = Field(
        "batch",
        description=(
            "of the layer's input: batch (of each channel), layer, rms or l2 of the whole image,"
            " group (as layer, over each class's channels), none"
        ),
    )
    output_normalisation: Literal["none", "batch"] = Field(
        "none",
        description="of the activities: batch, of each channel, with a learned scale and shift",
    )
    activation: Activation = Field("relu", description="of the units")
    output: Literal["activities", "triangle", "normalised"] = Field(
        "activities",
        description=(
            "to pooling after goodness and the next layer: the activities z; triangle: max(0, z -"
            " their mean over the channels); normalised: (z - mean)/std over each class's channels"
        ),
    )
    triangle_power: float = Field(1.0, gt=0, le=8, description=TRIANGLE_POWER)
    dropout: float = Field(0.0, ge=0, le=0.99, description=DROPOUT)
    shortcut: Shortcut = Field(
        "none",
        description=(
            "keep: hands its input on beside its outputs, means over its stride; add or"
            " concatenate (class by class): joins its outputs with what the layer below kept"
        ),
    )

    encodings: ClassVar[tuple[LabelEncoding, ...]] = ("none", *PIXELS, *PLANES)

    takes_feedback: ClassVar[bool] = True
    competes: ClassVar[bool] = True

    @property
    def keeps_input(self) -> bool:
        """With shortcut = "keep"."""
        return self.shortcut == "keep"

    @property
    def joins_kept(self) -> bool:
        """With shortcut = "add" or "concatenate"."""
        return self.shortcut in ("add", "concatenate")

    def own_inputs(self, input_channels: int) -> int:
        """Channels that it convolves, of those it is given: all but what the layer below kept."""
        return input_channels - self.channels if self.joins_kept else input_channels

    def output_shape(self, input_shape: Shape) -> Shape:
        """(channels, height, width) after pooling and the shortcut."""
        channels, *sides = self.pooled_shape(input_shape)
        beside = {"keep": input_shape[0], "concatenate": self.channels}.get(self.shortcut, 0)
        return (channels + beside, *sides)

    def pooled_shape(self, input_shape: Shape) -> Shape:
        """(channels, height, width) after pooling."""
        channels, *sides = self.convolved_shape(input_shape)
        if self.pooling == "none":
            return (channels, *sides)
        step = self.pool_stride or self.pool_size
        beyond = 2 * self.pool_padding - self.pool_size
        return (channels, *((side + beyond) // step + 1 for side in sides))

    def activity_shape(self, input_shape: Shape) -> Shape:
        """(channels, height, width), pooled where it pools before goodness."""
        if self.pooling == "before-goodness":
            return self.pooled_shape(input_shape)
        return self.convolved_shape(input_shape)

    def convolved_shape(self, input_shape: Shape) -> Shape:
        """(channels, height, width) before pooling."""
        beyond = 2 * self.padding - self.kernel
        return (self.channels, *((side + beyond) // self.stride + 1 for side in input_shape[1:]))

    def cost(
        self, input_shape: Shape, classes: int, encoding: LabelEncoding, *, first: bool
    ) -> LayerCost:
        """Where the label is a plane, images are convolved once and the planes of C labels for
        each.
        """
        planes = classes if encoding in PLANES else 0
        floats = math.prod(self.convolved_shape(input_shape))
        inputs = self.own_inputs(input_shape[0]) // self.channel_groups
        products = 2.0 * inputs * self.kernel**2 * floats
        shared, own = (products, 0.0) if first and planes else (0.0, products)
        weights = self.channels * (inputs + planes_of(encoding, classes)) * self.kernel**2
        norm = 2 * self.channels if self.output_normalisation == "batch" else 0
        return LayerCost(
            shared,
            own + 2.0 * planes * floats,
            1,
            floats,
            weights + norm,
            math.prod(input_shape),
            math.prod(self.output_shape(input_shape)),
        )

    @property
    def groups(self) -> int:
        """Its channels."""
        return self.channels

    def needs_whole_batch(self) -> str | None:
        """Dropout and the normalisation of activities; statistics of inputs are added up."""
        if self.output_normalisation == "batch":
            return "output_normalisation takes the statistics of a whole batch: set it to 'none'"
        return DRAWN if self.dropout else None

    @property
    def short_name(self) -> str:
        """Such as "conv 32"."""
        return f"conv {self.channels}"

    def problems(self, input_shape: Shape, *, first: bool) -> Iterator[str]:
        """Inputs that are no image or smaller than the kernel, and groups that do not divide the
        channels.
        """
        if len(input_shape) != 3 or self._smallest_side(input_shape) < 1:
            yield f"a convolution of width {self.kernel} has no image left to convolve"
            return
        yield from self._shortcut_problems(input_shape, first=first)
        if self.border == "reflected" and self.padding >= min(input_shape[1:]):
            yield f"border = 'reflected' has fewer than padding = {self.padding} pixels to reflect"
        inputs = self.own_inputs(input_shape[0])
        for channels, what in ((inputs, "input channels"), (self.channels, "channels")):
            if channels % self.channel_groups:
                yield f"channel_groups = {self.channel_groups} do not divide {channels} {what}"
        if self.pooling != "none" and 2 * self.pool_padding > self.pool_size:
            yield f"pool_padding is more than half of pool_size = {self.pool_size}"

    def _smallest_side(self, input_shape: Shape) -> int:
        """Of what it convolves and what it gives: a pool's padding makes an image of none."""
        return min(*self.convolved_shape(input_shape), *self.output_shape(input_shape))

    def _shortcut_problems(self, input_shape: Shape, *, first: bool) -> Iterator[str]:
        """A shortcut that changes size, past images or a normalisation of its own."""
        if self.shortcut == "none":
            return
        if first:
            yield "the first layer's input is the image: set shortcut = 'none'"
        if self.pooling != "none":
            yield "a shortcut goes past no pooling: set pooling = 'none', and stride"
        if self.joins_kept:
            if self.stride > 1:
                yield "what was kept has the size of the input: set stride = 1"
            if self.normalisation not in ("batch", "none"):
                yield (
                    "what was kept would be normalised too: set normalisation = 'none', and output"
                    " = 'normalised' of the layers below"
                )
        kept = (-(-side // self.stride) for side in input_shape[1:])
        if tuple(kept) != self.convolved_shape(input_shape)[1:]:
            yield (
                f"a shortcut is as large as what it goes past: set padding = {self.kernel // 2} and"
                " an odd kernel"
            )

    def label_problems(self, encoding: LabelEncoding) -> Iterator[str]:
        """A label among inputs that are normalised in groups, or a plane beside such channels."""
        yield from group_label_problems(self.normalisation, encoding)
        if self.channel_groups > 1 and encoding in PLANES:
            yield "a label plane is of no group of channels: set channel_groups = 1"

    def small(self, classes: int) -> Self:
        """With at most `SMALL_CHANNELS` channels, or one a class, in groups of equal size."""
        wanted = max(SMALL_CHANNELS, classes)
        wanted += -wanted % self.channel_groups
        return self.replaced(channels=min(self.channels, wanted))

    def matched(self, kept: Shape) -> Self:
        """With as many channels as were kept, where it joins them."""
        return self.replaced(channels=kept[0]) if self.joins_kept else self
