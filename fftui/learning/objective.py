"""Local objectives: what a layer makes of its own activities, in closed form.

An objective is a function of activities z (N, H) that states its value, the goodness it saw and its slope ∂L/∂z. A
layer turns the slope into gradients of its own weights, and nothing else is handed on: no gradient crosses a layer.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from fftui.experiment import ForwardForward
from fftui.learning.goodness import GoodnessFunction, group_goodness
from fftui.learning.losses import LOSSES


@dataclass(frozen=True)
class Judged:
    """Value of a loss (a scalar tensor), goodness of positive and then of negative data (2B,), and ∂L/∂z (N, H)."""

    loss: Tensor
    goodness_2B: Tensor
    slope_NH: Tensor


Objective = Callable[[Tensor], Judged]


class PairObjective:
    """A loss of the goodness of positive and negative data (2B rows, positive first), and peer normalisation."""

    def __init__(self, phase: ForwardForward, goodness: GoodnessFunction) -> None:
        self._phase = phase
        self._goodness = goodness

    def __call__(self, z_2BH: Tensor) -> Judged:
        """Judge the activities of positive and negative data."""
        goodness_2BP = self._goodness.terms(z_2BH)
        positive, negative = goodness_2BP.chunk(2)
        found = LOSSES[self._phase.loss](positive, negative, self._phase)
        slope_2BH = self._goodness.slope(z_2BH, found.slope_2B)
        loss = found.value
        if self._phase.peer_normalisation:
            peer, slope_H = peer_normalisation(z_2BH[: len(positive)], self._phase.peer_normalisation)
            loss = loss + peer
            slope_2BH[: len(positive)] += slope_H
        return Judged(loss, self._goodness.mean(goodness_2BP), slope_2BH)


class GroupObjective:
    """Cross entropy whose logits are the goodness of C groups of units: local learning without negative data.

    (As in DeeperForward and CwComp; a group is H / C consecutive units, what is left over belongs to none.)
    """

    def __init__(self, labels_B: Tensor, classes: int, scale: float) -> None:
        self._labels_B = labels_B
        self._classes = classes
        self._scale = scale

    def __call__(self, z_BH: Tensor) -> Judged:
        """Judge the activities; the goodness stated is that of the true class, then the mean of the others (2B,)."""
        goodness_BC = group_goodness(z_BH, self._classes)
        logits_BC = goodness_BC * self._scale
        log_p_BC = logits_BC.log_softmax(1)
        slope_BC = log_p_BC.exp()
        slope_BC.scatter_add_(1, self._labels_B[:, None], -torch.ones_like(slope_BC[:, :1]))
        each = z_BH.shape[1] // self._classes
        slope_BC *= 2 * self._scale / (each * len(z_BH))
        slope_BH = torch.zeros_like(z_BH)
        grouped = z_BH[:, : each * self._classes].reshape(-1, self._classes, each)
        slope_BH[:, : each * self._classes] = (grouped * slope_BC[:, :, None].to(z_BH.dtype)).flatten(1)
        picked_B1 = self._labels_B[:, None]
        true_B = goodness_BC.gather(1, picked_B1)[:, 0]
        others_B = (goodness_BC.sum(1) - true_B) / (self._classes - 1)
        return Judged(-log_p_BC.gather(1, picked_B1).mean(), torch.cat((true_B, others_B)), slope_BH)


def peer_normalisation(z_BH: Tensor, weight: float) -> tuple[Tensor, Tensor]:
    """The mean square by which units' mean activities differ from their mean, times `weight`; and its slope (H,).

    Keeps units from being always silent or always on (Hinton 2022, footnote 6, and his code), over positive data.
    """
    mean_H = z_BH.mean(0, dtype=torch.promote_types(z_BH.dtype, torch.float32))
    apart_H = mean_H - mean_H.mean()
    return weight * apart_H.square().mean(), (apart_H * (2 * weight / z_BH.numel())).to(z_BH.dtype)
