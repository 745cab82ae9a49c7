"""Batch normalisation of a layer's input, without a learned scale and shift: the layer's own
weights can do that.
"""

from typing import Protocol

import torch
from torch import Tensor, nn

FLAT = 2  # dimensions of (N, D)


class BatchSums(Protocol):
    """What other processes have of a batch."""

    def values_of_all(self, own: int) -> int:
        """Number of the whole batch's values a channel, of which this process computes `own`."""

    def sum_of_all(self, sums: Tensor) -> Tensor:
        """The sums of all processes."""


class BatchNorm(nn.Module):
    """Inputs (N, K, ...) minus the mean and divided by the standard deviation of each of K
    `channels`.

    While `training`, statistics are the batch's and update the running ones with a momentum of 0.1;
    otherwise, and where a batch has one value a channel, they are the running ones.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self._norm = nn.BatchNorm2d(channels, affine=False)
        self.sums: BatchSums | None = None  # where this process has a share of each batch

    def forward(self, x: Tensor) -> Tensor:
        """x̂, of the same shape."""
        if self.sums is not None and self._norm.training:
            return self._standardised_with(self.sums, x)
        if x.numel() == x.shape[1]:
            self._norm.eval()  # one value a channel has no standard deviation
        normalised: Tensor = self._norm(x if x.ndim > FLAT else x[:, :, None, None])
        return normalised if x.ndim > FLAT else normalised[:, :, 0, 0]

    @torch.no_grad()
    def _standardised_with(self, sums: BatchSums, x: Tensor) -> Tensor:
        """x̂ by the statistics of the whole batch; no gradient flows through them."""
        norm, across = self._norm, [axis for axis in range(x.ndim) if axis != 1]
        count = sums.values_of_all(x.numel() // x.shape[1])
        if count == 1:
            norm.eval()  # one value a channel has no standard deviation
            return self.forward(x)
        x_64 = x.double()
        total_2K = sums.sum_of_all(torch.stack((x_64.sum(across), x_64.square().sum(across))))
        mean_K, square_K = total_2K / count
        variance_K = (square_K - mean_K.square()).clamp(min=0)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        assert norm.num_batches_tracked is not None
        momentum, unbiased_K = norm.momentum or 0.1, variance_K * (count / (count - 1))
        norm.running_mean.lerp_(mean_K.to(norm.running_mean.dtype), momentum)
        norm.running_var.lerp_(unbiased_K.to(norm.running_var.dtype), momentum)
        norm.num_batches_tracked += 1
        shape = [-1 if axis == 1 else 1 for axis in range(x.ndim)]
        factor_K = (variance_K + norm.eps).rsqrt()
        standardised: Tensor = (x_64 - mean_K.view(shape)).mul_(factor_K.view(shape)).to(x.dtype)
        return standardised
