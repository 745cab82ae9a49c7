"""Local cross entropy over class groups: derived from Forward-Forward, with one pass and no
negative data.

(DeeperForward, Sun et al. 2025; CwComp, Papachristodoulou et al. 2024; DF-Forward variants. Not
strict Forward-Forward: each layer sees the labels in its loss, not in its input.)
"""

from collections.abc import Iterator, Sequence
from functools import partial

import torch
from torch import Tensor

from fftui import experiment as ex
from fftui.errors import RequestError
from fftui.learning.goodness import group_goodness
from fftui.learning.images import Images
from fftui.learning.layers.layer import Layer
from fftui.learning.objective import GroupObjective, Objective
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


def local_cross_entropy(
    phase: ex.LocalCrossEntropy, number: int, context: TrainContext
) -> LayerSchedule:
    """The rule for `phase`, the experiment's `number`-th."""
    return LayerSchedule(phase, number, context, partial(LocalCrossEntropyRule, phase, context))


class LocalCrossEntropyRule(LocalRule):
    """Images without a label; the units of the true class should have the greatest goodness."""

    static_labels = True

    def __init__(self, phase: ex.LocalCrossEntropy, context: TrainContext, layer: int) -> None:
        del layer  # nothing is drawn
        super().__init__(context)
        self._phase = phase
        self._classes = context.train.info.classes

    def labels(self, index_B: Tensor, class_probs_BC: Tensor | None) -> tuple[Tensor, ...]:
        """The neutral label (B,): no label goes in."""
        del class_probs_BC
        return (self._context.network.neutral(index_B),)

    def objective(self, number: int, index_B: Tensor) -> Objective:
        """Cross entropy of the groups' goodness."""
        del number
        labels_B = self._context.train.labels_N[index_B]
        return GroupObjective(labels_B, self._classes, self._phase.scale)

    @torch.no_grad()
    def score(self, layers: Sequence[Layer], images: Images) -> Score:
        """Score of predictions by the groups' goodness, in one pass."""
        return total(
            [
                score_goodness(goodness_LBC, labels_B, self._phase.prediction)
                for goodness_LBC, labels_B in self._parts(layers, images)
            ]
        )

    def class_scores(self, images: Images) -> Tensor:
        """The summed goodness of each class's units: (N, C)."""
        parts = self._parts(self._context.network.layers, images)
        return torch.cat(
            [counted(goodness_LBC, self._phase.prediction).sum(0) for goodness_LBC, _ in parts]
        )

    def label_goodness(self, number: int, z_NH: Tensor, labels_N: Tensor) -> Tensor:
        """Goodness (N,) of the units of the labels' classes. Raises RequestError for the neutral
        label, which has none.
        """
        del number
        if (labels_N == self._classes).any():
            msg = (
                f"labels go from 0 to {self._classes - 1}: local-ce has no units of the neutral one"
            )
            raise RequestError(msg)
        return group_goodness(z_NH, self._classes).gather(1, labels_N[:, None])[:, 0]

    def shown_labels(self, labels_N: Tensor) -> Tensor:
        """The neutral label: no label goes in."""
        return self._context.network.neutral(labels_N)

    def _parts(self, layers: Sequence[Layer], images: Images) -> Iterator[tuple[Tensor, Tensor]]:
        """Goodness (L, B, C) of the groups, and the labels (B,), batch after batch."""
        for part in images.parts(rows_at_once(layers)):
            x = layers[0].encode(part.inputs(slice(None)))
            activities = forward_layers(layers, x, self._context.network.neutral(part.labels_N))
            groups = [group_goodness(z_BH, self._classes) for z_BH in activities]
            yield torch.stack(groups), part.labels_N
