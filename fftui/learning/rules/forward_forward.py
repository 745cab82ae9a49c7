"""Forward-Forward (Hinton 2022; the paper, section 2.2): goodness high for true labels, low for
wrong ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from fftui import experiment as ex
from fftui.learning.goodness import goodness_for
from fftui.learning.images import Images
from fftui.learning.layers.layer import Layer
from fftui.learning.losses import LOSSES, BoundLoss
from fftui.learning.negatives import NEGATIVES, NegativesContext
from fftui.learning.network import SoftmaxHead
from fftui.learning.objective import Objective, PairObjective
from fftui.learning.prediction import (
    LabelScan,
    Score,
    class_scores_by_goodness,
    scan,
    score_by_goodness,
    scored_goodness,
)
from fftui.learning.rules.head_trainer import HeadTrainer, head_logits
from fftui.learning.rules.layer_schedule import LayerSchedule
from fftui.learning.rules.local_rule import LocalRule
from fftui.learning.rules.phase_rule import TrainContext

# of the memory budget, for activities of finished layers on the evaluation splits
EVAL_CACHE_SHARE = 0.25


def forward_forward(phase: ex.ForwardForward, number: int, context: TrainContext) -> LayerSchedule:
    """The rule for `phase`, the experiment's `number`-th."""
    return LayerSchedule(
        phase, number, context, partial(ForwardForwardRule, phase, number, context)
    )


class ForwardForwardRule(LocalRule):
    """Images with true labels (positive) and with wrong labels (negative); goodness should separate
    them.
    """

    def __init__(
        self, phase: ex.ForwardForward, number: int, context: TrainContext, layer: int
    ) -> None:
        super().__init__(context)
        self._phase = phase
        self._negatives = NEGATIVES.find(phase.negatives)(
            NegativesContext(context.train, context.seed, number, layer, phase.uniform_share)
        )
        self.static_labels = self._negatives.static
        layers = context.network.layers
        self._objectives = [
            PairObjective(
                bound_loss(phase, threshold),
                goodness_for(phase.goodness, layer.shape),
                phase.peer_normalisation,
            )
            for threshold, layer in zip(
                ex.for_layers(phase.threshold, len(layers)), layers, strict=True
            )
        ]

    def threshold(self, number: int) -> float | None:
        """The threshold of layer `number`; None where the loss has none."""
        shown = self._phase.shown_threshold
        return None if shown is None else ex.for_layer(shown, number)

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's negatives."""
        self._negatives.begin_epoch(epoch)

    def labels(self, index_B: Tensor, class_probs_BC: Tensor | None) -> tuple[Tensor, ...]:
        """True labels (B,) and wrong labels (B,)."""
        return self._context.train.labels_N[index_B], self._negatives.labels(
            index_B, class_probs_BC
        )

    def objective(self, number: int, index_B: Tensor) -> Objective:
        """The phase's pair loss of the layer's goodness."""
        del index_B
        return self._objectives[number - 1]

    def head_trainer(self, total_steps: int) -> HeadTrainer | None:
        """Trains the head, if there is one."""
        network = self._context.network
        if network.head is None:
            return None
        return HeadTrainer(network, network.head, self._phase, total_steps)

    @torch.no_grad()
    def score(self, layers: Sequence[Layer], images: Images) -> Score:
        """Score of predictions by goodness, and by the head where there is one."""
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

    def class_scores(self, images: Images) -> Tensor:
        """The summed goodness for each label, or the head's logits: (N, C)."""
        network = self._context.network
        if self._phase.prediction == "head" and network.head is not None:
            return head_logits(network, network.head, images)
        return class_scores_by_goodness(
            network.layers, images, self._phase.goodness, self._phase.prediction
        )

    def label_goodness(self, number: int, z_NH: Tensor, labels_N: Tensor) -> Tensor:
        """The goodness (N,) by which the layer scores a label: it went in with the image."""
        del labels_N
        layer = self._context.network.layers[number - 1]
        return scored_goodness(layer, z_NH, self._phase.goodness, self._phase.prediction)

    def learned_goodness(self, number: int, z_NH: Tensor, labels_N: Tensor) -> Tensor:
        """The goodness (N,) of the layer's activities, before it pools; the mean over positions
        that have one of their own.
        """
        del labels_N
        layer = self._context.network.layers[number - 1]
        return goodness_for(self._phase.goodness, layer.shape)(z_NH)

    def _with_head(self, score: Score, head: SoftmaxHead, images: Images) -> Score:
        right_N = head_logits(self._context.network, head, images).argmax(1) == images.labels_N
        score = replace(score, head_correct_N=right_N)
        return replace(score, correct_N=right_N) if self._phase.prediction == "head" else score


def bound_loss(phase: ex.ForwardForward, threshold: float) -> BoundLoss:
    """The loss of `phase` for a layer with this threshold, with its options."""
    fields, loss = {"threshold": threshold, "sharpness": phase.sharpness}, LOSSES.find(phase.loss)
    known = {name: value for name, value in fields.items() if name in loss.options}
    return loss.bind(known | phase.loss_options)


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
