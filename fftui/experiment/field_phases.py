"""Phases of the methods that papers on local learning compare with."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from fftui.data.catalogue import SetInfo
from fftui.experiment.class_phase import ClassPhase
from fftui.experiment.cost_terms import NO_COST, Cost, CostContext, StageTerms
from fftui.experiment.model_config import Model, through_batch_statistics
from fftui.experiment.per_layer import PerLayer
from fftui.experiment.phase_configs import (
    PHASES,
    RATE,
    LabelUse,
    LocalPhaseConfig,
    PhaseConfig,
)


class FeedbackConfig(PhaseConfig):
    """Base of the phases that learn from the cross entropy at the head, whose error reaches the
    layers through fixed random weights.
    """

    learning_rate: PerLayer = Field(1e-3, description=f"{RATE}; the head has the last layer's")
    feedback_scale: float = Field(
        1.0,
        gt=0,
        description="standard deviation of a feedback weight, times the root of its unit's inputs",
    )

    needs_head: ClassVar[bool] = True

    def needs_whole_batch(self, model: Model) -> str | None:
        """Gradients through the statistics of a batch do."""
        return through_batch_statistics(model)


@PHASES.add
class FeedbackAlignment(FeedbackConfig):
    """Feedback alignment (Lillicrap et al. 2016): backprop whose error goes from layer to layer
    through fixed random weights in place of the layer's own.
    """

    rule: Literal["feedback-alignment"] = "feedback-alignment"

    def stage_terms(self, context: CostContext) -> Iterator[StageTerms]:
        """Three products a layer, two in the first, and the head."""
        first, *others = context.layers
        layers = [first, *(replace(layer, gradient=2) for layer in others)]
        cost = sum((layer.learning(1) for layer in layers), NO_COST)
        yield StageTerms(context.layers, cost + context.head + context.read)

    def problems(self, model: Model, info: SetInfo) -> Iterator[str]:
        """Those of every phase, and layers behind the first that have no feedback weights."""
        yield from super().problems(model, info)
        for number, layer in enumerate(model.layers[1:], 1):
            if not layer.takes_feedback:
                yield (
                    f"feedback-alignment has no feedback weights for model.layers.{number} of kind"
                    f" {layer.kind!r}: use direct-feedback-alignment"
                )


@PHASES.add
class DirectFeedbackAlignment(FeedbackConfig):
    """Direct feedback alignment (Nøkland 2016): each layer learns from the error at the head,
    sent to its outputs through a fixed random matrix of its own.
    """

    rule: Literal["direct-feedback-alignment"] = "direct-feedback-alignment"

    def stage_terms(self, context: CostContext) -> Iterator[StageTerms]:
        """Two products a layer, the error's with its matrix, and the head."""
        layers = (
            layer.learning(1) + Cost(2.0 * context.classes * layer.outputs, 0.0)
            for layer in context.layers
        )
        yield StageTerms(context.layers, sum(layers, NO_COST) + context.head + context.read)


Ridge = Annotated[float, Field(gt=0)]


@PHASES.add
class CascadedForward(LocalPhaseConfig):
    """Cascaded Forward (CaFo, Zhao et al. 2023): layers keep their random weights, and each has a
    linear readout of the label, whose ridge regression is solved in one pass over the images.
    """

    rule: Literal["cafo"] = "cafo"
    epochs: int = Field(
        1, ge=1, description="passes over the training images, which add up: one, unless augmented"
    )
    batch_size: int = Field(
        1000, ge=1, le=10_000_000, description="images whose products are added at once"
    )
    learning_rate: PerLayer = Field(1.0, description="not used: readouts are solved for")
    ridge: tuple[Ridge, ...] = Field(
        (0.01,),
        min_length=1,
        strict=False,
        description=(
            "strength of the regulariser, as a share of each feature's variance; of several, each"
            " layer takes the one that labels most validation images rightly"
        ),
    )
    prediction: Literal["all-layers", "skip-first", "last-layer", "best-range"] = Field(
        "all-layers", description="layers whose readouts are summed for each label"
    )

    label_use: ClassVar[LabelUse] = "refused"
    by_steps: ClassVar[bool] = False

    @property
    def needs_validation(self) -> bool:
        """Where a regulariser or the layers that predict are chosen."""
        return len(self.ridge) > 1 or self.prediction == "best-range"

    def stage_terms(self, context: CostContext) -> Iterator[StageTerms]:
        """The passes through the layers, the sums of products of D outputs and their solution."""
        numbers = range(1, len(context.layers) + 1)
        stages = [numbers] if self.order == "parallel" else [[number] for number in numbers]
        for stage in stages:
            layers = [context.layers[number - 1] for number in stage]
            forward = sum((layer.forward(1) for layer in context.layers[: max(stage)]), NO_COST)
            sums = [float(layer.outputs) * (layer.outputs + context.classes) for layer in layers]
            # half of the products, since they are symmetric; a Cholesky factor each time
            factors = len(self.ridge) * sum(layer.outputs**3 / 3 for layer in layers)
            per_image = sum(sums) + factors / context.images
            yield StageTerms(
                layers, forward + Cost(per_image, 0.0) + context.read, sums=2 * sum(sums)
            )

    def problems(self, model: Model, info: SetInfo) -> Iterator[str]:
        """Those of local phases, and windows of epochs, since nothing learns step by step."""
        yield from super().problems(model, info)
        if self.windows:
            yield "cafo adds up all epochs of every layer: set windows = []"

    def needs_all_layers(self, model: Model) -> str | None:
        """It has no steps that could be shared."""
        return "cafo adds up products over all images in one process"

    def needs_whole_batch(self, model: Model) -> str | None:
        """It has no gradients that could be added up."""
        return self.needs_all_layers(model)


@PHASES.add
class SimilarityMatching(ClassPhase):
    """Prediction and similarity matching, "predsim" (Nøkland and Eidnes 2019): each layer learns
    from the cross entropy of a linear decoder of its own, and by making images of one class alike.
    """

    rule: Literal["predsim"] = "predsim"
    learning_rate: PerLayer = Field(5e-4, description=RATE)
    similarity_share: float = Field(
        0.99,
        ge=0,
        le=1,
        description="share of the similarity loss in a layer's loss; the rest is the decoder's",
    )
    similarity_units: int | None = Field(
        None,
        ge=2,
        le=100_000,
        description=(
            "units of the linear map of a layer's activities whose similarities are compared; null:"
            " as many as the layer has"
        ),
    )
    prediction: Literal["all-layers", "skip-first", "last-layer", "best-range"] = Field(
        "last-layer", description="layers whose decoders' logits are summed for each label"
    )

    def stage_terms(self, context: CostContext) -> Iterator[StageTerms]:
        """Those of local phases; maps, decoders, and similarities of an image with its batch."""
        for stage in super().stage_terms(context):
            maps = [self.similarity_units or layer.outputs for layer in stage.layers]
            pairs = list(zip(stage.layers, maps, strict=True))
            beside = [layer.outputs * (units + context.classes) for layer, units in pairs]
            flops = 6.0 * sum(beside) + 6.0 * self.batch_size * sum(maps)
            layers = [
                replace(layer, weights=layer.weights + weights)
                for layer, weights in zip(stage.layers, beside, strict=True)
            ]
            yield replace(stage, layers=layers, per_epoch=stage.per_epoch + Cost(flops, 0.0))

    def needs_whole_batch(self, model: Model) -> str | None:
        """Similarities do."""
        return "predsim compares the images of a batch with each other"
