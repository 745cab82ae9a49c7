"""All layers at once: each learns by its own objective from the same batch. No gradient ever
crosses a layer.

(The paper's first item of future work. One pass over the data trains every layer.)
"""

from functools import partial

import torch
from torch import Tensor

from fftui.experiment import LocalPhaseConfig
from fftui.learning.images import Images
from fftui.learning.layers.layer import LabelFreeInputs
from fftui.learning.objective import ObjectiveValue
from fftui.learning.optimiser import Optimiser
from fftui.learning.rules.first_layer_inputs import FirstLayerInputs
from fftui.learning.rules.local_rule import LocalRule, layer_groups
from fftui.learning.rules.local_trainer import LocalTrainer
from fftui.learning.rules.phase_rule import EpochMeans, LayerSums, TrainContext


class ParallelTrainer(LocalTrainer):
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
        numbers = tuple(range(1, len(layers) + 1))
        super().__init__(
            rule,
            layers,
            numbers,
            self._layer_sums.tensor,
            optimisers,
            [partial(rule.score, layers, images) for images in eval_splits],
        )
        self.parallel = numbers
        self._phase = phase
        self._learning: tuple[int, ...] = self.parallel
        self._labels_N = context.train.labels_N
        self._images = FirstLayerInputs(
            layers[0],
            context.train_inputs(number, 0),
            rule,
            context.data_clock,
            context.cache_bytes,
        )

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's labels and augmentation, and find the layers that learn in it."""
        self._images.begin_epoch(epoch)
        self._learning = self._phase.learning_in(epoch, len(self._layers))
        for number in set(self.parallel) - set(self._learning):
            for parameter in self._rule.parameters(number):
                parameter.grad = None  # so that the optimiser leaves it as it is

    def compute(self, index_B: Tensor) -> None:
        """Set the gradients of every layer that learns in this epoch, then take one optimiser step
        for all of them.
        """
        self.learn_rows(range(len(self._layers)), index_B)

    @torch.no_grad()
    def learn_rows(
        self, rows: range, index_B: Tensor, below_ND: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """`compute` for consecutive layers, numbers `rows` from 0; returns the activities of the
        last one, in either shape, and its normalised input (None: of the first layer), which make
        its outputs. `below_ND` are the outputs of the layer below them, if there is one.
        """
        x = self._images.batch(index_B) if below_ND is None else None
        class_probs_BC = None
        if self._head and x is not None:
            class_probs_BC = self._head.predict_probs(x, self._labels_N[index_B])
        sets = self._rule.labels(index_B, class_probs_BC)
        z: Tensor | None = None
        x_ND: Tensor | None = None
        for row in rows:
            if z is not None:
                below_ND = self._layers[row - 1].outputs_of(z, x_ND)
            x_ND = None if below_ND is None else self._layers[row].normalise(below_ND)
            below = x if x_ND is None else x_ND
            assert below is not None
            if row + 1 not in self._learning:
                z = self._activities(row, index_B, sets, below)
                continue
            value = self._learn(row, index_B, sets, below)
            self._rule.finish_gradients(row + 1)
            z = value.activities
            self._optimiser.gradients_are_set(row)
            self._layer_sums.add(row, value.loss, value.goodness_2B)
        self._optimiser.step()
        if self._head:
            self._head.optimiser.step()
        assert z is not None
        return z, x_ND

    def labels_shown(self, index_B: Tensor) -> int:
        """Number of labels with which each image is shown."""
        return len(self._rule.labels(index_B, None))

    def _learn(
        self,
        row: int,
        index_B: Tensor,
        sets: tuple[Tensor, ...],
        below: LabelFreeInputs | Tensor,
    ) -> ObjectiveValue:
        """Set the gradients of layer number `row` for what is below it, normalised."""
        layer = self._layers[row]
        if isinstance(below, Tensor):
            objective = self._rule.objective(row + 1, index_B)
            return layer.learn(below, torch.cat(sets), objective)
        return self._rule.learn_first(layer, below, index_B, *sets)

    def _activities(
        self,
        row: int,
        index_B: Tensor,
        sets: tuple[Tensor, ...],
        below: LabelFreeInputs | Tensor,
    ) -> Tensor:
        """Activities (N, H) of layer number `row`, which does not learn, for what is below it,
        normalised.
        """
        layer = self._layers[row]
        if isinstance(below, Tensor):
            return layer.activities(below, torch.cat(sets))
        return self._rule.first_activities(layer, below, index_B, *sets)

    def means(self) -> EpochMeans:
        """The sum of the layers' mean losses."""
        return EpochMeans(sum(means.loss for means in self.layer_means() if means is not None))

    def layer_means(self) -> tuple[EpochMeans | None, ...]:
        """Each layer's mean loss, g⁺ and g⁻; None for one that does not learn in this epoch."""
        return tuple(
            means if number in self._learning else None
            for number, means in enumerate(self._layer_sums.means(), 1)
        )
