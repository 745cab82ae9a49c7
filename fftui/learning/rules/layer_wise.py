"""Layer-wise training: one layer learns, those below it are fixed. No gradient ever crosses a
layer.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from fftui import experiment as ex
from fftui.learning.images import Images
from fftui.learning.layers.layer import LabelFreeInputs, Layer, Outcome
from fftui.learning.optimiser import Optimiser
from fftui.learning.prediction import Score, forward_layers
from fftui.learning.rules.first_layer_inputs import AT_ONCE, FirstLayerInputs
from fftui.learning.rules.local_rule import LocalRule
from fftui.learning.rules.phase_rule import EpochMeans, LayerSums, TrainContext
from fftui.telemetry.clocks import Clock, timed


class FirstLayerBatches:
    """Training batches of the first layer: the same images with each set of labels."""

    def __init__(self, images: FirstLayerInputs, rule: LocalRule, data_clock: Clock) -> None:
        self._images = images
        self._rule = rule
        self._data_clock = data_clock

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's augmentation and labels."""
        self._images.begin_epoch(epoch)
        self._rule.begin_epoch(epoch)

    def learn(self, index_B: Tensor) -> Outcome:
        """Set the layer's gradients for the images at `index_B`."""
        layer, labels_B = self._images.first, self._rule.labels(index_B, None)
        with timed(self._data_clock):
            x = self._images.select(index_B)
        return layer.learn_per_label(x, self._rule.objective(layer, index_B), *labels_B)


class CachedLayerInputs:
    """Training batches of a deeper layer; its inputs are cached where they are static and fit the
    memory budget.

    Without augmentation, inputs with true labels are static, and those with wrong labels if the
    rule draws these once. What is left of the budget caches the first layer's inputs, unless every
    set of inputs is cached already.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        rule: LocalRule,
        context: TrainContext,
        purpose: tuple[int, int],
    ) -> None:
        self._below, self._layer = layers[:-1], layers[-1]
        self._rule = rule
        self._data_clock = context.data_clock
        train = context.augmentation(*purpose)
        self._images = FirstLayerInputs(layers[0], train, cache_bytes=0)
        bytes_each = len(context.train) * self._layer.inputs * self._layer.dtype.itemsize
        budget, self._cached_ND = context.cache_bytes, list[Tensor | None]()
        all_N = torch.arange(len(context.train), device=context.device)
        for number, labels_N in enumerate(rule.labels(all_N, None)):
            static = not train.active and (number == 0 or rule.static_labels)
            cached = static and bytes_each <= budget
            budget -= bytes_each if cached else 0
            self._cached_ND.append(self._forward_all(labels_N) if cached else None)
        if any(cached_ND is None for cached_ND in self._cached_ND):
            self._images = FirstLayerInputs(layers[0], train, budget)

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's augmentation and labels."""
        self._images.begin_epoch(epoch)
        self._rule.begin_epoch(epoch)

    def learn(self, index_B: Tensor) -> Outcome:
        """Set the layer's gradients for the images at `index_B`."""
        sets, count = self._rule.labels(index_B, None), len(index_B)
        x_ND = torch.empty(
            len(sets) * count, self._layer.inputs, dtype=self._layer.dtype, device=index_B.device
        )
        for x_BD, cached_ND, labels_B in zip(
            torch.split(x_ND, count), self._cached_ND, sets, strict=True
        ):
            if cached_ND is None:
                x_BD.copy_(self._forward(labels_B, self._timed_select(index_B)))
                continue
            with timed(self._data_clock):
                torch.index_select(cached_ND, 0, index_B, out=x_BD)
        return self._layer.learn(x_ND, torch.cat(sets), self._rule.objective(self._layer, index_B))

    def _timed_select(self, index_B: Tensor) -> LabelFreeInputs:
        with timed(self._data_clock):
            return self._images.select(index_B)

    def _forward(self, labels_B: Tensor, x: LabelFreeInputs) -> Tensor:
        """x̂ (B, D) of the layer for images with their labels."""
        *_, z_BH = forward_layers(self._below, x, labels_B)
        return self._layer.normalise(self._below[-1].pooled(z_BH))

    def _forward_all(self, labels_N: Tensor) -> Tensor:
        inputs_ND = torch.empty(
            len(labels_N), self._layer.inputs, dtype=self._layer.dtype, device=labels_N.device
        )
        for index_B in torch.split(torch.arange(len(labels_N), device=labels_N.device), AT_ONCE):
            inputs_ND[index_B] = self._forward(labels_N[index_B], self._images.select(index_B))
        return inputs_ND


@torch.no_grad()
def inputs_for(
    layers: Sequence[Layer], rule: LocalRule, context: TrainContext, purpose: tuple[int, int]
) -> FirstLayerBatches | CachedLayerInputs:
    """Training batches of the last of `layers`."""
    if len(layers) > 1:
        return CachedLayerInputs(layers, rule, context, purpose)
    images = FirstLayerInputs(layers[0], context.augmentation(*purpose), context.cache_bytes)
    return FirstLayerBatches(images, rule, context.data_clock)


class LayerTrainer:
    """Trains one layer by its local objective."""

    parallel: tuple[int, ...] = ()

    def __init__(
        self,
        layers: Sequence[Layer],
        phase: ex.ForwardForward | ex.LocalCrossEntropy,
        inputs: FirstLayerBatches | CachedLayerInputs,
        rule: LocalRule,
        total_steps: int,
        eval_splits: list[Images],
    ) -> None:
        self.layer: int | None = len(layers)
        self.threshold = rule.threshold
        self._inputs = inputs
        self._optimiser = Optimiser(
            list(layers[-1].parameters()), phase.learning_rate, phase.schedule, total_steps
        )
        self._sums = LayerSums(1, next(layers[-1].parameters()).device)
        self._scorers = [rule.scorer(layers, images) for images in eval_splits]

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's augmentation and labels."""
        self._inputs.begin_epoch(epoch)

    def step(self, index_B: Tensor, step: int) -> None:
        """Set the layer's gradients, then take one Adam step."""
        outcome = self._inputs.learn(index_B)
        self._optimiser.step(step)
        self._sums.add(0, outcome.loss, outcome.goodness_2B)

    def means(self) -> EpochMeans:
        """Mean loss, g⁺ and g⁻."""
        return self._sums.means()[0]

    def layer_means(self) -> tuple[EpochMeans, ...]:
        """Empty: `means` has the one layer's."""
        return ()

    def clear(self) -> None:
        """Reset the epoch's sums."""
        self._sums.tensor.zero_()

    def score(self, eval_split: int) -> Score:
        """Score of the layers up to this one on evaluation split number `eval_split`."""
        return self._scorers[eval_split]()

    def state(self) -> dict[str, Tensor]:
        """Adam's moments and the epoch's sums."""
        return {"sums": self._sums.tensor, **self._optimiser.state()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Restore what `state` returned."""
        self._sums.tensor.copy_(state["sums"])
        self._optimiser.load({name: tensor for name, tensor in state.items() if name != "sums"})
