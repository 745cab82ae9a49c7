"""Which images an experiment learns from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from fftui.data.catalogue import SETS, ChannelScale, Normalisation, SetInfo
from fftui.data.own_sets import known_names, own_record
from fftui.errors import hint
from fftui.experiment.augment_config import Augment
from fftui.experiment.choices import FilledIn
from fftui.experiment.config import Config


class OwnSet(Config):
    """The facts of one's own data set, so that the experiment is complete without its files.

    `shape` is (channels, height, width); `mean` and `std` are the training images', of pixels from
    0 to 1; `hash` is the SHA-256 sum that tells the set from another of its name.
    """

    classes: int = Field(ge=2)
    shape: tuple[int, int, int] = Field(strict=False)
    train_images: int = Field(ge=1)
    test_images: int = Field(ge=1)
    mean: tuple[float, ...] = Field(strict=False)
    std: tuple[float, ...] = Field(strict=False)
    hash: str = Field(min_length=64, max_length=64)
    class_names: tuple[str, ...] = Field((), strict=False)

    @model_validator(mode="after")
    def _channels_agree(self) -> Self:
        if not len(self.mean) == len(self.std) == self.shape[0] or min(self.shape) < 1:
            msg = "shape, mean and std do not have the same channels"
            raise ValueError(msg)
        return self


# how the images of a training batch are read: selected from one tensor, or image by image
Loader = Literal["tensor", "per-image"]


class KnownSets:
    """Annotation of the field that names a data set, for a form that lists what there is."""

    @property
    def names(self) -> tuple[str, ...]:
        """The published sets and one's own."""
        return tuple(known_names())


class Data(Config):
    """The images: data set, numbers, normalisation of pixels, augmentation, loader."""

    name: Annotated[str, KnownSets()] = Field("mnist-mini", description="data set")
    normalisation: Normalisation = Field(
        "standard",
        description=(
            "of pixels: none (0-255), unit (0-1), standard (per channel), paper (its constants)"
        ),
    )
    train_images: int | None = Field(
        None, ge=1, description="random subset of the training images; null: all"
    )
    validation_images: int = Field(
        0, ge=0, description="images split off the training set for choosing"
    )
    test_images: int | None = Field(
        None, ge=1, description="random subset of the test images; null: all"
    )
    shift: int = Field(
        0, ge=0, le=8, description="pixels by which training images are shifted at random, each way"
    )
    flip: bool = Field(
        False, description="training images are flipped left to right, half of them at random"
    )
    augment: Augment = Augment()
    loader: Loader = Field(
        "tensor",
        description=(
            "of training batches: tensor (selected at once), or per-image (each image by"
            " torchvision's transforms and a DataLoader: the same batches, slowly, as the paper's"
            " backprop)"
        ),
    )
    own: Annotated[OwnSet | None, FilledIn()] = Field(
        None, description="facts of one's own data set, filled in from its record"
    )

    @property
    def info(self) -> SetInfo:
        """Shape and size of the data set."""
        if self.own is None:
            return SETS[self.name]
        return SetInfo(
            classes=self.own.classes,
            shape=self.own.shape,
            train_images=self.own.train_images,
            test_images=self.own.test_images,
            description="own",
            standard=ChannelScale(self.own.mean, self.own.std),
            class_names=self.own.class_names,
        )

    @property
    def augmented(self) -> bool:
        """Whether training images are changed at random."""
        return bool(self.shift or self.flip) or not self.augment.is_none

    @property
    def augmentation(self) -> dict[str, object]:
        """What changes training images, by path: for another experiment with the same changes."""
        return {
            "data.shift": self.shift,
            "data.flip": self.flip,
            "data.augment": self.augment.model_dump(mode="json"),
        }

    @model_validator(mode="after")
    def _fits_the_set(self) -> Self:
        if self.own is not None and self.name in SETS:
            msg = f"{self.name} is a published data set: leave out data.own"
            raise ValueError(msg)
        if self.own is None and self.name not in SETS:
            msg = (
                f"no data set is called {self.name!r}{hint(self.name, SETS)}; there are"
                f" {', '.join(SETS)}; of one's own set the facts in data.own are missing"
            )
            raise ValueError(msg)
        info = self.info
        wanted = self.validation_images + (self.train_images or 1)
        if wanted > info.train_images:
            msg = (
                f"{self.name} has {info.train_images} training images; train + validation ask for"
                f" {wanted}"
            )
            raise ValueError(msg)
        if self.test_images is not None and self.test_images > info.test_images:
            msg = f"{self.name} has {info.test_images} test images, not {self.test_images}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _augmentation_fits(self) -> Self:
        for problem in self.augment.problems(self.name, self.info):
            raise ValueError(problem)
        if self.shift and self.augment.crop:
            msg = "images are moved by data.shift or by data.augment.crop: set one of them to 0"
            raise ValueError(msg)
        if self.loader == "per-image" and self.augmented:
            msg = (
                "loader = 'per-image' reads images as they are: set shift = 0 and flip = false,"
                " leave out augment, or set loader = 'tensor'"
            )
            raise ValueError(msg)
        return self


def data_values(values: object, name: str, data_folder: Path | None) -> dict[str, Any]:
    """The values of an experiment's `data` with another data set; of one's own with its facts."""
    kept = {k: v for k, v in values.items() if k != "own"} if isinstance(values, Mapping) else {}
    kept["name"] = name
    if name not in SETS and name in known_names(data_folder):
        record = own_record(name, data_folder)
        kept["own"] = {
            "classes": len(record.class_names),
            "shape": list(record.shape),
            "train_images": record.train_images,
            "test_images": record.test_images,
            "mean": list(record.mean),
            "std": list(record.std),
            "hash": record.sha256,
            "class_names": list(record.class_names),
        }
    return kept
