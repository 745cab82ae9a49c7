"""Local cross entropy over the goodness of each class: derived from Forward-Forward, with one pass
and no negative data.

(DeeperForward, Sun et al. 2025; CwComp, Papachristodoulou et al. 2024; Mono-Forward. Not strict
Forward-Forward: each layer sees the labels in its loss, not in its input.)
"""

from collections.abc import Iterator, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from fftui import experiment as ex
from fftui.errors import RequestError
from fftui.learning.class_goodness import GROUP_GOODNESS, ClassGoodness, Projection
from fftui.learning.images import Images
from fftui.learning.layer_range import KeptRange, LayerRange, best_range
from fftui.learning.layers.layer import Layer
from fftui.learning.objective import ClassObjective, Objective
from fftui.learning.prediction import (
    Score,
    counted,
    forward_layers,
    rows_at_once,
    score_goodness,
    total,
)
from fftui.learning.rules.layer_schedule import LayerSchedule
from fftui.learning.rules.local_rule import LocalRule
from fftui.learning.rules.phase_rule import TrainContext
from fftui.learning.seeds import generator_for


def local_cross_entropy(
    phase: ex.LocalCrossEntropy, number: int, context: TrainContext
) -> LayerSchedule:
    """The rule for `phase`, the experiment's `number`-th."""
    return LayerSchedule(phase, number, context, partial(LocalCrossEntropyRule, phase, context))


class ClassGoodnessRule(LocalRule):
    """Images without a label; layers predict by the `goodness` of each class, one kind a layer."""

    static_labels = True

    def __init__(
        self, phase: ex.LocalPhaseConfig, context: TrainContext, goodness: Sequence[ClassGoodness]
    ) -> None:
        super().__init__(context)
        self._phase = phase
        self._classes = context.train.info.classes
        self._goodness = goodness
        self._chosen = _kept_range(context) if phase.prediction == "best-range" else None

    def labels(self, index_B: Tensor, class_probs_BC: Tensor | None) -> tuple[Tensor, ...]:
        """The neutral label (B,): no label goes in."""
        del class_probs_BC
        return (self._context.network.neutral(index_B),)

    def begin(self, number: int) -> None:
        """Let all layers predict until some are chosen, also where weights are another run's."""
        super().begin(number)
        if self._chosen is not None:
            self._chosen.range = LayerRange(1, len(self._goodness))

    def parameters(self, number: int) -> tuple[nn.Parameter, ...]:
        """The layer's, and its projection's."""
        own, goodness = super().parameters(number), self._goodness[number - 1]
        return (*own, *goodness.parameters()) if isinstance(goodness, nn.Module) else own

    @torch.no_grad()
    def score(self, layers: Sequence[Layer], images: Images) -> Score:
        """Score of predictions by the classes' goodness, in one pass."""
        prediction = self.chosen_layers or self._phase.prediction
        return total(
            [
                score_goodness(goodness_LBC, labels_B, prediction)
                for goodness_LBC, labels_B in self._parts(layers, images)
            ]
        )

    def class_scores(self, images: Images) -> Tensor:
        """The summed goodness of each class: (N, C)."""
        prediction = self.chosen_layers or self._phase.prediction
        parts = self._parts(self._context.network.layers, images)
        return torch.cat([counted(goodness_LBC, prediction).sum(0) for goodness_LBC, _ in parts])

    @property
    def chosen_layers(self) -> LayerRange | None:
        """The layers that predict, where they are chosen; all, as long as nothing was learned."""
        return self._chosen.range if self._chosen else None

    @torch.no_grad()
    def choose_layers(self, images: Images) -> tuple[LayerRange, float] | None:
        """Choose the range of layers that labels most of `images` rightly, if layers are chosen:
        the range, and its accuracy there.
        """
        if self._chosen is None:
            return None
        layers = self._context.network.layers
        parts = [goodness_LBC for goodness_LBC, _ in self._parts(layers, images)]
        found, accuracy = best_range(torch.cat(parts, 1), images.labels_N)
        self._chosen.range = found
        return found, accuracy

    def label_goodness(self, number: int, z_NH: Tensor, labels_N: Tensor) -> Tensor:
        """Goodness (N,) of the labels' classes. Raises RequestError for the neutral label, which
        has none.
        """
        if (labels_N == self._classes).any():
            msg = (
                f"labels go from 0 to {self._classes - 1}: {self._phase.rule} has no goodness of"
                " the neutral one"
            )
            raise RequestError(msg)
        return self._goodness[number - 1].of(z_NH).gather(1, labels_N[:, None])[:, 0]

    def shown_labels(self, labels_N: Tensor) -> Tensor:
        """The neutral label: no label goes in."""
        return self._context.network.neutral(labels_N)

    def _parts(self, layers: Sequence[Layer], images: Images) -> Iterator[tuple[Tensor, Tensor]]:
        """Goodness (L, B, C) of the classes, and the labels (B,), batch after batch."""
        for part in images.parts(rows_at_once(layers)):
            x = layers[0].encode(part.inputs(slice(None)))
            activities = forward_layers(layers, x, self._context.network.neutral(part.labels_N))
            each = zip(self._goodness[: len(layers)], activities, strict=True)
            yield torch.stack([goodness.of(z_BH) for goodness, z_BH in each]), part.labels_N


class LocalCrossEntropyRule(ClassGoodnessRule):
    """The true class should have the greatest goodness in every layer."""

    def __init__(self, phase: ex.LocalCrossEntropy, context: TrainContext, layer: int) -> None:
        del layer  # nothing is drawn
        numbers = range(1, len(context.network.layers) + 1)
        goodness = [_class_goodness(phase.goodness, number, context) for number in numbers]
        super().__init__(phase, context, goodness)
        self._scale = phase.scale

    def objective(self, number: int, index_B: Tensor) -> Objective:
        """Cross entropy of the classes' goodness."""
        labels_B = self._context.train.labels_N[index_B]
        return ClassObjective(labels_B, self._goodness[number - 1], self._scale)


def _kept_range(context: TrainContext) -> KeptRange:
    """The layers that predict, which are saved with the network."""
    network = context.network
    return network.keep("counted_layers", lambda: KeptRange(len(network.layers)))


def _class_goodness(kind: ex.ClassGoodness, number: int, context: TrainContext) -> ClassGoodness:
    """The goodness of each class in layer `number`, from 1."""
    classes, network = context.train.info.classes, context.network
    if kind in GROUP_GOODNESS:
        return GROUP_GOODNESS[kind](classes)
    units = network.layers[number - 1].outputs

    def make() -> Projection:
        return Projection(classes, units, generator_for(context.seed, "weights", kind, number))

    return network.keep(f"projection_{number}", make)
