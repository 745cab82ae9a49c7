"""What a second image adds to a first one: a part of it, by a smooth random mask (Hinton 2022,
section 3.2), or all of it, moved (SCFF).
"""

import torch
from torch import Generator, Tensor
from torch.nn import functional

from fftui.learning.images import Images
from fftui.learning.seeds import generator_for

BLURS = 6  # passes of [1/4, 1/2, 1/4] in both directions
MASKS = 4096  # drawn in an epoch; images share them


class HybridMasks:
    """A mask for every training image, drawn for every epoch on the CPU: one seed gives the same
    masks on every device, and a resumed run the same as a whole one.
    """

    def __init__(self, train: Images, purpose: tuple[int, ...]) -> None:
        self._train = train
        self._purpose = purpose

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's masks, and which one each image has."""
        seed, *purpose = self._purpose
        generator = generator_for(seed, "masks", *purpose, epoch)
        channels, height, width = self._train.info.shape
        device, count = self._train.labels_N.device, len(self._train)
        masks_MD = smooth_masks(min(MASKS, count), height, width, generator)
        self._masks_MD = masks_MD.repeat(1, channels).to(device)
        self._mask_N = torch.randint(len(masks_MD), (count,), generator=generator).to(device)

    def select(self, index_B: Tensor) -> Tensor:
        """The masks (B, D) of the images at `index_B`: true where a hybrid has the image itself."""
        return self._masks_MD[self._mask_N[index_B]]


class Moves:
    """How far each training image is moved as the second one of a pair, drawn for every epoch."""

    def __init__(self, train: Images, most: int, purpose: tuple[int, ...]) -> None:
        self._train = train
        self._most = most
        self._purpose = purpose

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's moves, down and right, from −most to most pixels."""
        seed, *purpose = self._purpose
        generator = generator_for(seed, "moves", *purpose, epoch)
        most, count = self._most, len(self._train)
        moves_2N = torch.randint(-most, most + 1, (2, count), generator=generator)
        self._moves_2N = moves_2N.to(self._train.labels_N.device)

    def moved(self, images_BD: Tensor, index_B: Tensor) -> Tensor:
        """The images (B, D), which are at `index_B`, moved; what leaves on one side comes back on
        the other, as does the empty border of digits.
        """
        channels, height, width = self._train.info.shape
        down_B, right_B = self._moves_2N[:, index_B]
        device = images_BD.device
        y_BH = (torch.arange(height, device=device) - down_B[:, None]) % height
        x_BW = (torch.arange(width, device=device) - right_B[:, None]) % width
        pixel_BP = (y_BH[:, :, None] * width + x_BW[:, None]).flatten(1)
        by_channel = images_BD.reshape(len(images_BD), channels, -1)
        return by_channel.gather(2, pixel_BP[:, None].expand(-1, channels, -1)).flatten(1)


def smooth_masks(count: int, height: int, width: int, generator: Generator) -> Tensor:
    """Masks (count, height · width) of large regions of ones and zeros: random bits, blurred
    several times, true where over 1/2.
    """
    bits = torch.randint(0, 2, (count, 1, height, width), generator=generator).float()
    kernel = torch.tensor([0.25, 0.5, 0.25])
    across, down = kernel.view(1, 1, 1, 3), kernel.view(1, 1, 3, 1)
    for _ in range(BLURS):
        padded = functional.pad(bits, (1, 1, 1, 1), mode="replicate")
        bits = functional.conv2d(functional.conv2d(padded, across), down)
    return (bits > 0.5).flatten(1)
