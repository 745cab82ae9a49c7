"""Probe images: a fixed sample of test images on which what a network has learned is looked at."""

from pathlib import Path

import torch

from fftui.data.sets import DataSplit, load_set
from fftui.experiment import Experiment
from fftui.learning.seeds import generator_for

PROBE_SEED = 0  # not the run's: all runs on a data set have the same images
MOST_IMAGES = 500
LEAST_IMAGES = 100
MOST_ROWS = 20_000  # images x labels that go through the network


def probe_size(classes: int) -> int:
    """Probe images of a data set with so many labels, each of which is tried."""
    return max(LEAST_IMAGES, min(MOST_IMAGES, MOST_ROWS // max(1, classes)))


def probe_images(
    experiment: Experiment, images: int | None = None, data_folder: Path | None = None
) -> DataSplit:
    """`images` test images of the experiment's data set (None: `probe_size`), or all where there
    are fewer; of two numbers of images the smaller ones are the beginning of the others.

    Raises DataError where the data set is missing or another one.
    """
    data = experiment.data
    test = load_set(data.name, "test", data_folder, sha256=data.own.hash if data.own else None)
    wanted = probe_size(data.info.classes) if images is None else images
    order_N = torch.randperm(len(test), generator=generator_for(PROBE_SEED, "probe"))
    return test.take(order_N[:wanted])
