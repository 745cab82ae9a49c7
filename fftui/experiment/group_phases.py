"""Phases whose layers learn by cross entropy over a goodness of each class."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from fftui.data.catalogue import SetInfo
from fftui.experiment.class_phase import ClassPhase
from fftui.experiment.cost_terms import Cost, CostContext, StageTerms
from fftui.experiment.model_config import Model
from fftui.experiment.phase_configs import (
    PHASES,
)

ClassGoodness = Literal["mean-square", "mean-activation", "projection"]
Temperature = Annotated[float, Field(gt=0)]
MOST_FEATURES = 1600  # that a contrast compares of a layer's outputs, pooled: 100 channels of 4x4


@PHASES.add
class LocalCrossEntropy(ClassPhase):
    """Local cross entropy over the goodness of each class: derived from Forward-Forward, without
    negative data.

    As in DeeperForward and CwComp a layer's units are cut into C groups, and the goodness of a
    group is its class's logit; or, as in Mono-Forward, the layer learns a linear map to the C
    logits. No label goes in, so one pass predicts.
    """

    rule: Literal["local-ce"] = "local-ce"
    goodness: ClassGoodness = Field(
        "mean-square",
        description=(
            "of a class: mean square or mean activity of its group of units, or a learned"
            " projection of all units"
        ),
    )
    scale: float = Field(1.0, gt=0, description="logit = scale times the goodness of a class")

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
        if self.goodness != "projection":
            yield from _group_problems(self.rule, model, info)


@PHASES.add
class SupervisedContrast(ClassPhase):
    """Local cross entropy over the goodness of class groups, beside a supervised contrastive loss:
    HCL-FF (Yao et al. 2026) without its hierarchy of labels.

    The contrastive loss (Khosla et al. 2020) is of a layer's normalised outputs, pooled, under a
    linear map of the layer's own: images of one class should be more alike than others.
    """

    rule: Literal["supervised-contrast"] = "supervised-contrast"
    goodness: Literal["mean-square", "mean-activation"] = Field(
        "mean-activation", description="of a class: mean square or mean activity of its group"
    )
    scale: float = Field(1.0, gt=0, description="logit = scale times the goodness of a class")
    contrast: float = Field(
        1.0, ge=0, description="weight of the contrastive loss beside the cross entropy"
    )
    temperatures: tuple[Temperature, Temperature, Temperature] = Field(
        (0.8, 0.2, 0.1),
        strict=False,
        description=(
            "of the contrastive loss: from the first to the second evenly, then by half a cosine"
            " to the third"
        ),
    )
    warmup: float = Field(
        0.05, gt=0, le=1, description="share of the epochs by which the second is reached"
    )
    map_units: int = Field(
        128, ge=2, le=100_000, description="units of the linear map whose directions are compared"
    )
    map_rate: float = Field(2.0, gt=0, description="its learning rate, times the layer's")

    def temperature_in(self, epoch: int) -> float:
        """The temperature in `epoch`, from 1."""
        first, second, last = self.temperatures
        warm = self.warmup * self.epochs
        done = epoch - 1
        if done < warm:
            return first - (first - second) * done / warm
        share = (done - warm) / max(1.0, self.epochs - warm)
        return last + (second - last) * 0.5 * (1 + math.cos(math.pi * share))

    def stage_terms(self, context: CostContext) -> Iterator[StageTerms]:
        """Those of local phases; maps, and the likeness of an image with its batch."""
        for stage in super().stage_terms(context):
            beside = [min(each.outputs, MOST_FEATURES) * self.map_units for each in stage.layers]
            pairs = self.batch_size * self.map_units * len(beside)
            layers = [
                replace(layer, weights=layer.weights + weights)
                for layer, weights in zip(stage.layers, beside, strict=True)
            ]
            cost = stage.per_epoch + Cost(6.0 * (sum(beside) + pairs), 0.0)
            yield replace(stage, layers=layers, per_epoch=cost)

    def needs_whole_batch(self, model: Model) -> str | None:
        """Likeness does."""
        del model
        return "supervised-contrast compares the images of a batch with each other"

    def problems(self, model: Model, info: SetInfo) -> Iterator[str]:
        """Those of local phases, and layers with fewer groups than classes."""
        yield from super().problems(model, info)
        yield from _group_problems(self.rule, model, info)


def _group_problems(rule: str, model: Model, info: SetInfo) -> Iterator[str]:
    """Layers with fewer groups than classes."""
    for number, layer in enumerate(model.layers):
        if layer.groups < info.classes:
            yield (
                f"{rule} cuts layers into {info.classes} groups: model.layers.{number} has only"
                f" {layer.groups}"
            )
