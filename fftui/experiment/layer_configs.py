"""Layers as an experiment describes them."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from fftui.experiment.config import Config

Activation = Literal["relu", "leaky-relu", "gelu", "tanh"]
LayerNormalisation = Literal["l2", "rms", "batch", "none"]


class FullyConnected(Config):
    """A fully connected layer behind a normalisation of its input."""

    kind: Literal["fully-connected"] = "fully-connected"
    units: int = Field(2000, ge=1, le=100_000, description="number of units H")
    normalisation: LayerNormalisation = Field(
        "l2",
        description=(
            "of the layer's input: l2 x/(|x|+1e-4), rms x/rms(x), batch (of each input), none"
        ),
    )
    activation: Activation = Field("relu", description="of the units")
    init: Literal["uniform", "normal"] = Field(
        "uniform",
        description=(
            "weights: uniform within 1/sqrt(D) as torch, or normal with variance 1/D and no bias"
        ),
    )

    @model_validator(mode="before")
    @classmethod
    def _reads_the_older_name_of_init(cls, values: object) -> object:
        """Reads `start`, the older name of `init`; where both are given, the last one counts."""
        if not isinstance(values, Mapping):
            return values
        return {"init" if key == "start" else key: value for key, value in values.items()}


class Convolution(Config):
    """A convolutional layer with stride 1: normalisation, convolution, activation, pooling."""

    kind: Literal["convolution"] = "convolution"
    channels: int = Field(32, ge=1, le=4096, description="number of output channels")
    kernel: int = Field(5, ge=1, le=15, description="width and height of the kernel in pixels")
    padding: int = Field(2, ge=0, le=7, description="pixels of zeros around the input")
    pooling: Literal["none", "before-goodness", "after-goodness"] = Field(
        "before-goodness",
        description=(
            "2 x 2 maxima; goodness is of the maxima (before-goodness) or of the activities"
            " (after-goodness)"
        ),
    )
    normalisation: LayerNormalisation = Field(
        "batch",
        description=(
            "of the layer's input: batch (of each channel), rms or l2 of the whole image, none"
        ),
    )
    activation: Activation = Field("relu", description="of the units")


class SelfAttention(Config):
    """Self-attention over the patches of an image, followed by units whose activities have the
    goodness.
    """

    kind: Literal["self-attention"] = "self-attention"
    units: int = Field(1000, ge=1, le=100_000, description="number of units H behind the tokens")
    patch: int = Field(7, ge=1, le=32, description="width and height of a patch in pixels")
    width: int = Field(64, ge=1, le=4096, description="width of a token")
    heads: int = Field(4, ge=1, le=64, description="heads of the attention; they share the width")
    embedding: Literal["learned", "frozen", "shifted"] = Field(
        "learned",
        description=(
            "of patches: learned, frozen at random, or of the image and four shifted copies of it"
        ),
    )
    positions: bool = Field(True, description="a learned vector for each token's position")
    residual: bool = Field(
        True,
        description="pre-norm attention and GELU network, both residual; false: bare attention",
    )
    summary: Literal["flatten", "mean"] = Field(
        "flatten", description="input of the units: all tokens flattened, or their mean"
    )
    normalisation: Literal["l2", "rms", "none"] = Field("rms", description="of that summary")
    activation: Activation = Field("relu", description="of the units")


def _kind(value: object) -> str:
    """The kind of a layer; fully connected where none is given."""
    kind = (
        value.get("kind", "fully-connected")
        if isinstance(value, Mapping)
        else getattr(value, "kind", "")
    )
    return str(kind)


Layer = Annotated[
    Annotated[FullyConnected, Tag("fully-connected")]
    | Annotated[Convolution, Tag("convolution")]
    | Annotated[SelfAttention, Tag("self-attention")],
    Discriminator(_kind),
]


# The kind of first layer that an encoding needs, where it needs one.
