"""The images of a run on its device: to learn from, to choose by, and to test with."""

from dataclasses import dataclass
from pathlib import Path

import torch

from fftui.data.splits import load_splits
from fftui.experiment import Data
from fftui.learning.images import Images


@dataclass(frozen=True)
class SplitImages:
    """A data set's images; `validation` is None where none are set apart."""

    train: Images
    validation: Images | None
    test: Images

    def measured(self, count: int) -> list[tuple[str, Images]]:
        """The split names and images whose accuracy is measured while learning: `count` training
        images, and as many for validation where there are any.
        """
        found = [("train", self.train.part(0, count))]
        if self.validation is not None:
            found.append(("validation", self.validation.part(0, count)))
        return found


def load_images(data: Data, seed: int, folder: Path | None, device: torch.device) -> SplitImages:
    """The images of `data`, from the data folder `folder`. Raises DataError where they are not
    there.
    """
    splits = load_splits(
        data.name,
        folder=folder,
        seed=seed,
        train_images=data.train_images,
        validation_images=data.validation_images,
        test_images=data.test_images,
        sha256=data.own.hash if data.own else None,
    )
    return SplitImages(
        Images.on(device, splits.train, data),
        Images.on(device, splits.validation, data) if splits.validation else None,
        Images.on(device, splits.test, data),
    )
