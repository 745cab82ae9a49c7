"""The stages of a phase whose layers learn by a local rule: which layers learn when."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from fftui.experiment import LocalPhaseConfig
from fftui.learning.images import Images
from fftui.learning.layer_range import LayerRange
from fftui.learning.layers.layer import LabelFreeInputs, Layer
from fftui.learning.prediction import Score, counted
from fftui.learning.rules.layer_wise import LayerTrainer, inputs_for
from fftui.learning.rules.local_rule import LocalRule, activities_of
from fftui.learning.rules.parallel import ParallelTrainer
from fftui.learning.rules.phase_rule import StageTrainer, TrainContext


@dataclass(frozen=True)
class LayerPass:
    """A layer's activities (N, H) for images with their labels, the goodness (N,) by which it
    learns, and the one by which it scores these labels.
    """

    activities_NH: Tensor
    learned_N: Tensor
    scored_N: Tensor


class LayerSchedule:
    """One stage for each layer, first to last, or one stage in which all layers learn in parallel.

    `make_rule` makes the local rule of a layer that learns alone (given its number, from 1) or of
    all layers (0).
    """

    def __init__(
        self,
        phase: LocalPhaseConfig,
        number: int,
        context: TrainContext,
        make_rule: Callable[[int], LocalRule],
    ) -> None:
        self._phase = phase
        self._number = number
        self._context = context
        self._make_rule = make_rule
        self._whole = make_rule(0)
        self._in_parallel = phase.order == "parallel"
        self.stages = 1 if self._in_parallel else len(context.network.layers)

    @property
    def contrasts_images(self) -> bool:
        """Whether positive and negative are different images, not one image with two labels."""
        return self._whole.contrasts_images

    def trainer(self, stage: int, total_steps: int, eval_splits: list[Images]) -> StageTrainer:
        """The trainer of all layers in parallel, or of layer number `stage` (from 0) alone."""
        if self._in_parallel:
            return ParallelTrainer(
                self._phase,
                self._number,
                self._make_rule(0),
                self._context,
                total_steps,
                eval_splits,
            )
        layers, rule = self._context.network.layers[: stage + 1], self._make_rule(stage + 1)
        inputs = inputs_for(layers, rule, self._context, (self._number, stage + 1))
        return LayerTrainer(layers, self._phase, inputs, rule, total_steps, eval_splits)

    @torch.no_grad()
    def first_inputs(self, first: Layer, index_B: Tensor) -> list[tuple[Tensor, LabelFreeInputs]]:
        """What `first`, the first layer as it is or as it is to be shown, is given of the training
        images at `index_B` in the first epoch: sets of labels (B,) with their images, changed as
        `data` says, positive first. A head draws hard negatives with the weights it has now.
        """
        learned = 0 if self._in_parallel else 1
        rule, context = self._make_rule(learned), self._context
        images = context.train_inputs(self._number, learned)
        images.begin_epoch(1)
        inputs_BD = images.inputs(index_B)
        x = first.encode(inputs_BD)
        rule.begin_epoch(1)
        head = rule.head_trainer(total_steps=1) if self._in_parallel else None
        class_probs_BC = None
        if head is not None:
            own_x = context.network.layers[0].encode(inputs_BD)
            class_probs_BC = head.predict_probs(own_x, context.train.labels_N[index_B])
        sets = rule.labels(index_B, class_probs_BC)
        return [
            (labels_B, rule.images_shown(x, index_B, number))
            for number, labels_B in enumerate(sets)
        ]

    @torch.no_grad()
    def score(self, images: Images) -> Score:
        """Score of the whole network on `images`."""
        return self._whole.score(self._context.network.layers, images)

    def choose_layers(self, images: Images) -> tuple[LayerRange, float] | None:
        """Choose the layers that predict on `images`, if they are chosen: see `LocalRule`."""
        return self._whole.choose_layers(images)

    @torch.no_grad()
    def class_scores(self, images: Images) -> Tensor:
        """Numbers (N, C) whose greatest is the prediction."""
        return self._whole.class_scores(images)

    @torch.no_grad()
    def goodness(self, images: Images) -> Tensor:
        """Goodness (L, N) of each layer for the images with their labels."""
        return torch.stack(
            [
                self._whole.label_goodness(number, z_NH, images.labels_N)
                for number, z_NH in enumerate(self.activities(images), 1)
            ]
        )

    @torch.no_grad()
    def passes_per_label(self, images: Images) -> Iterator[list[LayerPass]]:
        """Each layer's activities and goodness for all the images with label 0, then with 1, …"""
        rule, shown_N, activities = self._whole, None, list[Tensor]()
        for label in range(images.info.classes):
            labels_N = torch.full_like(images.labels_N, label)
            before_N, shown_N = shown_N, rule.shown_labels(labels_N)
            if before_N is None or not torch.equal(before_N, shown_N):
                activities = self.activities(replace(images, labels_N=labels_N))
            yield [
                LayerPass(
                    z_NH,
                    rule.learned_goodness(number, z_NH, labels_N),
                    rule.label_goodness(number, z_NH, labels_N),
                )
                for number, z_NH in enumerate(activities, 1)
            ]

    def label_scores(self, goodness_LNC: Tensor) -> Tensor:
        """What L layers together score each label by: (N, C), from the goodness of each."""
        prediction = self._whole.chosen_layers or self._phase.prediction
        return counted(goodness_LNC, prediction).sum(0)

    def shown_labels(self, labels_N: Tensor) -> Tensor:
        """The labels (N,) that layers are shown for images with `labels_N`: perhaps all neutral."""
        return self._whole.shown_labels(labels_N)

    def threshold(self, number: int) -> float | None:
        """The threshold of layer `number` (from 1); None where its loss has none."""
        return self._whole.threshold(number)

    @torch.no_grad()
    def activities(self, images: Images) -> list[Tensor]:
        """Activities (N, H) of each layer for the images with their labels."""
        shown = replace(images, labels_N=self._whole.shown_labels(images.labels_N))
        return activities_of(self._context.network.layers, shown)
