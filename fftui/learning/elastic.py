"""Elastic deformation: places of an image moved by random smooth fields (Simard et al. 2003).

Letters in shapes: N images, B of a batch, F fields, H and W height and width.
"""

import math

import torch
from torch import Generator, Tensor
from torch.nn.functional import conv2d

SMOOTHNESS = 4.0  # pixels: standard deviation of the Gaussian, as published for digits
REACH = math.ceil(3 * SMOOTHNESS)
FIELD_NUMBERS = 2_000_000  # of all fields of an epoch, which bounds their memory and time


class Elastic:
    """Displacements by noise smoothed by a Gaussian, of root mean square `pixels` each way.

    Each epoch has fields of its own, and each image one of them: 1,275 for images of 28x28.
    """

    def __init__(self, pixels: float, device: torch.device) -> None:
        self._pixels = pixels
        self._device = device

    def draw(self, count: int, sides: tuple[int, int], generator: Generator) -> None:
        """Draw an epoch's fields, and one for each of `count` images of `sides` (height, width)."""
        height, width = sides
        fields = max(1, FIELD_NUMBERS // (2 * height * width))
        around = (height + 2 * REACH, width + 2 * REACH)
        noise = torch.randn(2 * fields, 1, *around, generator=generator).to(self._device)
        # from pixels to a grid that goes from -1 to 1 each way
        scale = self._pixels * torch.tensor([2 / width, 2 / height], device=self._device)
        fields_FHW2 = _smoothed(noise).view(fields, 2, height, width).permute(0, 2, 3, 1) * scale
        self._fields_FHW2 = fields_FHW2.contiguous()
        self._field_N = torch.randint(0, fields, (count,), generator=generator).to(self._device)

    def displacement(self, index_B: Tensor) -> Tensor:
        """Displacements (B, H, W, 2), across and down, of the images at `index_B`."""
        return self._fields_FHW2[self._field_N[index_B]]


def _smoothed(noise: Tensor) -> Tensor:
    """Smoothed where the Gaussian has all it reaches, with a mean square of 1 as before."""
    places = torch.arange(-REACH, REACH + 1, device=noise.device)
    kernel = torch.exp(places.square() / (-2 * SMOOTHNESS**2))
    kernel /= kernel.norm()
    across, down = kernel.view(1, 1, 1, -1), kernel.view(1, 1, -1, 1)
    return conv2d(conv2d(noise, across), down)
