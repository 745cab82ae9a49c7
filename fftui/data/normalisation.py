"""Pixel normalisation, by name.

none      pixels as they are, 0 to 255
unit      0 to 1
standard  0 to 1, minus the mean, divided by the standard deviation of each channel of the training
          images
paper     the same form with the constants of the paper's code, its slip on CIFAR10 (std = mean)
          included; on a set that the paper does not use, those of standard

Letters in shapes: B images, D inputs of a flattened image.
"""

from functools import cache

import torch
from torch import Tensor

from fftui.data.catalogue import ChannelScale, Normalisation, SetInfo

__all__ = [
    "ChannelScale",
    "Normalisation",
    "normalise",
    "overlay_value",
    "pixel_constants",
    "scale_of",
]


def scale_of(info: SetInfo, normalisation: Normalisation) -> ChannelScale | None:
    """The constants of a normalisation for a data set; None where pixels stay as they are."""
    match normalisation:
        case "none":
            return None
        case "unit":
            channels = info.shape[0]
            return ChannelScale((0.0,) * channels, (1.0,) * channels)
        case "standard":
            return info.standard
        case "paper":
            return info.paper or info.standard


def normalise(images: Tensor, scale: ChannelScale | None) -> Tensor:
    """Inputs (B, D), float32, flattened channel first, from images uint8 (B, channels, height,
    width).
    """
    pixels = images.flatten(2).float()
    if scale is not None:
        # Two passes in place: (p / 255 − mean) / std = (p − 255 mean) / (255 std).
        mean, std = pixel_constants(scale, pixels.device)
        pixels -= mean
        pixels /= std
    return pixels.flatten(1)


@cache
def pixel_constants(scale: ChannelScale, device: torch.device) -> tuple[Tensor, Tensor]:
    """255 mean and 255 std (channels, 1), float32: those of pixels from 0 to 255.

    Copied to the device once: a copy for every batch would wait for it.
    """
    mean, std = (
        255 * torch.tensor(values, device=device).unsqueeze(1) for values in (scale.mean, scale.std)
    )
    return mean, std


def overlay_value(info: SetInfo, normalisation: Normalisation) -> float:
    """Brightness of an overlay's label pixel: that of the brightest possible pixel, over all
    channels.

    2.8215 on MNIST under `standard` and `paper`; 255 under `none`.
    """
    scale = scale_of(info, normalisation)
    if scale is None:
        return 255.0
    return max((1 - mean) / std for mean, std in zip(scale.mean, scale.std, strict=True))
