"""Wrong labels for the negative pass. B or N is the number of images."""

import torch
from torch import Generator, Tensor


def fixed_negatives(labels: Tensor, *, generator: Generator, block: int = 1024) -> Tensor:
    """The labels (N,) permuted within consecutive blocks: the paper's negatives, drawn once before
    learning.

    About one in C of them is the true label, as in the paper.
    """
    blocks = torch.split(labels, block)
    return torch.cat([part[_order(part, generator)] for part in blocks])


def random_negatives(labels: Tensor, classes: int, *, generator: Generator) -> Tensor:
    """For each of the labels (B,) one of the `classes` − 1 wrong ones, all equally likely, never
    the true one.

    Raises ValueError where there is only one class.
    """
    if classes < 2:
        msg = f"a wrong label needs at least two classes, not {classes}"
        raise ValueError(msg)
    step = torch.randint(
        1, classes, labels.shape, generator=generator, device=generator.device, dtype=labels.dtype
    )
    return (labels + step.to(labels.device)) % classes


def hard_negatives(
    class_probs_BC: Tensor, labels_B: Tensor, uniform_draws_B: Tensor, uniform_share: float
) -> Tensor:
    """Hard negatives (B,): wrong labels drawn by predicted probabilities, a share of them
    uniformly.

    The true label's probability in `class_probs_BC` is left out and the rest is scaled to add up to
    1. `uniform_draws_B` are uniform random numbers from 0 to 1, one for each draw. (Hinton 2022,
    section 3.4.)
    """
    classes = class_probs_BC.shape[1]
    wrong_BC = class_probs_BC.scatter(1, labels_B[:, None], 0.0).float()
    total_B1 = wrong_BC.sum(1, keepdim=True)
    # A head that is certain of the true label gives wrong ones no probability: then all are equally
    # likely.
    drawn_BC = torch.where(total_B1 > 0, wrong_BC / total_B1.clamp(min=1e-30), 1 / (classes - 1))
    wrong_BC = drawn_BC * (1 - uniform_share) + uniform_share / (classes - 1)
    wrong_BC.scatter_(1, labels_B[:, None], 0.0)
    cumulative_BC = wrong_BC.cumsum(1)
    drawn_B = (
        (cumulative_BC <= (uniform_draws_B * cumulative_BC[:, -1])[:, None])
        .sum(1)
        .clamp(max=classes - 1)
    )
    # Rounding may reach past the end of what adds up, onto a last label that is the true one.
    return torch.where(drawn_B == labels_B, (labels_B + classes - 1) % classes, drawn_B)


def _order(labels: Tensor, generator: Generator) -> Tensor:
    # Drawn where the generator lives, so that one seed gives the same negatives on every device.
    return torch.randperm(len(labels), generator=generator, device=generator.device).to(
        labels.device
    )
