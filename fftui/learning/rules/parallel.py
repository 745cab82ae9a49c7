"""All layers at once: each learns by its own objective from the same batch. No gradient ever
crosses a layer.

(The paper's first item of future work. One pass over the data trains every layer.)
"""

import torch
from torch import Tensor

from fftui import experiment as ex
from fftui.learning.images import Images
from fftui.learning.optimiser import Optimiser
from fftui.learning.prediction import Score
from fftui.learning.rules.first_layer_inputs import FirstLayerInputs
from fftui.learning.rules.head_trainer import HeadTrainer
from fftui.learning.rules.local_rule import LocalRule
from fftui.learning.rules.phase_rule import EpochMeans, LayerSums, TrainContext
from fftui.telemetry.clocks import timed


class ParallelTrainer:
    """Trains every layer by its local objective, and the head, if there is one, by
    cross entropy.
    """

    layer: int | None = None

    def __init__(
        self,
        phase: ex.ForwardForward | ex.LocalCrossEntropy,
        number: int,
        rule: LocalRule,
        context: TrainContext,
        total_steps: int,
        eval_splits: list[Images],
    ) -> None:
        layers = context.network.layers
        self.parallel: tuple[int, ...] = tuple(range(1, len(layers) + 1))
        self.threshold = rule.threshold
        self._layers = layers
        self._rule = rule
        self._labels_N = context.train.labels_N
        self._images = FirstLayerInputs(
            layers[0], context.augmentation(number, 0), context.cache_bytes
        )
        weights = [weight for layer in layers for weight in layer.parameters()]
        self._optimiser = Optimiser(weights, phase.learning_rate, phase.schedule, total_steps)
        self._head: HeadTrainer | None = None
        if context.network.head is not None and isinstance(phase, ex.ForwardForward):
            self._head = HeadTrainer(context.network, context.network.head, phase, total_steps)
        self._sums = LayerSums(len(layers), context.device)
        self._eval_splits = eval_splits
        self._data_clock = context.data_clock

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's labels and augmentation."""
        self._images.begin_epoch(epoch)
        self._rule.begin_epoch(epoch)

    @torch.no_grad()
    def step(self, index_B: Tensor, step: int) -> None:
        """Set every layer's gradients, then take one Adam step for all of them."""
        with timed(self._data_clock):
            x = self._images.select(index_B)
        class_probs_BC = (
            self._head.predict_probs(x, self._labels_N[index_B]) if self._head else None
        )
        sets = self._rule.labels(index_B, class_probs_BC)
        labels_N, first = torch.cat(sets), self._layers[0]
        outcome = first.learn_per_label(x, self._rule.objective(first, index_B), *sets)
        self._sums.add(0, outcome.loss, outcome.goodness_2B)
        for row, layer in enumerate(self._layers[1:], 1):
            x_ND = layer.normalise(self._layers[row - 1].pooled(outcome.activities_NH))
            outcome = layer.learn(x_ND, labels_N, self._rule.objective(layer, index_B))
            self._sums.add(row, outcome.loss, outcome.goodness_2B)
        self._optimiser.step(step)
        if self._head:
            self._head.step(step)

    def means(self) -> EpochMeans:
        """The sum of the layers' mean losses."""
        return EpochMeans(sum(means.loss for means in self._sums.means()))

    def layer_means(self) -> tuple[EpochMeans, ...]:
        """Each layer's mean loss, g⁺ and g⁻."""
        return self._sums.means()

    def clear(self) -> None:
        """Reset the epoch's sums."""
        self._sums.tensor.zero_()

    def score(self, eval_split: int) -> Score:
        """Score of all layers on evaluation split number `eval_split`."""
        return self._rule.score(self._layers, self._eval_splits[eval_split])

    def state(self) -> dict[str, Tensor]:
        """Adam's moments and the epoch's sums."""
        head = self._head.state() if self._head else {}
        return {
            "sums": self._sums.tensor,
            **{f"layers.{name}": tensor for name, tensor in self._optimiser.state().items()},
            **{f"head.{name}": tensor for name, tensor in head.items()},
        }

    def load(self, state: dict[str, Tensor]) -> None:
        """Restore what `state` returned."""
        self._sums.tensor.copy_(state["sums"])
        self._optimiser.load(_with_prefix("layers.", state))
        if self._head:
            self._head.load(_with_prefix("head.", state))


def _with_prefix(prefix: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in state.items()
        if name.startswith(prefix)
    }
