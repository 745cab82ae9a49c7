"""The local part of a learning rule: the labels that layers are shown and the objective of each
layer.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from fftui.experiment import LocalPhaseConfig, for_layers
from fftui.learning.images import Images
from fftui.learning.layer_range import LayerRange
from fftui.learning.layers.layer import LabelFreeInputs, Layer
from fftui.learning.objective import Objective, ObjectiveValue
from fftui.learning.optimiser import ParameterGroup
from fftui.learning.prediction import Score, forward_layers, rows_at_once
from fftui.learning.rules.head_trainer import HeadTrainer
from fftui.learning.rules.phase_rule import TrainContext


class LocalRule(ABC):
    """Labels and objectives of one rule over a stage. It is all that trainers know of a rule.

    Layers are given by their number, from 1.
    """

    static_labels: bool  # the labels shown are the same in every epoch
    contrasts_images = False  # sets of labels are of different images, and have all one label

    def __init__(self, context: TrainContext) -> None:
        self._context = context

    @property
    def seed(self) -> int:
        """The experiment's."""
        return self._context.seed

    def threshold(self, number: int) -> float | None:
        """The threshold of layer `number`; None where its loss has none."""
        del number
        return None

    def is_static(self, number: int) -> bool:
        """Whether set number `number` (from 0) of images and labels is the same in every epoch."""
        return number == 0 or self.static_labels

    def begin_epoch(self, epoch: int) -> None:
        """Draw what an epoch needs; by default nothing."""
        del epoch

    @abstractmethod
    def labels(self, index_B: Tensor, class_probs_BC: Tensor | None) -> tuple[Tensor, ...]:
        """Sets of labels (B,) with which the images at `index_B` are shown, positive first."""

    def images_shown(self, x: LabelFreeInputs, index_B: Tensor, number: int) -> LabelFreeInputs:
        """The first layer's inputs for set number `number` (from 0) of a batch's labels: those of
        its images, which are `x` and at `index_B`, unless a rule contrasts images; such a rule has
        no `static_labels`.
        """
        del index_B, number
        return x

    def learn_first(
        self, first: Layer, x: LabelFreeInputs, index_B: Tensor, *labels_B: Tensor
    ) -> ObjectiveValue:
        """Set the gradients of the `first` layer for the images at `index_B` with each set of
        labels (B,); labels share products where all are of the same images.
        """
        objective = self.objective(1, index_B)
        shown = [self.images_shown(x, index_B, number) for number in range(len(labels_B))]
        if all(each is x for each in shown):
            return first.learn_per_label(x, objective, *labels_B)
        inputs = [each.with_labels(labels) for each, labels in zip(shown, labels_B, strict=True)]
        return first.learn(torch.cat(inputs), torch.cat(labels_B), objective)

    def first_activities(
        self, first: Layer, x: LabelFreeInputs, index_B: Tensor, *labels_B: Tensor
    ) -> Tensor:
        """Activities (S·B, H) of the `first` layer, which does not learn, for what `learn_first`
        shows it.
        """
        shown = [self.images_shown(x, index_B, number) for number in range(len(labels_B))]
        if all(each is x for each in shown):
            return first.activities_per_label(x, *labels_B)
        inputs = [each.with_labels(labels) for each, labels in zip(shown, labels_B, strict=True)]
        return first.activities(torch.cat(inputs), torch.cat(labels_B))

    @abstractmethod
    def objective(self, number: int, index_B: Tensor) -> Objective:
        """Objective of layer `number` on those images."""

    def begin(self, number: int) -> None:
        """Change the weights of layer `number` before its first step; by default nothing."""
        del number

    def finish_gradients(self, number: int) -> None:
        """Complete the gradients that layer `number` has set by its objective; by default nothing
        is missing.
        """
        del number

    def parameters(self, number: int) -> tuple[nn.Parameter, ...]:
        """What layer `number` learns: its own parameters, and those that the rule keeps for it."""
        return tuple(self._context.network.layers[number - 1].parameters())

    def group(self, number: int, learning_rate: float) -> ParameterGroup:
        """`parameters` with their learning rates, `learning_rate` being the layer's own."""
        return ParameterGroup(self.parameters(number), learning_rate)

    def head_trainer(self, total_steps: int) -> HeadTrainer | None:
        """What trains the head beside layers that learn in parallel; None where nothing does."""
        del total_steps
        return None

    @abstractmethod
    def score(self, layers: Sequence[Layer], images: Images) -> Score:
        """Score of the predictions of `layers` on `images`."""

    @property
    def chosen_layers(self) -> LayerRange | None:
        """The layers that predict, where they are chosen rather than given by the phase."""
        return None

    def choose_layers(self, images: Images) -> tuple[LayerRange, float] | None:
        """Choose the layers that predict on `images`, validation images: the range, and its
        accuracy there; None where nothing is chosen.
        """
        del images
        return None

    def scorer(self, layers: Sequence[Layer], images: Images) -> Callable[[], Score]:
        """`score` for repeated calls while only the last of `layers` learns."""
        return partial(self.score, layers, images)

    @abstractmethod
    def class_scores(self, images: Images) -> Tensor:
        """Numbers (N, C) whose greatest is the prediction of the whole network."""

    @abstractmethod
    def label_goodness(self, number: int, z_NH: Tensor, labels_N: Tensor) -> Tensor:
        """Goodness (N,) of layer `number` with these activities for these labels."""

    def learned_goodness(self, number: int, z_NH: Tensor, labels_N: Tensor) -> Tensor:
        """Goodness (N,) that the layer's loss and threshold are about: the same, unless a rule
        predicts by another.
        """
        return self.label_goodness(number, z_NH, labels_N)

    def shown_labels(self, labels_N: Tensor) -> Tensor:
        """The labels that layers are shown for images asked for with `labels_N`."""
        return labels_N


def layer_groups(rule: LocalRule, layers: int, phase: LocalPhaseConfig) -> list[ParameterGroup]:
    """What each of `layers` layers learns by `rule`, with its learning rate."""
    rates = for_layers(phase.learning_rate, layers)
    return [rule.group(number, rate) for number, rate in enumerate(rates, 1)]


@torch.no_grad()
def activities_of(layers: Sequence[Layer], images: Images) -> list[Tensor]:
    """Activities (N, H) of each layer for the images with their labels."""
    parts = []
    for part in images.parts(rows_at_once(layers)):
        x = layers[0].encode(part.inputs(slice(None)))
        parts.append(list(forward_layers(layers, x, part.labels_N)))
    return [torch.cat(of_layer) for of_layer in zip(*parts, strict=True)]
