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
PLANES_A_CLASS: tuple[LabelEncoding, ...] = ("one-hot-plane",)  # the others are one plane


def planes_of(encoding: LabelEncoding, classes: int) -> int:
    """Number of channels that a label plane adds to an image; 0 for encodings of another group."""
    if encoding not in PLANES:
        return 0
    return classes if encoding in PLANES_A_CLASS else 1
