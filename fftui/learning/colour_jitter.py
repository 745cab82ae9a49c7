"""Brightness, contrast, saturation and hue of images changed at random: a product a batch.

All but the image's mean is linear in a pixel's colours, so each image has one matrix (K, K) and one
number that is added; they are drawn once an epoch.

Letters in shapes: N images, B of a batch, K channels, P pixels.
"""

import math

import torch
from torch import Generator, Tensor

from fftui.experiment import Augment
from fftui.experiment.augment_config import COLOURS

# from red, green and blue to brightness and two colour differences (YIQ, as television had them)
YIQ = ((0.299, 0.587, 0.114), (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))


class ColourJitter:
    """Random changes within the ranges of torchvision's ColorJitter and RandomGrayscale, in the
    order brightness, contrast, saturation, hue, grey.

    Hues are turned about the axis of greys, so that a pixel keeps its brightness (torchvision turns
    them in HSV); values are cut to 0 to 255 once, at the end.
    """

    def __init__(self, augment: Augment, channels: int, device: torch.device) -> None:
        self._augment = augment
        self._channels = channels
        self._device = device
        # of red, green and blue in the brightness; made once, as the device would wait for it
        self._weight_K = torch.tensor(YIQ[0], device=device)

    def draw(self, count: int, generator: Generator) -> None:
        """Draw the changes of each of `count` images."""
        augment = self._augment
        drawn = torch.rand(5, count, generator=generator)
        either_way_4N, grey_N = 2 * drawn[:4] - 1, drawn[4]
        bright_N = 1 + augment.brightness * either_way_4N[0]
        contrast_N = 1 + augment.contrast * either_way_4N[1]
        saturated_N = 1 + augment.saturation * either_way_4N[2]
        saturated_N = torch.where(grey_N < augment.grey, 0.0, saturated_N)
        angle_N = 2 * math.pi * augment.hue * either_way_4N[3]
        mix_NKK = self._colours(saturated_N, angle_N) * (bright_N * contrast_N)[:, None, None]
        self._mix_NKK = mix_NKK.to(self._device)
        # how much of the image's mean grey is added where contrast is taken away
        self._mean_N = (bright_N * (1 - contrast_N)).to(self._device)

    def change(self, pixels_BKP: Tensor, index_B: Tensor) -> Tensor:
        """The images at `index_B` with their changes, float32 (B, K, P), 0 to 255."""
        pixels_BKP = pixels_BKP.float()
        mean_B = self._grey(pixels_BKP.mean(2)) * self._mean_N[index_B]
        changed_BKP = torch.baddbmm(mean_B[:, None, None], self._mix_NKK[index_B], pixels_BKP)
        return changed_BKP.clamp_(0, 255)

    def _grey(self, colour_BK: Tensor) -> Tensor:
        """The brightness (B,) of a colour."""
        if self._channels != COLOURS:
            return colour_BK.mean(1)
        return colour_BK @ self._weight_K

    def _colours(self, saturated_N: Tensor, angle_N: Tensor) -> Tensor:
        """The matrix (N, K, K) that scales and turns the colour differences of each image."""
        if self._channels != COLOURS:
            return torch.eye(self._channels).expand(len(angle_N), -1, -1)
        cos_N, sin_N = saturated_N * angle_N.cos(), saturated_N * angle_N.sin()
        one_N, none_N = torch.ones_like(cos_N), torch.zeros_like(cos_N)
        rows = ((one_N, none_N, none_N), (none_N, cos_N, -sin_N), (none_N, sin_N, cos_N))
        turn_N33 = torch.stack([torch.stack(row, 1) for row in rows], 1)
        there = torch.tensor(YIQ)
        back: Tensor = torch.linalg.inv(there)
        return back @ turn_N33 @ there
