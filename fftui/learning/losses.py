"""Local losses: functions of a layer's goodness for positive and negative data.

A loss takes (g⁺, g⁻) and its phase (for θ) and returns its value and its gradient in each goodness.
A new loss is one function here and one name in `LOSSES`. Goodness is (B,), or (B, P) where
positions of a layer have a goodness of their own: then the mean is over positions too.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, cat
from torch.nn.functional import softplus

from fftui.experiment import ForwardForward, LocalLoss


@dataclass(frozen=True)
class LossGrad:
    """Value of a loss (a scalar tensor) and ∂L/∂g for the stacked goodness, positive first: (2B,)
    or (2B, P).
    """

    value: Tensor
    grad_2B: Tensor


def softplus_loss(positive_B: Tensor, negative_B: Tensor, phase: ForwardForward) -> LossGrad:
    """The mean of log(1 + exp(θ − g⁺)) and log(1 + exp(g⁻ − θ)) over all 2B (the paper, section
    2.3).

    It is −log p(positive) with p = σ(g − θ) for positive data, −log(1 − p) for negative data
    (Hinton 2022, eq. 1).
    """
    excess_2B = cat((phase.threshold - positive_B, negative_B - phase.threshold))
    grad_2B = excess_2B.sigmoid().div_(excess_2B.numel())
    grad_2B[: len(positive_B)].neg_()
    return LossGrad(softplus(excess_2B).mean(), grad_2B)


def swish_loss(positive_B: Tensor, negative_B: Tensor, phase: ForwardForward) -> LossGrad:
    """The mean over pairs of u σ(u) with u = −α (g⁺ − g⁻), α the `sharpness`; there is no
    threshold.

    A pair loss as SymBa's (Lee & Song 2023), with Swish for softplus: pairs that are far apart have
    no gradient.
    """
    u_B = (negative_B - positive_B).mul_(phase.sharpness)
    p_B = u_B.sigmoid()
    grad_B = (1 + u_B * (1 - p_B)).mul_(p_B).mul_(phase.sharpness / u_B.numel())
    return LossGrad((u_B * p_B).mean(), cat((-grad_B, grad_B)))


def symba_loss(positive_B: Tensor, negative_B: Tensor, phase: ForwardForward) -> LossGrad:
    """The mean over pairs of log(1 + exp(−α (g⁺ − g⁻))), α the `sharpness` (SymBa, Lee & Song 2023,
    eq. 3).
    """
    u_B = (negative_B - positive_B).mul_(phase.sharpness)
    grad_B = u_B.sigmoid().mul_(phase.sharpness / u_B.numel())
    return LossGrad(softplus(u_B).mean(), cat((-grad_B, grad_B)))


LOSSES: dict[LocalLoss, Callable[[Tensor, Tensor, ForwardForward], LossGrad]] = {
    "softplus": softplus_loss,
    "swish": swish_loss,
    "symba": symba_loss,
}
