"""Phases of the methods that papers on local learning compare with."""

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Literal

from pydantic import Field

from fftui.data.catalogue import SetInfo
from fftui.experiment.cost_terms import NO_COST, Cost, CostContext, StageTerms
from fftui.experiment.model_config import Model
from fftui.experiment.per_layer import PerLayer
from fftui.experiment.phase_configs import PHASES, RATE, PhaseConfig


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
