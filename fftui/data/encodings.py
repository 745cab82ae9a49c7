"""Ways for a label to reach the layers, by name; no tensor library is loaded here."""

from typing import Literal

LabelEncoding = Literal[
    "none",
    "overlay",
    "appended",
    "random-plane",
    "one-hot-plane",
    "every-token",
    "first-token",
    "label-token",
]
PIXELS: tuple[LabelEncoding, ...] = ("overlay",)
VECTORS: tuple[LabelEncoding, ...] = ("appended",)
PLANES: tuple[LabelEncoding, ...] = ("random-plane", "one-hot-plane")
TOKENS: tuple[LabelEncoding, ...] = ("every-token", "first-token", "label-token")
