"""Goodness of each class, from the activities of one layer: what local cross entropy takes as
logits.

Letters in shapes: N rows, H activities, C classes. A group is the H / C consecutive activities of
a class; activities left over belong to none.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from fftui.learning.goodness import group_goodness, group_means, has_whole_groups


class ClassGoodness(ABC):
    """A kind of goodness of each class, of activities z (N, H) or (N, channels, height, width)."""

    @abstractmethod
    def of(self, z: Tensor) -> Tensor:
        """g (N, C), in float32 or better."""

    @abstractmethod
    def grad(self, z: Tensor, residual_NC: Tensor, scale: float) -> Tensor:
        """∂L/∂z, of the shape of `z`, of the mean over rows of the cross entropy of logits
        `scale` · g, whose softmax less the one-hot labels is `residual_NC` (changed in place).
        """


class GroupMeanSquare(ClassGoodness):
    """The mean of z² over the class's group (CwComp, Papachristodoulou et al. 2024)."""

    def __init__(self, classes: int) -> None:
        self._classes = classes

    def of(self, z: Tensor) -> Tensor:
        """g (N, C)."""
        return group_goodness(z, self._classes)

    def grad(self, z: Tensor, residual_NC: Tensor, scale: float) -> Tensor:
        """2 k z residual, k = scale / (N · group)."""
        each = math.prod(z.shape[1:]) // self._classes
        residual_NC *= 2 * scale / (each * len(z))
        return z * _to_activities(residual_NC, z)


class GroupMean(ClassGoodness):
    """The mean of z over the class's group (DeeperForward, Sun et al. 2025)."""

    def __init__(self, classes: int) -> None:
        self._classes = classes

    def of(self, z: Tensor) -> Tensor:
        """g (N, C)."""
        return group_means(z, self._classes)

    def grad(self, z: Tensor, residual_NC: Tensor, scale: float) -> Tensor:
        """k residual for every activity of the group, k = scale / (N · group)."""
        residual_NC *= scale / (math.prod(z.shape[1:]) // self._classes * len(z))
        return torch.empty_like(z).copy_(_to_activities(residual_NC, z))


def _to_activities(value_NC: Tensor, z: Tensor) -> Tensor:
    """A value a class, in the type of `z` and to be broadcast over it: each activity gets its
    group's, those that are left over 0.
    """
    classes, channels = value_NC.shape[1], z.shape[1]
    by_channel = has_whole_groups(z, classes)
    parts = channels if by_channel else math.prod(z.shape[1:])
    spread_NX = value_NC.to(z.dtype).repeat_interleave(parts // classes, 1)
    spread_NX = nn.functional.pad(spread_NX, (0, parts - spread_NX.shape[1]))
    return (
        spread_NX.view(-1, channels, *[1] * (z.ndim - 2)) if by_channel else spread_NX.view(z.shape)
    )


# of groups of units, by what it is called in an experiment
GROUP_GOODNESS: Mapping[str, Callable[[int], ClassGoodness]] = {
    "mean-square": GroupMeanSquare,
    "mean-activation": GroupMean,
}


class Projection(nn.Module, ClassGoodness):
    """z Mᵗ, of all units, with weights M (C, H) of its own and no bias, which learn with the layer
    (Mono-Forward); M is uniform within ±1/√H.

    `grad` sets the gradient of M too: residualᵗ z.
    """

    def __init__(self, classes: int, units: int, generator: torch.Generator) -> None:
        super().__init__()
        bound = 1 / math.sqrt(units)
        weight_CH = torch.empty(classes, units).uniform_(-bound, bound, generator=generator)
        self.weight = nn.Parameter(weight_CH)

    def of(self, z: Tensor) -> Tensor:
        """g (N, C)."""
        with torch.no_grad():
            g_NC: Tensor = z.flatten(1) @ self.weight.to(z.dtype).t()
        return g_NC.to(torch.promote_types(z.dtype, torch.float32))

    @torch.no_grad()
    def grad(self, z: Tensor, residual_NC: Tensor, scale: float) -> Tensor:
        """residual M."""
        delta_NC = residual_NC.mul_(scale / len(z)).to(z.dtype)
        self.weight.grad = (delta_NC.t() @ z.flatten(1)).to(self.weight.dtype)
        return (delta_NC @ self.weight.to(z.dtype)).view(z.shape)
