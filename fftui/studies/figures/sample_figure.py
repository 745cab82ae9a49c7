"""The paper's Figure 2: an image as it is, with its label laid over it, and with a wrong one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fftui.studies.figures.style import COLUMN_IN, Drawing, grid


@dataclass(frozen=True)
class Sample:
    """An image as (height, width) or (height, width, channels), 0 to 1, its label and
    what it is.
    """

    title: str
    pixels: NDArray[np.float32]


def sample_figure(samples: tuple[Sample, ...]) -> Drawing:
    """The samples side by side."""
    figure, all_axes = grid(len(samples), len(samples))
    figure.set_size_inches(COLUMN_IN, 1.45)
    for axes, sample in zip(all_axes, samples, strict=True):
        axes.imshow(sample.pixels, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        axes.set_title(sample.title, fontsize=7)
        axes.set_axis_off()
    return Drawing("figure-2-samples", figure)
