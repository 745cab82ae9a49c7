"""When a stage of learning ends before its last epoch, by the accuracy on validation images."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from fftui.experiment.config import Config

# weights with which a stage ends
Keep = Literal["last", "best"]


class EarlyStopping(Config):
    """Ends a layer, or layers that learn together, once validation accuracy gains no more."""

    patience: int = Field(
        5, ge=1, description="epochs without a gain in validation accuracy after which it ends"
    )
    least_gain: float = Field(
        0.0, ge=0, lt=1, description="by which accuracy, a fraction of 1, has to exceed the best"
    )


def validation_problems(*, wanted_by: str, validation_images: int, every: int) -> Iterator[str]:
    """What the field `wanted_by` lacks to look at validation images while learning."""
    if validation_images == 0:
        yield f"{wanted_by} needs validation images: set data.validation_images"
    if every == 0:
        yield f"{wanted_by} measures accuracy while learning: set evaluation.every = 1"
