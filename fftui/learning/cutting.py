"""Parts of images cut out at random, turned, resized and deformed: one interpolation for a batch.

Letters in shapes: N images, B of a batch, K channels, H and W height and width.
"""

import math

import torch
from torch import Generator, Tensor
from torch.nn.functional import affine_grid, grid_sample

from fftui.experiment import Augment
from fftui.learning.elastic import Elastic

WIDEST = 4 / 3  # of a part, width against height; the narrowest is its inverse


class Cutting:
    """Random rotations about the centre, random parts of at least `area` of an image, and elastic
    deformations.

    A part has the proportions, and lies where, torchvision's RandomResizedCrop has it; what a
    rotation or a deformation brings in from outside the image is 0, as there.
    """

    def __init__(self, augment: Augment, device: torch.device) -> None:
        self._augment = augment
        self._device = device
        self._elastic = Elastic(augment.elastic, device) if augment.elastic else None

    def draw(self, count: int, sides: tuple[int, int], generator: Generator) -> None:
        """Draw what is done to each of `count` images of `sides` (height, width)."""
        area_N, shape_N, right_N, down_N, turn_N = torch.rand(5, count, generator=generator)
        area_N = self._augment.area + (1 - self._augment.area) * area_N
        shape_N = torch.exp((2 * shape_N - 1) * math.log(WIDEST)) if self._augment.area < 1 else 1.0
        wide_N = (area_N * shape_N).sqrt().clamp(max=1)
        high_N = (area_N / shape_N).sqrt().clamp(max=1)
        angle_N = (2 * turn_N - 1) * math.radians(self._augment.rotation)
        cos_N, sin_N, ratio = angle_N.cos(), angle_N.sin(), sides[0] / sides[1]
        # from a place in the result to the one in the image, both from -1 to 1 each way
        rows = (
            (wide_N * cos_N, -wide_N * sin_N * ratio, (2 * right_N - 1) * (1 - wide_N)),
            (high_N * sin_N / ratio, high_N * cos_N, (2 * down_N - 1) * (1 - high_N)),
        )
        self._map_N23 = torch.stack([torch.stack(row, 1) for row in rows], 1).to(self._device)
        if self._elastic is not None:
            self._elastic.draw(count, sides, generator)

    def cut(self, pixels_BKHW: Tensor, index_B: Tensor) -> Tensor:
        """The parts of the images at `index_B`, float32, of the same shape, 0 to 255."""
        grid_BHW2 = affine_grid(
            self._map_N23[index_B],
            list(pixels_BKHW.shape),
            align_corners=False,
        )
        if self._elastic is not None:
            grid_BHW2 = grid_BHW2 + self._elastic.displacement(index_B)
        return grid_sample(pixels_BKHW.float(), grid_BHW2, align_corners=False)
