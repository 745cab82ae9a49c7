"""Tensors as pictures of bytes: images, labels beside them, and weights.

Letters in shapes: K channels, H and W height and width, P planes, F filters.
"""

import math

import torch
from torch import Tensor

from fftui.network_report import FilterPictures, Picture

MOST_FILTERS = 256
GREY = 127.5  # of weights that are 0


def picture(pixels_KHW: Tensor) -> Picture:
    """Brightness from 0 to 1; grey unless there are three channels."""
    values = pixels_KHW if len(pixels_KHW) == 3 else pixels_KHW.mean(0, keepdim=True)
    channels, height, width = values.shape
    scaled = (values.float().nan_to_num(0, 1, 0) * 255).round().clamp(0, 255)
    bytes_HWK = scaled.to(torch.uint8).permute(1, 2, 0).contiguous()
    return Picture(width, height, channels, bytes(bytes_HWK.flatten().tolist()))


def beside_pictures(beside_PHW: Tensor | None) -> tuple[Picture, ...]:
    """What goes in beside an image: one plane or vector as it is, several planes in rows, from the
    least value (dark; at most 0) to the greatest.
    """
    if beside_PHW is None:
        return ()
    values = beside_PHW.float()
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    shares = (values - low) / ((high - low) or 1.0)
    return (picture(shares if len(shares) == 1 else _mosaic(shares)),)


def _mosaic(planes_PHW: Tensor) -> Tensor:
    """Planes in rows, with lines of middle grey between them: (1, H, W)."""
    count, height, width = planes_PHW.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    tiles = planes_PHW.new_full((rows, height + 1, columns, width + 1), 0.5)
    for index, plane in enumerate(planes_PHW):
        tiles[index // columns, :height, index % columns, :width] = plane
    return tiles.view(rows * (height + 1), columns * (width + 1))[None, :-1, :-1]


def filter_pictures(weights_FKHW: Tensor, order: list[int], kind: str) -> FilterPictures:
    """The first of the filters, in the `order` of their numbers; `kind` says what they are."""
    numbers = tuple(order[:MOST_FILTERS])
    pictures = tuple(_weights(weights_FKHW[number]) for number in numbers)
    return FilterPictures(numbers, pictures, len(weights_FKHW), kind)


def _weights(weights_KHW: Tensor) -> Picture:
    """Weights around middle grey, the greatest at an end of the scale."""
    values = weights_KHW.detach().float().cpu()
    values = values if len(values) == 3 else values.mean(0, keepdim=True)
    largest = float(values.abs().max())
    if not math.isfinite(largest) or largest == 0:
        return picture(torch.full_like(values, GREY / 255))
    return picture((GREY + GREY * values / largest) / 255)
