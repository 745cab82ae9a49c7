"""Wrong labels for the negative pass. B or N is the number of images."""

import torch
from torch import Generator, Tensor


def fixed_negatives(labels: Tensor, *, generator: Generator, block: int = 1024) -> Tensor:
    """The labels (N,) permuted within consecutive blocks: the paper's negatives, drawn once before learning.

    About one in C of them is the true label, as in the paper.
    """
    blocks = torch.split(labels, block)
    return torch.cat([part[_order(part, generator)] for part in blocks])


def random_negatives(labels: Tensor, classes: int, *, generator: Generator) -> Tensor:
    """For each of the labels (B,) one of the `classes` − 1 wrong ones, all equally likely, never the true one.

    Raises ValueError where there is only one class.
    """
    if classes < 2:
        msg = f"a wrong label needs at least two classes, not {classes}"
        raise ValueError(msg)
    step = torch.randint(1, classes, labels.shape, generator=generator, device=generator.device, dtype=labels.dtype)
    return (labels + step.to(labels.device)) % classes


def _order(labels: Tensor, generator: Generator) -> Tensor:
    # Drawn where the generator lives, so that one seed gives the same negatives on every device.
    return torch.randperm(len(labels), generator=generator, device=generator.device).to(labels.device)
