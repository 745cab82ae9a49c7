"""Local objectives: a loss of one layer's activities and its gradient.

An objective takes activities z (N, H) and returns its value, their goodness and the gradient ∂L/∂z.
A layer turns that into gradients of its own weights only: no gradient crosses a layer.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from fftui.learning.class_goodness import ClassGoodness
from fftui.learning.goodness import GoodnessFunction
from fftui.learning.losses import BoundLoss


@dataclass(frozen=True)
class ObjectiveValue:
    """Value of a loss (a scalar tensor), goodness of positive and then of negative data (2B,),
    activities z and ∂L/∂z, both (N, H) or as a `ShapedObjective` was given them, all detached.
    """

    loss: Tensor
    goodness_2B: Tensor
    activities: Tensor
    grad: Tensor


Objective = Callable[[Tensor], ObjectiveValue]


class ShapedObjective(ABC):
    """An objective that takes (N, channels, height, width) as well, as a convolution computes it:
    to flatten them, and the gradient back, takes as long as a third of the convolution.
    """

    @abstractmethod
    def __call__(self, z: Tensor) -> ObjectiveValue:
        """Loss, goodness and gradient for these activities."""


class AutogradObjective:
    """An objective by its value alone: a function of activities z (N, H) that returns the loss, a
    scalar, and the goodness (2B,) to report, positive first. Autograd finds ∂L/∂z.
    """

    def __init__(self, value: Callable[[Tensor], tuple[Tensor, Tensor]]) -> None:
        self._value = value

    def __call__(self, z_NH: Tensor) -> ObjectiveValue:
        """Loss, goodness and gradient for these activities."""
        with torch.enable_grad():
            leaf_NH = z_NH.detach().requires_grad_()
            loss, goodness_2B = self._value(leaf_NH)
            (grad_NH,) = torch.autograd.grad(loss, leaf_NH)
        return ObjectiveValue(loss.detach(), goodness_2B.detach(), z_NH, grad_NH)


class PairObjective(ShapedObjective):
    """A loss of the goodness of positive and negative data (2B rows, positive first), and peer
    normalisation.
    """

    def __init__(
        self, loss: BoundLoss, goodness: GoodnessFunction, peer_normalisation: float = 0.0
    ) -> None:
        self._loss = loss
        self._goodness = goodness
        self._peer_normalisation = peer_normalisation

    def __call__(self, z: Tensor) -> ObjectiveValue:
        """Loss, goodness and gradient for the activities of positive and negative data."""
        z = self._goodness.arranged(z)
        goodness_2BP = self._goodness.terms(z)
        positive, negative = goodness_2BP.chunk(2)
        loss_grad = self._loss(positive, negative)
        grad = self._goodness.grad(z, loss_grad.grad_2B)
        loss = loss_grad.value
        if self._peer_normalisation:
            peer, grad_H = peer_normalisation(z[: len(positive)], self._peer_normalisation)
            loss = loss + peer
            grad[: len(positive)] += grad_H
        return ObjectiveValue(loss, self._goodness.mean(goodness_2BP), z, grad)


class ClassObjective(ShapedObjective):
    """Cross entropy whose logits are `scale` times the goodness of each class: local learning
    without negative data.

    (As in DeeperForward, CwComp and Mono-Forward.)
    """

    def __init__(self, labels_B: Tensor, goodness: ClassGoodness, scale: float) -> None:
        self._labels_B = labels_B
        self._goodness = goodness
        self._scale = scale

    def __call__(self, z: Tensor) -> ObjectiveValue:
        """Loss and gradient; the goodness (2B,) is that of the true class, then the mean of the
        other classes.
        """
        goodness_BC = self._goodness.of(z)
        log_p_BC = (goodness_BC * self._scale).log_softmax(1)
        residual_BC = log_p_BC.exp()
        index_B1 = self._labels_B[:, None]
        residual_BC.scatter_add_(1, index_B1, -torch.ones_like(residual_BC[:, :1]))
        grad = self._goodness.grad(z, residual_BC, self._scale)
        true_B = goodness_BC.gather(1, index_B1)[:, 0]
        others_B = (goodness_BC.sum(1) - true_B) / (goodness_BC.shape[1] - 1)
        return ObjectiveValue(
            -log_p_BC.gather(1, index_B1).mean(), torch.cat((true_B, others_B)), z, grad
        )


def peer_normalisation(z: Tensor, weight: float) -> tuple[Tensor, Tensor]:
    """The mean square by which units' mean activities differ from their mean, times `weight`; and
    its gradient, of the shape of one row.

    Keeps units from being always off or always on (Hinton 2022, footnote 6, and his code), over
    positive data.
    """
    mean_H = z.mean(0, dtype=torch.promote_types(z.dtype, torch.float32))
    deviation_H = mean_H - mean_H.mean()
    return weight * deviation_H.square().mean(), (deviation_H * (2 * weight / z.numel())).to(
        z.dtype
    )
