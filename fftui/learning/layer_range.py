"""Which layers predict: a range of successive layers, chosen on validation images.

Letters in shapes: L layers, N images, C classes.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class LayerRange:
    """The layers from number `first` to number `last`, from 1, whose goodness is summed."""

    first: int
    last: int


class KeptRange(nn.Module):
    """A range that is saved with a network: at first all of its `layers`."""

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.register_buffer("first_and_last", torch.tensor([1, layers]))
        self.first_and_last: Tensor

    @property
    def range(self) -> LayerRange:
        """The range."""
        first, last = self.first_and_last.tolist()
        return LayerRange(first, last)

    @range.setter
    def range(self, value: LayerRange) -> None:
        self.first_and_last.copy_(torch.tensor([value.first, value.last]))


def best_range(goodness_LNC: Tensor, labels_N: Tensor) -> tuple[LayerRange, float]:
    """The range whose summed goodness labels most images rightly, and its accuracy there; of equal
    ones the longest, then the deepest.
    """
    count = len(goodness_LNC)
    best = (-1, 0, 0)
    for first in range(count):
        sums_RNC = goodness_LNC[first:].cumsum(0)
        rights = (sums_RNC.argmax(2) == labels_N).sum(1).tolist()
        best = max(best, *((right, n, first + 1) for n, right in enumerate(rights, 1)))
    right, length, first = best
    return LayerRange(first, first + length - 1), right / max(1, len(labels_N))
