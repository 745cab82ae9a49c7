"""What phases have in common whose layers each tell the classes apart."""

from typing import ClassVar, Literal

from pydantic import Field

from fftui.experiment.per_layer import PerLayer
from fftui.experiment.phase_configs import (
    BATCH,
    RATE,
    LabelUse,
    LocalPhaseConfig,
    Order,
    Schedule,
)


class ClassPhase(LocalPhaseConfig):
    """Base of the phases whose layers each tell the classes apart: no label goes in, one pass
    predicts, and the layers that predict may be chosen.
    """

    epochs: int = Field(10, ge=1, description="epochs of each layer")
    batch_size: int = Field(128, ge=1, le=10_000_000, description=BATCH)
    learning_rate: PerLayer = Field(1e-3, description=RATE)
    schedule: Schedule = Field("cosine", description="learning rate over a layer's epochs")
    order: Order = Field(
        "parallel", description="one layer after the other, or all in parallel from one batch"
    )
    prediction: Literal["all-layers", "skip-first", "last-layer", "best-range"] = Field(
        "last-layer",
        description=(
            "layers whose goodness is summed for each label; best-range: the successive layers that"
            " label most validation images rightly, chosen after learning"
        ),
    )

    label_use: ClassVar[LabelUse] = "refused"

    @property
    def needs_validation(self) -> bool:
        """Where the layers that predict are chosen."""
        return self.prediction == "best-range"
