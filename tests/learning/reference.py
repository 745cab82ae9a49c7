"""The local objectives as the papers write them, for autograd to differentiate."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, silu, softplus

from fftui.experiment import ForwardForward, for_layer
from fftui.learning.goodness import goodness_for
from fftui.learning.objective import PairObjective
from fftui.learning.rules.forward_forward import bound_loss


def pair_objective(phase: ForwardForward, shape: tuple[int, ...]) -> PairObjective:
    """The objective of `phase` for a first layer whose activities have `shape`."""
    return PairObjective(
        bound_loss(phase, for_layer(phase.threshold, 1)),
        goodness_for(phase.goodness, shape),
        phase.peer_normalisation,
    )


def reference_goodness(z_NH: Tensor, kind: str, shape: tuple[int, ...]) -> Tensor:
    """Goodness (N,), or at every position (N, P)."""
    if kind == "position-mean-square":
        return z_NH.view(len(z_NH), shape[0], -1).square().mean(1)
    if kind == "mean-activation":
        return z_NH.mean(1)
    return z_NH.square().mean(1) if kind == "mean-square" else z_NH.square().sum(1)


def reference_loss(
    z_2BH: Tensor, phase: ForwardForward, shape: tuple[int, ...] | None = None
) -> Tensor:
    """The loss of positive and negative activities, positive first, of a layer of `shape`."""
    positive, negative = reference_goodness(z_2BH, phase.goodness, shape or z_2BH.shape[1:]).chunk(
        2
    )
    if phase.loss == "softplus":
        loss = softplus(
            torch.cat((phase.threshold - positive, negative - phase.threshold)), threshold=100
        ).mean()
    elif phase.loss == "symba":
        loss = softplus(-phase.sharpness * (positive - negative), threshold=100).mean()
    else:
        loss = silu(-phase.sharpness * (positive - negative)).mean()
    mean_H = z_2BH[: len(positive)].mean(0)
    return loss + phase.peer_normalisation * (mean_H - mean_H.mean()).square().mean()


def reference_group_loss(z_BH: Tensor, labels_B: Tensor, classes: int, scale: float) -> Tensor:
    """Cross entropy over the mean squares of consecutive groups of units."""
    each = z_BH.shape[1] // classes
    logits = [z_BH[:, c * each : (c + 1) * each].square().mean(1) * scale for c in range(classes)]
    return cross_entropy(torch.stack(logits, 1), labels_B)
