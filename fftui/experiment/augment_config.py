"""How training images are changed at random, anew in every epoch, beside `data.shift` and
`data.flip`.
"""

from collections.abc import Iterator

from pydantic import Field

from fftui.data.catalogue import SetInfo
from fftui.experiment.config import Config

COLOURS = 3  # channels of an image whose colours can be changed


class Augment(Config):
    """Random changes of training images; with the values here there are none."""

    crop: int = Field(
        0,
        ge=0,
        le=16,
        description="pixels of a reflected border from which images are cut at random places",
    )
    rotation: float = Field(
        0.0, ge=0, le=180, description="largest angle of a random rotation each way, in degrees"
    )
    area: float = Field(
        1.0,
        gt=0,
        le=1,
        description=(
            "least share of an image's area that a part cut out at random and resized has; 1: none"
        ),
    )
    elastic: float = Field(
        0.0,
        ge=0,
        le=8,
        description="root mean square, in pixels, of a random smooth displacement of its places",
    )
    brightness: float = Field(
        0.0, ge=0, le=1, description="pixels are multiplied by 1 - it to 1 + it, at random"
    )
    contrast: float = Field(
        0.0,
        ge=0,
        le=1,
        description="the distance of pixels from the image's mean grey is multiplied likewise",
    )
    saturation: float = Field(
        0.0,
        ge=0,
        le=1,
        description="the distance of pixels from their own grey is multiplied likewise",
    )
    hue: float = Field(
        0.0, ge=0, le=0.5, description="largest turn of hues each way, in turns of the colour wheel"
    )
    grey: float = Field(
        0.0, ge=0, le=1, description="share of the images whose colours are taken away"
    )

    @property
    def cuts(self) -> bool:
        """Whether images are cut out, turned or deformed by interpolation."""
        return self.rotation > 0 or self.area < 1 or self.elastic > 0

    @property
    def jitters(self) -> bool:
        """Whether brightness or colours are changed."""
        return bool(self.brightness or self.contrast or self._changes_colours)

    @property
    def is_none(self) -> bool:
        """Whether images stay as they are."""
        return not (self.crop or self.cuts or self.jitters)

    @property
    def _changes_colours(self) -> bool:
        return bool(self.saturation or self.hue or self.grey)

    def problems(self, name: str, info: SetInfo) -> Iterator[str]:
        """Reasons why it cannot be of the images of data set `name`."""
        channels, *sides = info.shape
        if self._changes_colours and channels != COLOURS:
            yield (
                f"images of {name} have {channels} channel{'s' * (channels != 1)} and no colours:"
                " set data.augment.saturation, hue and grey to 0"
            )
        if self.crop >= min(sides):
            yield (
                f"images of {name} have {min(sides)} pixels a side: set data.augment.crop below"
                " that"
            )
