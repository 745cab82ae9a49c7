"""Local cross entropy over class groups: derived from Forward-Forward, with one pass and no
negative data.

(DeeperForward, Sun et al. 2025; CwComp, Papachristodoulou et al. 2024; DF-Forward variants. Not
strict Forward-Forward: each layer sees the labels in its loss, not in its input.)
"""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from fftui import experiment as ex
from fftui.learning.goodness import group_goodness
from fftui.learning.images import Images
from fftui.learning.layers.layer import Layer
from fftui.learning.objective import GroupObjective, Objective
from fftui.learning.prediction import Score, forward_layers, rows_at_once, score_goodness, total
from fftui.learning.rules.layer_schedule import LayerSchedule
from fftui.learning.rules.phase_rule import TrainContext


def local_cross_entropy(
    phase: ex.LocalCrossEntropy, number: int, context: TrainContext
) -> LayerSchedule:
    """The rule for `phase`, the experiment's `number`-th."""
    return LayerSchedule(phase, number, context, partial(LocalCrossEntropyRule, phase, context))


class LocalCrossEntropyRule:
    """Images without a label; the units of the true class should have the greatest goodness."""

    threshold: float | None = None
    static_labels = True

    def __init__(self, phase: ex.LocalCrossEntropy, context: TrainContext, layer: int) -> None:
        del layer  # nothing is drawn
        self._phase = phase
        self._context = context

    def begin_epoch(self, epoch: int) -> None:
        """Nothing is drawn."""

    def labels(self, index_B: Tensor, class_probs_BC: Tensor | None) -> tuple[Tensor, ...]:
        """The neutral label (B,): no label goes in."""
        del class_probs_BC
        return (self._context.network.neutral(index_B),)

    def objective(self, layer: Layer, index_B: Tensor) -> Objective:
        """Cross entropy of the groups' goodness."""
        del layer
        labels_B = self._context.train.labels_N[index_B]
        return GroupObjective(labels_B, self._context.train.info.classes, self._phase.scale)

    @torch.no_grad()
    def score(self, layers: Sequence[Layer], images: Images) -> Score:
        """Counts of predictions by the groups' goodness, in one pass."""
        step = rows_at_once(layers)
        return total(
            [self._score(layers, images.part(i, i + step)) for i in range(0, len(images), step)]
        )

    def scorer(self, layers: Sequence[Layer], images: Images) -> Callable[[], Score]:
        """`score` as it is: one pass is cheap, so nothing is cached."""
        return partial(self.score, layers, images)

    def _score(self, layers: Sequence[Layer], images: Images) -> Score:
        x, classes = layers[0].encode(images.inputs(slice(None))), images.info.classes
        activities = forward_layers(layers, x, self._context.network.neutral(images.labels_N))
        goodness_LBC = torch.stack([group_goodness(z_BH, classes) for z_BH in activities])
        return score_goodness(goodness_LBC, images.labels_N, self._phase.prediction)
