"""Batch normalisation of a layer's input, without a learned scale and shift: the layer's own
weights can do that.
"""

from torch import Tensor, nn

FLAT = 2  # dimensions of (N, D)


class BatchNorm(nn.Module):
    """Inputs (N, K, ...) minus the mean and divided by the standard deviation of each of K
    `channels`.

    While `training`, statistics are the batch's and update the running ones with a momentum of 0.1;
    otherwise, and where a batch has one value a channel, they are the running ones.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self._norm = nn.BatchNorm2d(channels, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        """x̂, of the same shape."""
        if x.numel() == x.shape[1]:
            self._norm.eval()  # one value a channel has no standard deviation
        normalised: Tensor = self._norm(x if x.ndim > FLAT else x[:, :, None, None])
        return normalised if x.ndim > FLAT else normalised[:, :, 0, 0]
