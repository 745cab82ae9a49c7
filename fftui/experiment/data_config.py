"""Which images an experiment learns from."""

from typing import Self

from pydantic import Field, model_validator

from fftui.data.catalogue import SETS, DataName, Normalisation, SetInfo
from fftui.experiment.config import Config


class Data(Config):
    """The images: data set, numbers, normalisation of pixels, augmentation."""

    name: DataName = Field("mnist-mini", description="data set")
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

    @property
    def info(self) -> SetInfo:
        """Shape and size of the data set."""
        return SETS[self.name]

    @model_validator(mode="after")
    def _fits_the_set(self) -> Self:
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
