"""Forward-Forward without labels: goodness high for images, low for what is made of two images.

(SCFF: Chen et al. 2025, arXiv 2409.11593; Hinton 2022, section 3.2.) In SCFF one W serves both
images of a pair, a = W (x₁ + x₂) + 2b. Here a = W (x₁ + x₂) / 2 + b: the same layer, W and b twice
as large, so that an image with itself is the image. A pair goes through all layers below the one
that learns, and its outputs are normalised as an image's are.
"""

from dataclasses import replace
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from fftui import experiment as ex
from fftui.learning.goodness import GoodnessFunction, goodness_for
from fftui.learning.layers.layer import LabelFreeInputs
from fftui.learning.losses import LossGrad
from fftui.learning.objective import (
    Objective,
    ObjectiveValue,
    PairObjective,
    ShapedObjective,
)
from fftui.learning.rules.layer_schedule import LayerSchedule
from fftui.learning.rules.phase_rule import TrainContext
from fftui.learning.rules.second_images import HybridMasks, Moves
from fftui.learning.rules.unlabelled_rule import UnlabelledRule


def image_contrast(phase: ex.ImageContrast, number: int, context: TrainContext) -> LayerSchedule:
    """The rule for `phase`, the experiment's `number`-th."""
    return LayerSchedule(phase, number, context, partial(ImageContrastRule, phase, number, context))


class ImageContrastRule(UnlabelledRule):
    """Positive: the images of a batch. Negative: each image and the next one of the batch, averaged
    or cut together; the order of the images, drawn in every epoch, draws the pairs.
    """

    static_labels = False
    contrasts_images = True

    def __init__(
        self, phase: ex.ImageContrast, number: int, context: TrainContext, layer: int
    ) -> None:
        super().__init__(phase.rule, context)
        layers = context.network.layers
        self._masks = None
        if phase.negatives == "hybrid":
            self._masks = HybridMasks(context.train, (context.seed, number, layer))
        thresholds = zip(
            ex.for_layers(phase.threshold_positive, len(layers)),
            ex.for_layers(phase.threshold_negative, len(layers)),
            strict=True,
        )
        self._moves = None
        if phase.move:
            self._moves = Moves(context.train, phase.move, (context.seed, number, layer))
        self._goodness = [goodness_for(phase.goodness, layer.shape) for layer in layers]
        self._objectives = [
            ImageContrastObjective(
                goodness, *pair, phase.goodness_penalty, phase.peer_normalisation
            )
            for goodness, pair in zip(self._goodness, thresholds, strict=True)
        ]

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's masks and moves."""
        for drawn in (self._masks, self._moves):
            if drawn is not None:
                drawn.begin_epoch(epoch)

    def labels(self, index_B: Tensor, class_probs_BC: Tensor | None) -> tuple[Tensor, ...]:
        """The neutral label (B,) for images and for pairs: no label goes in."""
        del class_probs_BC
        neutral_B = self._context.network.neutral(index_B)
        return neutral_B, neutral_B

    def images_shown(self, x: LabelFreeInputs, index_B: Tensor, number: int) -> LabelFreeInputs:
        """The images themselves, or (number 1) the negatives made of them."""
        if self._masks is None:
            return self._averages(x, index_B, number)
        if number == 0:
            return x
        images_BD = x.images_BD
        hybrids_BD = torch.where(self._masks.select(index_B), images_BD, images_BD.roll(-1, 0))
        # parts of two images differ in norm, by which a layer could tell them from an image
        normalised_BD = self._context.network.layers[0].normalise(hybrids_BD)
        return replace(x, images_BD=normalised_BD, product_BH=None)

    def is_static(self, number: int) -> bool:
        """Images are static, and not where they are averaged with moved copies."""
        return number == 0 and self._moves is None

    def _averages(self, x: LabelFreeInputs, index_B: Tensor, number: int) -> LabelFreeInputs:
        """Each image and the second one of its pair, averaged: itself, or (number 1) the next."""
        if number == 0 and self._moves is None:
            return x
        second_BD = x.images_BD if self._moves is None else self._moves.moved(x.images_BD, index_B)
        second_BD = second_BD.roll(-1, 0) if number else second_BD
        return replace(x, images_BD=(x.images_BD + second_BD) / 2, product_BH=None)

    def objective(self, number: int, index_B: Tensor) -> Objective:
        """The loss of the layer's goodness with its two thresholds."""
        del index_B
        return self._objectives[number - 1]

    def label_goodness(self, number: int, z_NH: Tensor, labels_N: Tensor) -> Tensor:
        """Goodness (N,) of the images, whatever their label."""
        del labels_N
        return self._goodness[number - 1](z_NH.relu())


class ImageContrastObjective(ShapedObjective):
    """The mean of log(1 + exp(θ₁ − g⁺)) plus that of log(1 + exp(g⁻ − θ₂)) plus λ times that of g⁺,
    g the goodness of the positive part of the activities; and peer normalisation of that part.
    """

    def __init__(
        self,
        goodness: GoodnessFunction,
        positive: float,
        negative: float,
        penalty: float,
        peer_normalisation: float = 0.0,
    ) -> None:
        self._thresholds = (positive, negative)
        self._penalty = penalty
        self._pairs = PairObjective(self._loss, goodness, peer_normalisation)

    def __call__(self, z: Tensor) -> ObjectiveValue:
        """Loss, goodness and gradient for the activities of positive and negative data."""
        active = z.relu()
        value = self._pairs(active)
        # nothing goes through a unit that is off, whatever the goodness
        grad = torch.ops.aten.threshold_backward(value.grad.view(z.shape), active, 0)
        return replace(value, activities=z, grad=grad)

    def _loss(self, positive_B: Tensor, negative_B: Tensor) -> LossGrad:
        low_B = self._thresholds[0] - positive_B
        high_B = negative_B - self._thresholds[1]
        value = functional.softplus(low_B).mean() + functional.softplus(high_B).mean()
        grad_2B = torch.cat((self._penalty - low_B.sigmoid(), high_B.sigmoid()))
        return LossGrad(value + self._penalty * positive_B.mean(), grad_2B / positive_B.numel())
