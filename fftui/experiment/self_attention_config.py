"""Self-attention layers as an experiment describes them."""

import math
from collections.abc import Iterator
from typing import ClassVar, Literal, Self

from pydantic import Field

from fftui.data.encodings import PIXELS, TOKENS, LabelEncoding
from fftui.experiment.cost_terms import LayerCost
from fftui.experiment.layer_configs import (
    LAYERS,
    SMALL_UNITS,
    SMALL_WIDTH,
    Activation,
    LayerConfig,
    Shape,
)

TOKEN_FLOATS = 16  # per token and unit of its width: norms, attention and the MLP behind it
MLP_RATIO = 4  # hidden units of the MLP behind the attention, as a multiple of the width


@LAYERS.add
class SelfAttention(LayerConfig):
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
    image_normalisation: Literal["none", "l2", "rms"] = Field(
        "none",
        description="of the whole image, an overlaid label included, before it is cut into patches",
    )
    activation: Activation = Field("relu", description="of the units")

    encodings: ClassVar[tuple[LabelEncoding, ...]] = ("none", *PIXELS, *TOKENS)
    competes: ClassVar[bool] = True

    def output_shape(self, input_shape: Shape) -> Shape:
        """(H,)."""
        return (self.units,)

    def cost(
        self, input_shape: Shape, classes: int, encoding: LabelEncoding, *, first: bool
    ) -> LayerCost:
        """Patch embedding, attention, the MLP behind it and the units; the gradient crosses all of
        them.
        """
        channels, height, width = input_shape
        tokens = (height // self.patch) * (width // self.patch)
        patch = channels * self.patch**2 * (5 if self.embedding == "shifted" else 1)
        summary = self.width * (tokens if self.summary == "flatten" else 1)
        # queries, keys, values, output; and the tokens against each other
        mixed = 4 * self.width + 2 * tokens
        hidden = 2 * MLP_RATIO * self.width if self.residual else 0
        products = tokens * self.width * (patch + mixed + hidden) + summary * self.units
        weights = self.width * (patch + 4 * self.width + hidden) + summary * self.units
        floats = tokens * self.width * TOKEN_FLOATS + self.heads * tokens**2 + self.units
        inputs = math.prod(input_shape)
        return LayerCost(0.0, 2.0 * products, 2, floats, weights, inputs, self.units)

    @property
    def groups(self) -> int:
        """Its units."""
        return self.units

    def needs_whole_batch(self) -> str | None:
        """Nothing does."""
        return None

    @property
    def short_name(self) -> str:
        """Such as "attention 1000"."""
        return f"attention {self.units}"

    def problems(self, input_shape: Shape, *, first: bool) -> Iterator[str]:
        """Inputs that are no images, patches that do not tile them, heads that do not divide the
        width.
        """
        if not first or len(input_shape) != 3:
            yield "self-attention cuts images into patches: it can only be the first layer"
            return
        for pixels in sorted(set(input_shape[1:])):
            if pixels % self.patch:
                yield f"patches of {self.patch} pixels do not tile {pixels} pixels"
        if self.width % self.heads:
            yield f"{self.heads} heads cannot share a width of {self.width}"

    def fitted(self, input_shape: Shape) -> Self:
        """With the patch nearest to this one's that tiles the images."""
        common = math.gcd(*input_shape[1:])
        tiling = [size for size in range(1, common + 1) if common % size == 0]
        return self.replaced(patch=min(tiling, key=lambda size: abs(size - self.patch)))

    def small(self, classes: int) -> Self:
        """With at most `SMALL_UNITS` units and tokens of width `SMALL_WIDTH`."""
        units = min(self.units, max(SMALL_UNITS, classes))
        return self.replaced(units=units, width=min(self.width, SMALL_WIDTH))
