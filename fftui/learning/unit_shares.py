"""How many units of the layers that learn are never active on some images, or always.

Letters in shapes: N images, H activities, U units (channels of a convolution), P positions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import torch
from torch import Tensor

from fftui.learning.images import Images
from fftui.learning.layers.layer import Layer
from fftui.learning.rules.phase_rule import PhaseRule

MOST_IMAGES = 200  # one pass with their labels: a fiftieth of what scoring ten labels takes
NONE_ACTIVE, ALL_ACTIVE = 0.0, 1.0


@dataclass(frozen=True)
class UnitShares:
    """Shares of units that are never above 0 on the images, at no position, and that always are,
    at all of them.
    """

    dead: float
    always_on: float


@torch.no_grad()
def unit_shares(
    rule: PhaseRule, layers: Sequence[Layer], learned: Sequence[Tensor], images: Images
) -> Mapping[int, UnitShares]:
    """The shares of each of `layers`, by number from 1, that has a parameter among `learned`, on
    the first `MOST_IMAGES` of the images with their labels.
    """
    known = {id(tensor) for tensor in learned}
    learning = [
        number
        for number, layer in enumerate(layers, 1)
        if any(id(parameter) in known for parameter in layer.parameters())
    ]
    if not learning or not len(images):
        return {}
    activities = rule.activities(images.part(0, MOST_IMAGES))
    return {number: _shares(layers[number - 1], activities[number - 1]) for number in learning}


def mean_shares(shares: Mapping[int, UnitShares]) -> UnitShares | None:
    """The mean over layers; None of no layer."""
    if not shares:
        return None
    return UnitShares(
        fmean(each.dead for each in shares.values()),
        fmean(each.always_on for each in shares.values()),
    )


def _shares(layer: Layer, z_NH: Tensor) -> UnitShares:
    shape = layer.shape if z_NH.shape[1] == layer.outputs else layer.output_shape
    active_U = (z_NH > 0).view(len(z_NH), shape[0], -1).float().mean((0, 2))
    dead, always_on = ((active_U == share).float().mean() for share in (NONE_ACTIVE, ALL_ACTIVE))
    return UnitShares(float(dead), float(always_on))
