"""Phases whose layers learn by cross entropy over a goodness of each class."""

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Literal

from pydantic import Field

from fftui.data.catalogue import SetInfo
from fftui.experiment.cost_terms import Cost, CostContext, StageTerms
from fftui.experiment.model_config import Model
from fftui.experiment.per_layer import PerLayer
from fftui.experiment.phase_configs import (
    BATCH,
    PHASES,
    RATE,
    LabelUse,
    LocalPhaseConfig,
    Order,
    Schedule,
)

ClassGoodness = Literal["mean-square", "mean-activation", "projection"]


@PHASES.add
class LocalCrossEntropy(LocalPhaseConfig):
    """Local cross entropy over the goodness of each class: derived from Forward-Forward, without
    negative data.

    As in DeeperForward and CwComp a layer's units are cut into C groups, and the goodness of a
    group is its class's logit; or, as in Mono-Forward, the layer learns a linear map to the C
    logits. No label goes in, so one pass predicts.
    """

    rule: Literal["local-ce"] = "local-ce"
    epochs: int = Field(10, ge=1, description="epochs of each layer")
    batch_size: int = Field(128, ge=1, le=10_000_000, description=BATCH)
    learning_rate: PerLayer = Field(1e-3, description=RATE)
    schedule: Schedule = Field("cosine", description="learning rate over a layer's epochs")
    order: Order = Field(
        "parallel", description="one layer after the other, or all in parallel from one batch"
    )
    goodness: ClassGoodness = Field(
        "mean-square",
        description=(
            "of a class: mean square or mean activity of its group of units, or a learned"
            " projection of all units"
        ),
    )
    scale: float = Field(1.0, gt=0, description="logit = scale times the goodness of a class")
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

    def stage_terms(self, context: CostContext) -> Iterator[StageTerms]:
        """Those of local phases, and the projections."""
        for stage in super().stage_terms(context):
            if self.goodness != "projection":
                yield stage
                continue
            flops = sum(6.0 * layer.outputs * context.classes for layer in stage.layers)
            yield replace(stage, per_epoch=stage.per_epoch + Cost(flops, 0.0))

    def needs_whole_batch(self, model: Model) -> str | None:
        """Windows, whose layers end in different epochs, and projections."""
        del model
        if self.windows or self.goodness == "projection":
            return "windows and projections are not divided among processes"
        return None

    def problems(self, model: Model, info: SetInfo) -> Iterator[str]:
        """Those of local phases, and layers with fewer groups than classes."""
        yield from super().problems(model, info)
        if self.goodness == "projection":
            return
        for number, layer in enumerate(model.layers):
            if layer.groups < info.classes:
                yield (
                    f"local-ce cuts layers into {info.classes} groups: model.layers.{number} has"
                    f" only {layer.groups}"
                )
