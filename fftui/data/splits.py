"""Training, validation and test images of an experiment: the whole data set, or random subsets of
it by seed.
"""

from dataclasses import dataclass
from pathlib import Path

import torch

from fftui.data.catalogue import DataName
from fftui.data.sets import DataSplit, load_set
from fftui.errors import DataError


@dataclass(frozen=True)
class Splits:
    """Images to learn from, to make choices on (if any), and to report on."""

    train: DataSplit
    validation: DataSplit | None
    test: DataSplit


def load_splits(  # noqa: PLR0913 - three numbers of images
    name: DataName,
    *,
    folder: Path | None = None,
    seed: int,
    train_images: int | None = None,
    validation_images: int = 0,
    test_images: int | None = None,
    sha256: str | None = None,
) -> Splits:
    """The splits of a data set; None takes all images that are left, 0 validation images make no
    validation split.

    Subsets are drawn by `seed`, without replacement: validation images first, so that they stay the
    same whatever the number of training images, and a smaller training subset is the beginning of a
    larger one. A split that takes a whole file keeps its order. Raises DataError where the data set
    cannot be read, has fewer images, or is an own one whose hash is not `sha256`.
    """
    train = load_set(name, "train", folder, sha256=sha256)
    test = load_set(name, "test", folder, sha256=sha256)
    wanted = validation_images + (1 if train_images is None else train_images)
    if wanted > len(train):
        msg = (
            f"{name} has {len(train)} training images; train + validation ask for {wanted}: ask for"
            " fewer"
        )
        raise DataError(msg)
    if test_images is not None and test_images > len(test):
        msg = f"{name} has {len(test)} test images, not {test_images}: ask for fewer"
        raise DataError(msg)
    # Both orders are always drawn: which test images are taken does not depend on the other
    # numbers.
    generator = torch.Generator().manual_seed(seed)
    train_order = torch.randperm(len(train), generator=generator)
    test_order = torch.randperm(len(test), generator=generator)
    validation = train.take(train_order[:validation_images]) if validation_images else None
    if validation is not None or train_images is not None:
        end = None if train_images is None else validation_images + train_images
        train = train.take(train_order[validation_images:end])
    if test_images is not None:
        test = test.take(test_order[:test_images])
    return Splits(train, validation, test)
