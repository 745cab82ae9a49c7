"""Forward-Forward (Hinton 2022; the paper, section 2.2): goodness high for true labels, low for wrong ones."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from fftui import experiment as ex
from fftui.learning.goodness import GoodnessFunction
from fftui.learning.images import Images
from fftui.learning.layers.base import Layer
from fftui.learning.network import SoftmaxHead
from fftui.learning.objective import Objective, PairObjective
from fftui.learning.prediction import LabelScan, Score, scan, score_by_goodness, score_of
from fftui.learning.rules.base import Setting
from fftui.learning.rules.head import head_predictions
from fftui.learning.rules.local import LocalRule
from fftui.learning.rules.negatives import Negatives

PROBE_SHARE = 0.25  # of the memory budget, for what still layers make of the measured images


def forward_forward(phase: ex.ForwardForward, number: int, setting: Setting) -> LocalRule:
    """The rule for `phase`, the experiment's `number`-th."""
    return LocalRule(phase, number, setting, partial(PairTeaching, phase, number, setting))


class PairTeaching:
    """Images under their true and under wrong labels; goodness should tell them apart."""

    def __init__(self, phase: ex.ForwardForward, number: int, setting: Setting, layer: int) -> None:
        self._phase = phase
        self._setting = setting
        self._negatives = Negatives(phase, setting, number, layer)
        self.threshold = phase.threshold if phase.loss == "softplus" else None
        self.still = self._negatives.fixed

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's negatives."""
        self._negatives.begin_epoch(epoch)

    def labels(self, index_B: Tensor, belief_BC: Tensor | None) -> tuple[Tensor, ...]:
        """True and wrong labels."""
        return self._setting.train.labels_N[index_B], self._negatives.labels(index_B, belief_BC)

    def objective(self, layer: Layer, index_B: Tensor) -> Objective:
        """The phase's pair loss of the layer's goodness."""
        del index_B
        return PairObjective(self._phase, GoodnessFunction(self._phase.goodness, layer.shape))

    @torch.no_grad()
    def score(self, layers: Sequence[Layer], images: Images) -> Score:
        """Counts of predictions by goodness, or by the head, which is counted beside it wherever there is one."""
        score = score_by_goodness(layers, images, self._phase.goodness, self._phase.prediction)
        head = self._setting.network.head
        if head is None or self._phase.order != "parallel":
            return score
        return self._with_head(score, head, images)

    def probe(self, layers: Sequence[Layer], images: Images) -> Callable[[], Score]:
        """What the still layers make of a measured split is kept, if it fits."""
        needed = len(images) * images.info.classes * max((layer.outputs for layer in layers[:-1]), default=0)
        if len(layers) == 1 or needed * layers[0].dtype.itemsize > self._setting.cache_bytes * PROBE_SHARE:
            return partial(self.score, layers, images)
        return _StillScan(partial(scan, layers[:-1], images, self._phase.goodness, self._phase.prediction), layers[-1])

    def _with_head(self, score: Score, head: SoftmaxHead, images: Images) -> Score:
        predicted_N = head_predictions(self._setting.network, head, images)
        none_LN = predicted_N.new_empty(0, len(images))
        by_head = score_of(predicted_N, none_LN, images.labels_N, images.info.classes)
        if self._phase.prediction == "head":
            return replace(by_head, layer_correct=score.layer_correct, head_correct=by_head.correct)
        return replace(score, head_correct=by_head.correct)


class _StillScan:
    """Scores with what still layers made of a measured split, computed when it is first asked for."""

    def __init__(self, make: Callable[[], LabelScan], layer: Layer) -> None:
        self._make = make
        self._layer = layer
        self._below: LabelScan | None = None

    @torch.no_grad()
    def __call__(self) -> Score:
        if self._below is None:
            self._below = self._make()
        return self._below.through(self._layer).score()
