"""Forward-Forward (Hinton 2022; the paper, section 2.2): goodness high for true labels, low for
wrong ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from fftui import experiment as ex
from fftui.learning.goodness import GoodnessFunction
from fftui.learning.images import Images
from fftui.learning.layers.layer import Layer
from fftui.learning.network import SoftmaxHead
from fftui.learning.objective import Objective, PairObjective
from fftui.learning.prediction import LabelScan, Score, scan, score_by_goodness, score_of
from fftui.learning.rules.head_trainer import head_predictions
from fftui.learning.rules.layer_schedule import LayerSchedule
from fftui.learning.rules.negative_sampler import NegativeSampler
from fftui.learning.rules.phase_rule import TrainContext

# of the memory budget, for activities of finished layers on the evaluation splits
EVAL_CACHE_SHARE = 0.25


def forward_forward(phase: ex.ForwardForward, number: int, context: TrainContext) -> LayerSchedule:
    """The rule for `phase`, the experiment's `number`-th."""
    return LayerSchedule(
        phase, number, context, partial(ForwardForwardRule, phase, number, context)
    )


class ForwardForwardRule:
    """Images with true labels (positive) and with wrong labels (negative); goodness should separate
    them.
    """

    def __init__(
        self, phase: ex.ForwardForward, number: int, context: TrainContext, layer: int
    ) -> None:
        self._phase = phase
        self._context = context
        self._negatives = NegativeSampler(phase, context, number, layer)
        self.threshold = phase.threshold if phase.loss == "softplus" else None
        self.static_labels = self._negatives.fixed

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's negatives."""
        self._negatives.begin_epoch(epoch)

    def labels(self, index_B: Tensor, class_probs_BC: Tensor | None) -> tuple[Tensor, ...]:
        """True labels (B,) and wrong labels (B,)."""
        return self._context.train.labels_N[index_B], self._negatives.labels(
            index_B, class_probs_BC
        )

    def objective(self, layer: Layer, index_B: Tensor) -> Objective:
        """The phase's pair loss of the layer's goodness."""
        del index_B
        return PairObjective(self._phase, GoodnessFunction(self._phase.goodness, layer.shape))

    @torch.no_grad()
    def score(self, layers: Sequence[Layer], images: Images) -> Score:
        """Counts of predictions by goodness, and by the head where there is one."""
        score = score_by_goodness(layers, images, self._phase.goodness, self._phase.prediction)
        head = self._context.network.head
        if head is None or self._phase.order != "parallel":
            return score
        return self._with_head(score, head, images)

    def scorer(self, layers: Sequence[Layer], images: Images) -> Callable[[], Score]:
        """Caches the goodness and activities of the layers below the last one, if they fit."""
        needed = (
            len(images)
            * images.info.classes
            * max((layer.outputs for layer in layers[:-1]), default=0)
        )
        if (
            len(layers) == 1
            or needed * layers[0].dtype.itemsize > self._context.cache_bytes * EVAL_CACHE_SHARE
        ):
            return partial(self.score, layers, images)
        return _CachedScan(
            partial(scan, layers[:-1], images, self._phase.goodness, self._phase.prediction),
            layers[-1],
        )

    def _with_head(self, score: Score, head: SoftmaxHead, images: Images) -> Score:
        predicted_N = head_predictions(self._context.network, head, images)
        none_LN = predicted_N.new_empty(0, len(images))
        by_head = score_of(predicted_N, none_LN, images.labels_N, images.info.classes)
        if self._phase.prediction == "head":
            return replace(by_head, layer_correct=score.layer_correct, head_correct=by_head.correct)
        return replace(score, head_correct=by_head.correct)


class _CachedScan:
    """Scores an evaluation split; the scan through the finished layers is computed on the first
    call and kept.
    """

    def __init__(self, make: Callable[[], LabelScan], layer: Layer) -> None:
        self._make = make
        self._layer = layer
        self._below: LabelScan | None = None

    @torch.no_grad()
    def __call__(self) -> Score:
        if self._below is None:
            self._below = self._make()
        return self._below.advance(self._layer).score()
