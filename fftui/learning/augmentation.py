"""Training images shifted and flipped at random, differently in every epoch."""

import torch
from torch import Tensor
from torch.nn.functional import pad

from fftui.experiment import Data
from fftui.learning.images import Images
from fftui.learning.seeds import generator_for


class Augmentation:
    """The training images, augmented as `data.shift` and `data.flip` say; unchanged where neither
    is set.

    The same (seed, purpose, epoch) augments every image the same way, so that a resumed run sees
    the same images.
    """

    def __init__(self, images: Images, data: Data, seed: int, *purpose: str | int) -> None:
        self.images = images
        self.static = self.cacheable = not (data.shift or data.flip)
        self._data = data
        self._seed = seed
        self._purpose = purpose
        if not self.static:
            _, _, height, width = images.pixels.shape
            shift, device = data.shift, images.labels_N.device
            self._padded_NKX = pad(images.pixels, (shift, shift, shift, shift)).flatten(2)
            self._row = width + 2 * shift
            y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
            plain, flipped = y * self._row + x, y * self._row + x.flip(1)
            self._grid_2P = torch.stack((plain.flatten(), flipped.flatten())).to(device)

    def begin_epoch(self, epoch: int) -> None:
        """Draw each image's offset into the padded image, and whether it is flipped."""
        if self.static:
            return
        generator = generator_for(self._seed, "augmentation", *self._purpose, epoch)
        count, device, span = (
            len(self.images),
            self.images.labels_N.device,
            2 * self._data.shift + 1,
        )
        down_N, right_N = torch.randint(0, span, (2, count), generator=generator)
        flipped_N = (
            torch.randint(0, 2, (count,), generator=generator)
            if self._data.flip
            else torch.zeros_like(down_N)
        )
        self._offset_N = (down_N * self._row + right_N).to(device)
        self._flipped_N = flipped_N.to(device)

    def inputs(self, index_B: Tensor) -> Tensor:
        """Scaled pixels (B, D), float32, of the images at `index_B`."""
        if self.static:
            return self.images.inputs(index_B)
        padded_BKX = self._padded_NKX[index_B]
        index_BP = self._grid_2P[self._flipped_N[index_B]] + self._offset_N[index_B][:, None]
        pixels_BKP = padded_BKX.gather(2, index_BP[:, None].expand(-1, padded_BKX.shape[1], -1))
        return self.images.scaled(pixels_BKP)
