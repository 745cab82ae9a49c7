"""The network of an experiment: its layers, where the label goes in, and the head."""

from typing import Literal

from pydantic import Field

from fftui.data.encodings import PLANES, TOKENS, LabelEncoding
from fftui.experiment.config import Config
from fftui.experiment.layer_configs import Layer

# The kind of first layer that an encoding needs, where it needs one.
FIRST_LAYERS: dict[str, str] = {
    "appended": "fully-connected",
    **dict.fromkeys(PLANES, "convolution"),
    **dict.fromkeys(TOKENS, "self-attention"),
}


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


class Head(Config):
    """A softmax classifier on the activities of the last layer."""

    kind: Literal["linear", "last-layer"] = Field(
        "linear",
        description=(
            "linear: weights of its own; last-layer: the last layer's C units are the logits"
        ),
    )
    normalisation: Literal["rms", "none"] = Field(
        "none", description="of its inputs, the activities of the last layer"
    )


class Model(Config):
    """The layers of the network, first to last, their label encoding, and the head."""

    layers: tuple[Layer, ...] = Field(min_length=1, max_length=64, strict=False)
    label: Label = Label()
    head: Head | None = Field(
        None, description="a softmax classifier; backprop and hard negatives need it"
    )
