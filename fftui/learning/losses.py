"""Local losses: what one layer makes of the goodness of its positive and negative data.

A loss is a function of (g⁺, g⁻) and its phase (for θ) that states its value and its slope in each goodness. Nothing
more is needed to learn, so a new loss is one function here and one name in `LOSSES`. Goodness is (B,), or (B, P)
where a layer's places are judged apart: then the mean is over them too.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, cat
from torch.nn.functional import softplus

from fftui.experiment import ForwardForward, LocalLoss


@dataclass(frozen=True)
class LossSlope:
    """Value of a loss (a scalar tensor) and ∂L/∂g for the stacked goodness, positive first: (2B,) or (2B, P)."""

    value: Tensor
    slope_2B: Tensor


def softplus_loss(positive_B: Tensor, negative_B: Tensor, phase: ForwardForward) -> LossSlope:
    """The mean of log(1 + exp(θ − g⁺)) and log(1 + exp(g⁻ − θ)) over all 2B (the paper, section 2.3).

    It is −log p(positive) with p = σ(g − θ) for positive data, −log(1 − p) for negative data (Hinton 2022, eq. 1).
    """
    excess_2B = cat((phase.threshold - positive_B, negative_B - phase.threshold))
    slope_2B = excess_2B.sigmoid().div_(excess_2B.numel())
    slope_2B[: len(positive_B)].neg_()
    return LossSlope(softplus(excess_2B).mean(), slope_2B)


def swish_loss(positive_B: Tensor, negative_B: Tensor, phase: ForwardForward) -> LossSlope:
    """The mean over pairs of u σ(u) with u = −α (g⁺ − g⁻), α the `sharpness`; there is no threshold.

    A pair loss as SymBa's (Lee & Song 2023), with Swish for softplus: pairs that are far apart stop pulling.
    """
    u_B = (negative_B - positive_B).mul_(phase.sharpness)
    p_B = u_B.sigmoid()
    slope_B = (1 + u_B * (1 - p_B)).mul_(p_B).mul_(phase.sharpness / u_B.numel())
    return LossSlope((u_B * p_B).mean(), cat((-slope_B, slope_B)))


def symba_loss(positive_B: Tensor, negative_B: Tensor, phase: ForwardForward) -> LossSlope:
    """The mean over pairs of log(1 + exp(−α (g⁺ − g⁻))), α the `sharpness` (SymBa, Lee & Song 2023, eq. 3)."""
    u_B = (negative_B - positive_B).mul_(phase.sharpness)
    slope_B = u_B.sigmoid().mul_(phase.sharpness / u_B.numel())
    return LossSlope(softplus(u_B).mean(), cat((-slope_B, slope_B)))


LOSSES: dict[LocalLoss, Callable[[Tensor, Tensor, ForwardForward], LossSlope]] = {
    "softplus": softplus_loss,
    "swish": swish_loss,
    "symba": symba_loss,
}
