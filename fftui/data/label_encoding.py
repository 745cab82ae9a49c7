"""Where the label goes in. Letters in shapes: B images, D inputs, C labels.

A label is a number from 0 to C - 1; the number C is the **neutral** label: the mean of what all labels put in. It
serves where features are wanted and no label is to be tried.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from fftui.data.encodings import LabelEncoding


@dataclass(frozen=True)
class LabelInput:
    """How labels reach one layer: `encoding` (none where they do not), C `classes`, and how strong they are."""

    encoding: LabelEncoding
    classes: int
    strength: float

    @property
    def appended_inputs(self) -> int:
        """Number of inputs that an image grows by."""
        return self.classes if self.encoding == "appended" else 0


def with_neutral(rows_CX: Tensor) -> Tensor:
    """What each label puts in (C, ...), and behind it what the neutral label does: (C + 1, ...)."""
    return torch.cat((rows_CX, rows_CX.mean(0, keepdim=True)))


def label_planes(label: LabelInput, height: int, width: int, *, generator: Generator) -> Tensor:
    """The planes (C + 1, planes, height, width) that an image under each label, and a neutral one, gets as channels.

    `random-plane`: one plane of normal numbers a label, drawn once. `one-hot-plane`: C planes, that of the label all
    ones. Both times `strength`.
    """
    classes = label.classes
    if label.encoding == "one-hot-plane":
        planes = torch.eye(classes)[:, :, None, None].expand(classes, classes, height, width)
    else:
        planes = torch.randn(classes, 1, height, width, generator=generator)
    return with_neutral(planes * label.strength)


def overlay(inputs_BD: Tensor, labels_B: Tensor, classes: int, value: float) -> Tensor:
    """A copy of the inputs (B, D) whose first C are 0 but for the one of the label, which is `value`.

    Images are flattened channel first, so the label stands in the first channel's first row or rows. Every label
    gives an image the same norm. Raises ValueError where an image has fewer inputs than there are labels.
    """
    if inputs_BD.shape[1] < classes:
        msg = f"an overlay of {classes} labels does not fit {inputs_BD.shape[1]} inputs"
        raise ValueError(msg)
    encoded = inputs_BD.clone()
    encoded[:, :classes] = 0
    encoded.scatter_(1, labels_B.unsqueeze(1), value)
    return encoded
