"""Phases in which layers learn without labels, and the one that reads what they have learned."""

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Literal

from pydantic import Field

from fftui.data.catalogue import SetInfo
from fftui.experiment.cost_terms import NO_COST, CostContext, LayerCost, StageTerms
from fftui.experiment.layer_configs import DRAWN
from fftui.experiment.model_config import Model
from fftui.experiment.optimizer import Optimizer
from fftui.experiment.per_layer import PerLayer, per_layer_problems
from fftui.experiment.phase_configs import (
    BATCH,
    PEERS_ARE_UNITS,
    PHASES,
    Goodness,
    LabelUse,
    LocalPhaseConfig,
    Order,
    PhaseConfig,
    Schedule,
)

NegativeImages = Literal["average", "hybrid"]


class UnlabelledPhase(LocalPhaseConfig):
    """Base of the phases whose layers learn without labels: they predict nothing before a phase
    with the rule readout, or `fftui probe`, reads their layers.
    """

    prediction: Literal["all-layers"] = Field(
        "all-layers", description="all layers; it predicts nothing before a readout"
    )

    label_use: ClassVar[LabelUse] = "refused"
    predicts: ClassVar[bool] = False

    def problems(self, model: Model, info: SetInfo) -> Iterator[str]:
        """Those of local phases, and what would go by an accuracy that there is not."""
        yield from super().problems(model, info)
        if self.validated_by:
            yield f"{self.validated_by} goes by accuracy, and {self.rule} predicts no labels"


@PHASES.add
class ImageContrast(UnlabelledPhase):
    """Forward-Forward without labels: positive is an image, negative is made of two images.

    As SCFF (Chen et al. 2025; `average`) and as Hinton 2022, section 3.2 (`hybrid`).
    """

    rule: Literal["image-contrast"] = "image-contrast"
    epochs: int = Field(20, ge=1, description="epochs of each layer")
    batch_size: int = Field(100, ge=1, le=10_000_000, description=BATCH)
    learning_rate: PerLayer = Field(
        3e-3, description="one number, or a list with one a layer (> 0)"
    )
    negatives: NegativeImages = Field(
        "average",
        description=(
            "average of an image and the next one of the batch (SCFF: one W for both), or hybrid:"
            " parts of the two by a smooth random mask"
        ),
    )
    goodness: Goodness = Field(
        "mean-square",
        description=(
            "of the activities above 0: mean or sum of their squares, their mean, or mean square"
            " over channels per position; with the sum, a wider layer tells more sharply"
        ),
    )
    peer_normalisation: float = Field(
        0.0, ge=0, description="weight of the loss that keeps units equally active"
    )
    threshold_positive: PerLayer = Field(
        1.0,
        description="goodness that positive images should exceed; one number, or one a layer (> 0)",
    )
    threshold_negative: PerLayer = Field(
        1.0,
        description="goodness that negatives should stay under; one number, or one a layer (> 0)",
    )
    goodness_penalty: float = Field(
        0.0, ge=0, description="weight of the positive images' mean goodness in the loss"
    )
    move: int = Field(
        0,
        ge=0,
        le=8,
        description=(
            "pixels by which the second image of a pair is moved at random, each way; a positive is"
            " then the average of an image and of its moved copy (negatives = 'average')"
        ),
    )

    labels_shown: ClassVar[int] = 2

    @property
    def static_labels(self) -> int:
        """Positive images alone are the same in every epoch, and not where copies are moved."""
        return int(self.move == 0)

    def stage_terms(self, context: CostContext) -> Iterator[StageTerms]:
        """Those of local phases, but that two images share no product."""
        layers = tuple(map(_nothing_shared, context.layers))
        yield from super().stage_terms(replace(context, layers=layers))

    def needs_whole_batch(self, model: Model) -> str | None:
        """Pairs do."""
        return "image-contrast pairs each image with the next one of its batch"

    def problems(self, model: Model, info: SetInfo) -> Iterator[str]:
        """Those of phases without labels, and thresholds that are not one a layer."""
        yield from super().problems(model, info)
        for name in ("threshold_positive", "threshold_negative"):
            yield from per_layer_problems(name, getattr(self, name), len(model.layers))
        if self.goodness == "position-mean-square" and self.peer_normalisation:
            yield PEERS_ARE_UNITS
        if self.move and self.negatives != "average":
            yield "move is of averages: set negatives = 'average', or move = 0"


