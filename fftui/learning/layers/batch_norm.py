"""Batch normalisation of a layer's input, without weights of its own: the layer's weights can take their place."""

from torch import Tensor, nn

FLAT = 2  # dimensions of (N, D)


class BatchNorm(nn.Module):
    """Inputs (N, K, ...) less the mean and over the standard deviation of each of `channels` K.

    Of this batch while `training`, which is remembered with a momentum of 0.1; else, and where a batch is one number
    a channel, of what was remembered.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self._norm = nn.BatchNorm2d(channels, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        """x̂, of the same shape."""
        if x.numel() == x.shape[1]:
            self._norm.eval()  # one number a channel has no deviation of its own
        normalised: Tensor = self._norm(x if x.ndim > FLAT else x[:, :, None, None])
        return normalised if x.ndim > FLAT else normalised[:, :, 0, 0]
