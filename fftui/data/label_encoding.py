"""Label encodings: how a label enters the inputs. Letters in shapes: B images, D inputs, C labels.

A label is a number from 0 to C - 1; the number C is the **neutral** label, encoded as the mean of
all labels. It is for features that depend on no label.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from fftui.data.encodings import PIXELS, VECTORS, LabelEncoding
from fftui.errors import ExperimentError


@dataclass(frozen=True)
class LabelInput:
    """The label input of a layer: its `encoding` (none where it has none), C `classes`, and the
    label's `value`.
    """

    encoding: LabelEncoding
    classes: int
    value: float

    @property
    def appended_inputs(self) -> int:
        """Number of inputs that the label appends to an image."""
        return self.classes if self.encoding in VECTORS else 0

    def column(self, pixels: int) -> int | None:
        """Column of label 0 among the inputs of an image of so many `pixels`, the other labels
        behind it; None where the label is not among them.
        """
        if self.encoding in VECTORS:
            return pixels
        return 0 if self.encoding in PIXELS else None


def with_neutral(rows_CX: Tensor) -> Tensor:
    """The rows of C labels (C, ...) followed by that of the neutral label, their mean: (C + 1,
    ...).
    """
    return torch.cat((rows_CX, rows_CX.mean(0, keepdim=True)))


def label_planes(label: LabelInput, height: int, width: int, *, generator: Generator) -> Tensor:
    """Label planes (C + 1, planes, height, width), added to an image as channels; the last is the
    neutral label's.

    `random-plane`: one plane of normal random numbers per label. `one-hot-plane`: C planes, the
    label's own all ones. Both are multiplied by `value`. Raises ExperimentError for an encoding
    that is no plane.
    """
    classes = label.classes
    if label.encoding == "one-hot-plane":
        planes = torch.eye(classes)[:, :, None, None].expand(classes, classes, height, width)
    elif label.encoding == "random-plane":
        planes = torch.randn(classes, 1, height, width, generator=generator)
    else:
        msg = f"no label plane is made for model.label.encoding = {label.encoding!r}"
        raise ExperimentError(msg)
    return with_neutral(planes * label.value)


def overlay(inputs_BD: Tensor, labels_B: Tensor, classes: int, value: float) -> Tensor:
    """A copy of the inputs (B, D) whose first C are 0, except that of the label, which is `value`.

    Images are flattened channel first, so the label is in the first rows of the first channel.
    Every label gives an image the same norm. Raises ValueError where an image has fewer inputs than
    there are labels.
    """
    if inputs_BD.shape[1] < classes:
        msg = f"an overlay of {classes} labels does not fit {inputs_BD.shape[1]} inputs"
        raise ValueError(msg)
    encoded = inputs_BD.clone()
    encoded[:, :classes] = 0
    encoded.scatter_(1, labels_B.unsqueeze(1), value)
    return encoded
