"""Statistics of a batch of which processes have shares."""

import torch
from torch import Tensor

from fftui.learning.layers.batch_norm import BatchNorm


class OtherHalf:
    """The sums of this process's images and of the `other` ones."""

    def __init__(self, other: Tensor) -> None:
        x, across = other.double(), [0, 2, 3]
        self._sums = torch.stack((x.sum(across), x.square().sum(across)))
        self._values = other.numel() // other.shape[1]

    def values_of_all(self, own: int) -> int:
        return own + self._values

    def sum_of_all(self, sums: Tensor) -> Tensor:
        return sums + self._sums


def test_shares_are_standardised_as_the_whole_batch() -> None:
    images = 3 + 2 * torch.randn(7, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    whole, shared = BatchNorm(3), BatchNorm(3)
    shared.sums = OtherHalf(images[4:])
    torch.testing.assert_close(shared(images[:4]), whole(images)[:4], atol=1e-6, rtol=0)
    for name, value in whole.state_dict().items():
        torch.testing.assert_close(shared.state_dict()[name], value, atol=1e-6, rtol=0)
    assert torch.equal(shared.eval()(images), shared.eval()(images))


def test_one_value_a_channel_is_standardised_by_what_is_remembered() -> None:
    shared = BatchNorm(3)
    shared.sums = OtherHalf(torch.empty(0, 3, 1, 1))
    assert shared(torch.ones(1, 3)).isfinite().all()
