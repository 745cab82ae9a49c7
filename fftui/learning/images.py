"""A split of a data set on the device, indexed for batches."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from fftui.data.catalogue import SetInfo
from fftui.data.normalisation import ChannelScale, normalise, overlay_value, scale_of
from fftui.data.sets import DataSplit
from fftui.experiment import Data


@dataclass(frozen=True)
class Images:
    """Images uint8 (N, channels, height, width), their labels (N,), and the scaling of their
    pixels.
    """

    pixels: Tensor
    labels_N: Tensor
    scale: ChannelScale | None
    info: SetInfo
    overlay_value: float  # brightness of a label pixel: the brightest pixel after scaling

    @classmethod
    def on(cls, device: torch.device, split: DataSplit, data: Data) -> "Images":
        """`split` on `device`, with the normalisation of `data`."""
        return cls(
            split.images.to(device),
            split.labels.to(device),
            scale_of(data.info, data.normalisation),
            data.info,
            overlay_value(data.info, data.normalisation),
        )

    @property
    def device(self) -> torch.device:
        """Where they are."""
        return self.pixels.device

    def inputs(self, index: Tensor | slice) -> Tensor:
        """Scaled pixels (B, D), float32, of the images at `index`, channel first."""
        return self.scaled(self.pixels[index])

    def scaled(self, pixels: Tensor) -> Tensor:
        """Inputs (B, D), float32, from pixels uint8 (B, channels, ...) of this data set."""
        return normalise(pixels, self.scale)

    def part(self, start: int, stop: int) -> "Images":
        """The images from `start` up to `stop`."""
        return replace(self, pixels=self.pixels[start:stop], labels_N=self.labels_N[start:stop])

    def parts(self, size: int) -> Iterator["Images"]:
        """The images, at most `size` at a time; one part without images where there are none."""
        return (self.part(start, start + size) for start in range(0, max(1, len(self)), size))

    def __len__(self) -> int:
        return len(self.labels_N)
