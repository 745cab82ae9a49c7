"""A split of an image set on the device, ready to be cut into batches."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from fftui.data.catalogue import SETS, SetInfo
from fftui.data.normalisation import ChannelScale, normalise, overlay_value, scale_of
from fftui.data.sets import ImageSet
from fftui.experiment import Data


@dataclass(frozen=True)
class Images:
    """One uint8 tensor of images (N, channels, height, width), its labels (N,), and how pixels are scaled."""

    pixels: Tensor
    labels_N: Tensor
    scale: ChannelScale | None
    info: SetInfo
    overlay_value: float  # brightness of a label pixel: the brightest pixel after scaling

    @classmethod
    def on(cls, device: torch.device, split: ImageSet, data: Data) -> "Images":
        """`split` on `device`, scaled as `data` says."""
        return cls(
            split.images.to(device),
            split.labels.to(device),
            scale_of(data.name, data.normalisation),
            SETS[data.name],
            overlay_value(data.name, data.normalisation),
        )

    def inputs(self, index: Tensor | slice) -> Tensor:
        """The scaled pixels (B, D), float32, of the images at `index`, channel first."""
        return self.scaled(self.pixels[index])

    def scaled(self, pixels: Tensor) -> Tensor:
        """Pixels uint8 (B, channels, ...) of such images as inputs (B, D), float32."""
        return normalise(pixels, self.scale)

    def part(self, start: int, stop: int) -> "Images":
        """The images from `start` up to `stop`."""
        return replace(self, pixels=self.pixels[start:stop], labels_N=self.labels_N[start:stop])

    def __len__(self) -> int:
        return len(self.labels_N)
