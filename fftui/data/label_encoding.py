"""Where the label goes in. Letters in shapes: B images, D inputs, C labels."""

from torch import Tensor


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
