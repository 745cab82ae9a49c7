"""Dropout of a layer's activities while it learns."""

import torch
from torch import Generator, Tensor, nn

from fftui.learning.seeds import seed_for

VALUES = 256  # of a random byte


class Dropout(nn.Module):
    """Sets each activity to 0 with probability `rate`, in steps of 1/256, and multiplies the others
    by the reciprocal of the share that is kept, as in torch.

    Its numbers are bytes: drawing a float for each activity took as long as the convolution.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self._dropped = min(VALUES - 1, max(1, round(rate * VALUES)))
        # one for all steps, as a captured step draws from the one that it was captured with
        self.generator: Generator | None = None

    def draw_from(self, seed: int, *purpose: str | int, device: torch.device) -> None:
        """Draw what comes next from the generator of this seed and purpose."""
        if self.generator is None or self.generator.device != device:
            self.generator = Generator(device)
        self.generator.manual_seed(seed_for(seed, "dropout", *purpose))

    def factors(self, like: Tensor) -> Tensor:
        """0 or the reciprocal of the share that is kept, for each activity of `like`, laid out as
        it is in memory.
        """
        words = -(-like.numel() // 8)
        drawn = torch.empty(words, dtype=torch.int64, device=like.device)
        drawn.random_(-(2**63), None, generator=self.generator)
        kept = drawn.view(torch.uint8)[: like.numel()] >= self._dropped
        factors = torch.empty_like(like)  # keeps the layout
        # as bytes: to convert truth values takes several times as long
        torch.as_strided(factors, (like.numel(),), (1,)).copy_(kept.view(torch.uint8))
        return factors.mul_(VALUES / (VALUES - self._dropped))

    def forward(self, z: Tensor) -> Tensor:
        """The activities, some of them dropped while `training`."""
        return z * self.factors(z.detach()) if self.training else z


def dropout_of(rate: float) -> Dropout | None:
    """The dropout of a layer with this rate; None where nothing is dropped."""
    return Dropout(rate) if rate else None
