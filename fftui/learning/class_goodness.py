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

from fftui.learning.goodness import group_goodness


class ClassGoodness(ABC):
    """A kind of goodness of each class."""

    @abstractmethod
    def of(self, z_NH: Tensor) -> Tensor:
        """g (N, C), in float32 or better."""

    @abstractmethod
    def grad(self, z_NH: Tensor, residual_NC: Tensor, scale: float) -> Tensor:
        """∂L/∂z (N, H) of the mean over rows of the cross entropy of logits `scale` · g, whose
        softmax less the one-hot labels is `residual_NC` (changed in place).
        """


class GroupMeanSquare(ClassGoodness):
    """The mean of z² over the class's group (CwComp, Papachristodoulou et al. 2024)."""

    def __init__(self, classes: int) -> None:
        self._classes = classes

    def of(self, z_NH: Tensor) -> Tensor:
        """g (N, C)."""
        return group_goodness(z_NH, self._classes)

    def grad(self, z_NH: Tensor, residual_NC: Tensor, scale: float) -> Tensor:
        """2 k z residual, k = scale / (N · group)."""
        each = z_NH.shape[1] // self._classes
        residual_NC *= 2 * scale / (each * len(z_NH))
        grad_NH = torch.zeros_like(z_NH)
        grouped = z_NH[:, : each * self._classes].reshape(-1, self._classes, each)
        grad_NH[:, : each * self._classes] = (
            grouped * residual_NC[:, :, None].to(z_NH.dtype)
        ).flatten(1)
        return grad_NH


class GroupMean(ClassGoodness):
    """The mean of z over the class's group (DeeperForward, Sun et al. 2025)."""

    def __init__(self, classes: int) -> None:
        self._classes = classes

    def of(self, z_NH: Tensor) -> Tensor:
        """g (N, C)."""
        each = z_NH.shape[1] // self._classes
        wide = torch.promote_types(z_NH.dtype, torch.float32)
        grouped = z_NH[:, : each * self._classes].reshape(-1, self._classes, each)
        return grouped.mean(2, dtype=wide)

    def grad(self, z_NH: Tensor, residual_NC: Tensor, scale: float) -> Tensor:
        """k residual for every activity of the group, k = scale / (N · group)."""
        each = z_NH.shape[1] // self._classes
        residual_NC *= scale / (each * len(z_NH))
        grad_NH = residual_NC.to(z_NH.dtype).repeat_interleave(each, 1)
        left = z_NH.shape[1] - grad_NH.shape[1]
        return nn.functional.pad(grad_NH, (0, left)) if left else grad_NH


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

    def of(self, z_NH: Tensor) -> Tensor:
        """g (N, C)."""
        with torch.no_grad():
            g_NC: Tensor = z_NH @ self.weight.to(z_NH.dtype).t()
        return g_NC.to(torch.promote_types(z_NH.dtype, torch.float32))

    @torch.no_grad()
    def grad(self, z_NH: Tensor, residual_NC: Tensor, scale: float) -> Tensor:
        """residual M."""
        delta_NC = residual_NC.mul_(scale / len(z_NH)).to(z_NH.dtype)
        self.weight.grad = (delta_NC.t() @ z_NH).to(self.weight.dtype)
        grad_NH: Tensor = delta_NC @ self.weight.to(z_NH.dtype)
        return grad_NH
