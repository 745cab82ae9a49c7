"""Local cross entropy over class groups: derived from Forward-Forward, with one pass and no negative data.

(DeeperForward, Sun et al. 2025; CwComp, Papachristodoulou et al. 2024; DF-Forward variants. Not strict Forward-Forward:
each layer sees the labels in its loss, not in its input.)
"""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from fftui import experiment as ex
from fftui.learning.goodness import group_goodness
from fftui.learning.images import Images
from fftui.learning.layers.base import Layer
from fftui.learning.objective import GroupObjective, Objective
from fftui.learning.prediction import Score, climb, rows_at_once, score_goodness, total
from fftui.learning.rules.base import Setting
from fftui.learning.rules.local import LocalRule


def local_cross_entropy(phase: ex.LocalCrossEntropy, number: int, setting: Setting) -> LocalRule:
    """The rule for `phase`, the experiment's `number`-th."""
    return LocalRule(phase, number, setting, partial(GroupTeaching, phase, setting))


class GroupTeaching:
    """Images as they are; the group of units of the true class should have the greatest goodness."""

    threshold: float | None = None
    still = True

    def __init__(self, phase: ex.LocalCrossEntropy, setting: Setting, layer: int) -> None:
        del layer  # nothing is drawn
        self._phase = phase
        self._setting = setting

    def begin_epoch(self, epoch: int) -> None:
        """Nothing is drawn."""

    def labels(self, index_B: Tensor, belief_BC: Tensor | None) -> tuple[Tensor, ...]:
        """No label goes in."""
        del belief_BC
        return (self._setting.network.neutral(index_B),)

    def objective(self, layer: Layer, index_B: Tensor) -> Objective:
        """Cross entropy of the groups' goodness."""
        del layer
        labels_B = self._setting.train.labels_N[index_B]
        return GroupObjective(labels_B, self._setting.train.info.classes, self._phase.scale)

    @torch.no_grad()
    def score(self, layers: Sequence[Layer], images: Images) -> Score:
        """Counts of predictions by the groups' goodness, in one pass."""
        step = rows_at_once(layers)
        return total([self._score(layers, images.part(i, i + step)) for i in range(0, len(images), step)])

    def probe(self, layers: Sequence[Layer], images: Images) -> Callable[[], Score]:
        """One pass is cheap: nothing is kept."""
        return partial(self.score, layers, images)

    def _score(self, layers: Sequence[Layer], images: Images) -> Score:
        x, classes = layers[0].open(images.inputs(slice(None))), images.info.classes
        answers = climb(layers, x, self._setting.network.neutral(images.labels_N))
        goodness_LBC = torch.stack([group_goodness(z_BH, classes) for z_BH in answers])
        return score_goodness(goodness_LBC, images.labels_N, self._phase.prediction)