@PHASES.add
class SoftHebb(UnlabelledPhase):
    """SoftHebb (Journé et al. 2023): the units of a layer compete for each input by a softmax; the
    winner moves towards it, the others away from it, by Hebb's rule. No loss.
    """

    rule: Literal["softhebb"] = "softhebb"
    epochs: int = Field(1, ge=1, description="passes over the training images")
    batch_size: int = Field(10, ge=1, le=10_000_000, description=BATCH)
    learning_rate: PerLayer = Field(
        0.01,
        description=(
            "change of the weight that changes most, for a unit whose weights have the norm 2; one"
            " number, or a list with one a layer (> 0)"
        ),
    )
    optimizer: Optimizer = Optimizer(kind="sgd")
    order: Order = Field(
        "parallel", description="one layer after the other, or all in parallel from one batch"
    )
    inverse_temperature: PerLayer = Field(
        1.0,
        description=(
            "of the softmax over a layer's units: the greater, the more the winner takes; one"
            " number, or one a layer (> 0)"
        ),
    )
    weight_norm: float | None = Field(
        None,
        gt=0,
        description=(
            "norm that each unit's weights are given when their layer begins to learn; null: they"
            " begin as they are"
        ),
    )
    norm_power: float = Field(
        0.5,
        ge=0,
        description=(
            "a unit's rate is times | norm of its weights - 1 | to this power, so that it comes to"
            " rest at the norm 1"
        ),
    )

    def needs_whole_batch(self, model: Model) -> str | None:
        """The scale of an update does."""
        return "softhebb divides an update by its largest change, over the whole batch"

    def problems(self, model: Model, info: SetInfo) -> Iterator[str]:
        """Those of phases without labels, temperatures that are not one a layer, and layers whose
        units have no weights of their own.
        """
        yield from super().problems(model, info)
        yield from per_layer_problems(
            "inverse_temperature", self.inverse_temperature, len(model.layers)
        )
        for number, layer in enumerate(model.layers):
            if not layer.competes:
                yield (
                    f"model.layers.{number}: softhebb lets units compete, and layers of kind"
                    f" {layer.kind!r} state no weights of units"
                )


def _nothing_shared(layer: LayerCost) -> LayerCost:
    return replace(layer, shared_flops=0.0, flops=layer.flops + layer.shared_flops)


@PHASES.add
class Readout(PhaseConfig):
    """The softmax head learns by cross entropy from the outputs of its layers, which stay as they
    are.
    """

    rule: Literal["readout"] = "readout"
    epochs: int = Field(20, ge=1, description="passes over the training images")
    batch_size: int = Field(128, ge=1, le=10_000_000, description=BATCH)
    learning_rate: float = Field(1e-3, gt=0, description="of the head")
    schedule: Schedule = Field("cosine", description="learning rate over the epochs")
    dropout: float = Field(
        0.0, ge=0, le=0.99, description="share of the head's inputs set to 0 while it learns"
    )
    images: Literal["plain", "augmented"] = Field(
        "plain", description="it learns from: plain, or augmented as data says"
    )
    inputs: Literal["normalised", "raw"] = Field(
        "normalised",
        description=(
            "normalised: layers normalise their inputs, with the neutral label; raw: layers"
            " without normalisation and label (the paper's hybrid)"
        ),
    )

    needs_head: ClassVar[bool] = True

    def stage_terms(self, context: CostContext) -> Iterator[StageTerms]:
        """The head; outputs are computed once where they are static and fit the cache."""
        below = context.layers[: max(context.read_layers, default=0)]
        forward = sum((layer.forward(1) for layer in below), NO_COST) + context.read
        floats = float(context.images * context.head_inputs)
        fits = floats * context.cached_bytes <= context.cache_bytes
        static = self.images == "plain" or not context.augmented
        if fits and static and not context.per_image:
            yield StageTerms([], context.head, forward, floats)
        else:
            yield StageTerms([], context.head + forward)

    def needs_whole_batch(self, model: Model) -> str | None:
        """The head's dropout: layers do not learn."""
        return DRAWN if self.dropout else None

    def problems(self, model: Model, info: SetInfo) -> Iterator[str]:
        """Those of every phase, a head without weights, and layers that take no raw inputs."""
        yield from super().problems(model, info)
        if model.head is not None and not model.has_own_head:
            yield "readout teaches a head with weights of its own: set model.head.kind = 'linear'"
        if self.inputs == "raw" and not all(layer.takes_raw_inputs for layer in model.layers):
            yield "inputs = 'raw' is for fully connected layers"
