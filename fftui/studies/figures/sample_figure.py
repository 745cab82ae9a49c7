"""The paper's Figure 2: a training image as it is, and as the first layer is shown it, with its own
label and with the run's wrong one.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from fftui.data.encodings import LabelEncoding
from fftui.errors import DataError, ExperimentError
from fftui.experiment import Experiment
from fftui.studies.figures.style import COLUMN_IN, Drawing, SkippedFigure

FIGURE_2 = "figure-2-samples"
NAME_CHARACTERS = 12  # of a class's name in a title
# What stands beside the image, in the words of a reader.
BESIDE: dict[LabelEncoding, str] = {
    "appended": "label appended\nto the pixels",
    "random-plane": "label plane,\none more channel",
    "one-hot-plane": "label planes,\na channel a class",
    "every-token": "label vector,\nadded to every\ntoken; learned,\nhere at the start",
    "first-token": "label vector,\nadded to the first\ntoken; learned,\nhere at the start",
    "label-token": "label vector,\na token of its own;\nlearned, here at\nthe start",
}

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Sample:
    """An image (height, width) or (height, width, 3) from 0 to 1 and its title; `beside` (channels,
    height, width) is the label that goes in beside it.
    """

    title: str
    pixels: Array
    beside: Array | None = None


@dataclass(frozen=True)
class Samples:
    """The samples of one image, what all of them are of, and how the label goes in."""

    title: str
    samples: tuple[Sample, ...]
    beside: str = ""


def sample_figures(
    name: str, experiment: Experiment, number: int, data_folder: Path | None
) -> Iterator[Drawing | SkippedFigure]:
    """Training image `number` (from 0) of `experiment` as figure `name`; skipped where images are
    missing or no rule shows wrong labels. Raises RequestError where there is no such image.
    """
    try:
        yield sample_figure(name, samples_of(experiment, number, data_folder))
    except (DataError, ExperimentError) as error:
        yield SkippedFigure(name, str(error))


def samples_of(experiment: Experiment, number: int, data_folder: Path | None) -> Samples:
    """The image and its inputs, from `fftui.learning.shown`. Raises as `shown_image`."""
    from fftui.learning.shown import shown_image  # noqa: PLC0415 - torch, which no other figure needs

    shown, names = shown_image(experiment, number, data_folder), experiment.data.info.class_names
    samples = [Sample(f"label {_name(shown.label, names)}", _picture(shown.pixels.numpy()))]
    for index, each in enumerate(shown.inputs):
        name = _name(each.label, names)
        own = "\nits true label" if index and each.label == shown.label else ""
        samples.append(
            Sample(
                f"{'negative' if index else 'positive'} ({name}){own}",
                _picture(each.pixels.numpy()),
                None if each.beside is None else each.beside.numpy(),
            )
        )
    encoding = experiment.model.label.encoding
    kinds = [phase.negatives for phase in experiment.phases if hasattr(phase, "negatives")]
    negatives = f", {kinds[0]} negatives" if kinds else ""
    title = f"{experiment.data.name}, image {number}: {encoding}{negatives}"
    return Samples(title, tuple(samples), BESIDE.get(encoding, ""))


def sample_figure(name: str, of: Samples) -> Drawing:
    """The samples side by side; labels beside the image stand below it."""
    two_rows = any(sample.beside is not None for sample in of.samples)
    figure = Figure(figsize=(COLUMN_IN, 2.55 if two_rows else 1.6), layout="constrained")
    cells = figure.add_gridspec(
        2 if two_rows else 1, len(of.samples), height_ratios=(3, 2) if two_rows else None
    )
    for column, sample in enumerate(of.samples):
        axes = figure.add_subplot(cells[0, column])
        _image(axes, sample.pixels)
        axes.set_title(sample.title, fontsize=7, loc="center")
        if two_rows:
            _beside(figure.add_subplot(cells[1, column]), sample.beside, of.beside)
    figure.suptitle(of.title, fontsize=7)
    return Drawing(name, figure)


def _beside(axes: Axes, values: Array | None, words: str) -> None:
    """The label's planes as a mosaic, or its vector as a strip; in the image's own column what they
    are.
    """
    if values is None:
        axes.set_axis_off()
        axes.text(0.5, 0.5, words, fontsize=6, ha="center", va="center", transform=axes.transAxes)
        return
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    if values.shape[1] == 1:
        axes.imshow(values[0], cmap="gray", vmin=low, vmax=high, aspect="auto")
        axes.set_box_aspect(0.12)
    else:
        axes.imshow(
            _mosaic(values, (low + high) / 2),
            cmap="gray",
            vmin=low,
            vmax=high,
            interpolation="nearest",
        )
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(True)


def _mosaic(planes: Array, edge: float) -> Array:
    """Planes (P, height, width) in rows, with lines of value `edge` between them."""
    columns = math.ceil(math.sqrt(len(planes)))
    rows = math.ceil(len(planes) / columns)
    _, height, width = planes.shape
    tiles = np.full((rows, height + 1, columns, width + 1), edge, np.float32)
    for index, plane in enumerate(planes):
        tiles[index // columns, :height, index % columns, :width] = plane
    return tiles.reshape(rows * (height + 1), columns * (width + 1))[:-1, :-1]


def _image(axes: Axes, pixels: Array) -> None:
    axes.imshow(pixels, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color("0.7")


def _picture(pixels: Array) -> Array:
    """Pixels (K, height, width) as Matplotlib shows them: grey, or colour where there are three
    channels.
    """
    return pixels.transpose(1, 2, 0) if len(pixels) == 3 else pixels.mean(0)


def _name(label: int, names: Sequence[str]) -> str:
    """The class's name, or its number where it has none; of the neutral label `none`."""
    if not names:
        return str(label)
    name = names[label] if label < len(names) else "none"
    return name if len(name) <= NAME_CHARACTERS else f"{name[: NAME_CHARACTERS - 1]}…"
