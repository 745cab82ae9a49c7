"""Pixel normalisation, by name.

none      pixels as they are, 0 to 255
unit      0 to 1
standard  0 to 1, minus the mean, divided by the standard deviation of each channel of the training images
paper     the same form with the constants of the paper's code, its slip on CIFAR10 (std = mean) included

Letters in shapes: B images, D inputs of a flattened image.
"""

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from fftui.data.catalogue import SETS, DataName, Normalisation


@dataclass(frozen=True)
class ChannelScale:
    """One mean and one standard deviation a channel, of pixels from 0 to 1."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


# Measured on the 60,000 or 50,000 training images, population standard deviation.
MNIST = ChannelScale((0.1307,), (0.3081,))
FASHION_MNIST = ChannelScale((0.2860,), (0.3530,))
CIFAR10 = ChannelScale((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))
# As published for these data sets.
CIFAR100 = ChannelScale((0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762))
SVHN = ChannelScale((0.4377, 0.4438, 0.4728), (0.1980, 0.2010, 0.1970))

STANDARD: dict[DataName, ChannelScale] = {
    "mnist-mini": MNIST,
    "mnist": MNIST,
    "fashion-mnist": FASHION_MNIST,
    "cifar10": CIFAR10,
    "cifar100": CIFAR100,
    "svhn": SVHN,
}
PAPER: dict[DataName, ChannelScale] = {
    "mnist-mini": MNIST,
    "mnist": MNIST,
    "fashion-mnist": MNIST,
    "cifar10": ChannelScale((0.4914, 0.4822, 0.4465), (0.4914, 0.4822, 0.4465)),
    "cifar100": ChannelScale((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
    "svhn": SVHN,
}


def scale_of(name: DataName, normalisation: Normalisation) -> ChannelScale | None:
    """The constants of a normalisation for a data set; None where pixels stay as they are."""
    match normalisation:
        case "none":
            return None
        case "unit":
            channels = SETS[name].shape[0]
            return ChannelScale((0.0,) * channels, (1.0,) * channels)
        case "standard":
            return STANDARD[name]
        case "paper":
            return PAPER[name]


def normalise(images: Tensor, scale: ChannelScale | None) -> Tensor:
    """Inputs (B, D), float32, flattened channel first, from images uint8 (B, channels, height,
    width).
    """
    pixels = images.flatten(2).float()
    if scale is not None:
        # Two passes in place: (p / 255 − mean) / std = (p − 255 mean) / (255 std).
        mean, std = _constants(scale, pixels.device)
        pixels -= mean
        pixels /= std
    return pixels.flatten(1)


@cache
def _constants(scale: ChannelScale, device: torch.device) -> tuple[Tensor, Tensor]:
    """255 mean and 255 std (channels, 1), copied to the device once: a copy for every batch would
    wait for it.
    """
    mean, std = (
        255 * torch.tensor(values, device=device).unsqueeze(1) for values in (scale.mean, scale.std)
    )
    return mean, std


def overlay_value(name: DataName, normalisation: Normalisation) -> float:
    """Brightness of an overlay's label pixel: that of the brightest possible pixel, over all
    channels.

    2.8215 on MNIST under `standard` and `paper`; 255 under `none`.
    """
    scale = scale_of(name, normalisation)
    if scale is None:
        return 255.0
    return max((1 - mean) / std for mean, std in zip(scale.mean, scale.std, strict=True))
