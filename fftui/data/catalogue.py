"""Sizes and shapes of the data sets; no tensor library is loaded here."""

from dataclasses import dataclass
from typing import Literal, get_args

DataName = Literal["mnist-mini", "mnist", "fashion-mnist", "cifar10", "cifar100", "svhn"]

Normalisation = Literal["none", "unit", "standard", "paper"]


@dataclass(frozen=True)
class SetInfo:
    """Size and shape of a data set; `shape` is (channels, height, width) in pixels."""

    classes: int
    shape: tuple[int, int, int]
    train_images: int
    test_images: int
    description: str

    @property
    def inputs(self) -> int:
        """Number of inputs D of a flattened image."""
        channels, height, width = self.shape
        return channels * height * width


SETS: dict[DataName, SetInfo] = {
    "mnist-mini": SetInfo(
        10, (1, 28, 28), 5_000, 1_000, "the first 5,000 / 1,000 MNIST digits, shipped with fftui"
    ),
    "mnist": SetInfo(10, (1, 28, 28), 60_000, 10_000, "handwritten digits"),
    "fashion-mnist": SetInfo(10, (1, 28, 28), 60_000, 10_000, "articles of clothing"),
    "cifar10": SetInfo(10, (3, 32, 32), 50_000, 10_000, "ten kinds of objects in colour"),
    "cifar100": SetInfo(100, (3, 32, 32), 50_000, 10_000, "a hundred kinds of objects in colour"),
    "svhn": SetInfo(10, (3, 32, 32), 73_257, 26_032, "house numbers in colour"),
}
DATA_NAMES: tuple[DataName, ...] = get_args(DataName)
