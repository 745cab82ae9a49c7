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


# How a label goes in, in words.
WORDS: dict[LabelEncoding, str] = {
    "none": "no label goes in",
    "overlay": "overlay: the first pixels are 0, but for that of the label",
    "appended": "appended: a value a class behind the pixels, that of the label lit",
    "random-plane": "random plane: one more channel, of fixed random numbers a class",
    "one-hot-plane": "one-hot planes: a channel a class, that of the label lit",
    "every-token": "every token: the label's learned vector is added to all tokens",
    "first-token": "first token: the label's learned vector is added to the first token",
    "label-token": "label token: the label's learned vector is a token of its own",
}
