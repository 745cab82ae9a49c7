"""Training images changed at random, differently in every epoch: moved, flipped, cut, recoloured.

Whole batches at a time, as tensors on the device.
"""

import torch
from torch import Tensor
from torch.nn.functional import pad

from fftui.experiment import Data
from fftui.learning.colour_jitter import ColourJitter
from fftui.learning.cutting import Cutting
from fftui.learning.images import Images
from fftui.learning.seeds import generator_for


class Augmentation:
    """The training images, changed as `data.shift`, `data.flip` and `data.augment` say; as they are
    where none of these is set.

    The same (seed, purpose, epoch) changes every image the same way, so that a resumed run sees
    the same images.
    """

    def __init__(self, images: Images, data: Data, seed: int, *purpose: str | int) -> None:
        self.images = images
        self.static = self.cacheable = not data.augmented
        self._data = data
        self._seed = seed
        self._purpose = purpose
        if self.static:
            return
        device, (_, channels, height, width) = images.labels_N.device, images.pixels.shape
        self._sides = (height, width)
        self._border = data.shift or data.augment.crop
        self._padded_NKX = _bordered(images.pixels, self._border, data).flatten(2)
        self._row = width + 2 * self._border
        y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        plain, flipped = y * self._row + x, y * self._row + x.flip(1)
        self._grid_2P = torch.stack((plain.flatten(), flipped.flatten())).to(device)
        self._cutting = Cutting(data.augment, device) if data.augment.cuts else None
        self._jitter = (
            ColourJitter(data.augment, channels, device) if data.augment.jitters else None
        )

    def begin_epoch(self, epoch: int) -> None:
        """Draw each image's place in the bordered image, whether it is flipped, and its changes."""
        if self.static:
            return
        generator = generator_for(self._seed, "augmentation", *self._purpose, epoch)
        count, device = len(self.images), self.images.labels_N.device
        down_N, right_N = torch.randint(0, 2 * self._border + 1, (2, count), generator=generator)
        flipped_N = (
            torch.randint(0, 2, (count,), generator=generator)
            if self._data.flip
            else torch.zeros_like(down_N)
        )
        self._offset_N = (down_N * self._row + right_N).to(device)
        self._flipped_N = flipped_N.to(device)
        if self._cutting is not None:
            self._cutting.draw(count, self._sides, generator)
        if self._jitter is not None:
            self._jitter.draw(count, generator)

    def inputs(self, index_B: Tensor) -> Tensor:
        """Scaled pixels (B, D), float32, of the images at `index_B`."""
        if self.static:
            return self.images.inputs(index_B)
        return self.images.scaled(self.changed(index_B))

    def changed(self, index_B: Tensor) -> Tensor:
        """Pixels (B, K, P), 0 to 255, of the images at `index_B` with this epoch's changes."""
        padded_BKX = self._padded_NKX[index_B]
        index_BP = self._grid_2P[self._flipped_N[index_B]] + self._offset_N[index_B][:, None]
        pixels_BKP = padded_BKX.gather(2, index_BP[:, None].expand(-1, padded_BKX.shape[1], -1))
        if self._cutting is not None:
            pixels_BKHW = pixels_BKP.view(*pixels_BKP.shape[:2], *self._sides)
            pixels_BKP = self._cutting.cut(pixels_BKHW, index_B).flatten(2)
        if self._jitter is not None:
            pixels_BKP = self._jitter.change(pixels_BKP, index_B)
        return pixels_BKP


def _bordered(pixels_NKHW: Tensor, border: int, data: Data) -> Tensor:
    """The images with a border of zeros, or with their own reflection where they are cropped."""
    if not data.augment.crop:
        return pad(pixels_NKHW, (border,) * 4)
    rows, columns = (_reflected(side, border) for side in pixels_NKHW.shape[2:])
    return pixels_NKHW[:, :, rows.to(pixels_NKHW.device)][..., columns.to(pixels_NKHW.device)]


def _reflected(side: int, border: int) -> Tensor:
    """The pixels of a side with its border: … 2 1 0 1 2 … side - 1, side - 2 …"""
    last = side - 1
    return last - (last - torch.arange(-border, side + border).abs()).abs()
