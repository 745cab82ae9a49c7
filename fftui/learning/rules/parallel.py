"""All layers at once: each learns by its own objective from the same batch. No gradient ever
crosses a layer.

(The paper's first item of future work. One pass over the data trains every layer.)
"""

from functools import partial

import torch
from torch import Tensor

from fftui.experiment import LocalPhaseConfig
from fftui.learning.images import Images
from fftui.learning.optimiser import Optimiser
from fftui.learning.rules.first_layer_inputs import FirstLayerInputs
from fftui.learning.rules.local_rule import LocalRule, layer_groups
from fftui.learning.rules.phase_rule import EpochMeans, LayerSums, StageTrainer, TrainContext


class ParallelTrainer(StageTrainer):
    """Trains every layer by its local objective, and the head, if the rule trains one, by cross
    entropy.
    """

    def __init__(
        self,
        phase: LocalPhaseConfig,
        number: int,
        rule: LocalRule,
        context: TrainContext,
        total_steps: int,
        eval_splits: list[Images],
    ) -> None:
        layers = context.network.layers
        self._optimiser = Optimiser(layer_groups(rule, len(layers), phase), phase, total_steps)
        self._head = rule.head_trainer(total_steps)
        self._layer_sums = LayerSums(len(layers), context.device)
        optimisers = {"layers.": self._optimiser}
        if self._head is not None:
            optimisers["head."] = self._head.optimiser
        super().__init__(
            self._layer_sums.tensor,
            optimisers,
            [partial(rule.score, layers, images) for images in eval_splits],
        )
        self.parallel = tuple(range(1, len(layers) + 1))
        self.thresholds = tuple(rule.threshold(layer) for layer in self.parallel)
        self._layers = layers
        self._rule = rule
        self._labels_N = context.train.labels_N
        self._images = FirstLayerInputs(
            layers[0],
            context.train_inputs(number, 0),
            rule,
            context.data_clock,
            context.cache_bytes,
        )

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's labels and augmentation."""
        self._images.begin_epoch(epoch)

    @torch.no_grad()
    def step(self, index_B: Tensor, step: int) -> None:
        """Set every layer's gradients, then take one optimiser step for all of them."""
        x = self._images.batch(index_B)
        class_probs_BC = (
            self._head.predict_probs(x, self._labels_N[index_B]) if self._head else None
        )
        sets = self._rule.labels(index_B, class_probs_BC)
        labels_N, first = torch.cat(sets), self._layers[0]
        value = self._rule.learn_first(first, x, index_B, *sets)
        self._layer_sums.add(0, value.loss, value.goodness_2B)
        for row, layer in enumerate(self._layers[1:], 1):
            x_ND = layer.normalise(self._layers[row - 1].pooled(value.activities_NH))
            value = layer.learn(x_ND, labels_N, self._rule.objective(row + 1, index_B))
            self._layer_sums.add(row, value.loss, value.goodness_2B)
        self._optimiser.step(step)
        if self._head:
            self._head.optimiser.step(step)

    def means(self) -> EpochMeans:
        """The sum of the layers' mean losses."""
        return EpochMeans(sum(means.loss for means in self.layer_means()))

    def layer_means(self) -> tuple[EpochMeans, ...]:
        """Each layer's mean loss, g⁺ and g⁻."""
        return self._layer_sums.means()
