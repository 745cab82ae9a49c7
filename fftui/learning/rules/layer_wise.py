"""Layer-wise training: one layer learns, those below it are fixed. No gradient ever crosses a
layer.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from fftui.experiment import LocalPhaseConfig, for_layer
from fftui.learning.images import Images
from fftui.learning.layers.layer import LabelFreeInputs, Layer
from fftui.learning.objective import ObjectiveValue
from fftui.learning.optimiser import Optimiser
from fftui.learning.prediction import forward_outputs
from fftui.learning.rules.first_layer_inputs import AT_ONCE, FirstLayerInputs
from fftui.learning.rules.local_rule import LocalRule
from fftui.learning.rules.local_trainer import LocalTrainer
from fftui.learning.rules.phase_rule import EpochMeans, LayerSums, TrainContext
from fftui.telemetry.clocks import timed


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
        self._number = len(layers)
        self._rule = rule
        self._data_clock = context.data_clock
        train = context.train_inputs(*purpose)
        bytes_each = len(context.train) * self._layer.inputs * self._layer.dtype.itemsize
        budget, self._cached_ND = context.cache_bytes, list[Tensor | None]()
        all_N = torch.arange(len(context.train), device=context.device)
        for number, labels_N in enumerate(rule.labels(all_N, None)):
            static = train.static and rule.is_static(number)
            cached = static and bytes_each <= budget
            budget -= bytes_each if cached else 0
            self._cached_ND.append(self._forward_all(train.images, labels_N) if cached else None)
        self._uncached = [n for n, cached_ND in enumerate(self._cached_ND) if cached_ND is None]
        left = budget if self._uncached else 0
        self._images = FirstLayerInputs(layers[0], train, rule, context.data_clock, left)

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's augmentation and labels."""
        self._images.begin_epoch(epoch)

    def learn(self, index_B: Tensor) -> ObjectiveValue:
        """Set the layer's gradients for the images at `index_B`."""
        sets, count = self._rule.labels(index_B, None), len(index_B)
        x_ND = torch.empty(
            len(sets) * count, self._layer.inputs, dtype=self._layer.dtype, device=index_B.device
        )
        parts = torch.split(x_ND, count)
        with timed(self._data_clock):
            for x_BD, cached_ND in zip(parts, self._cached_ND, strict=True):
                if cached_ND is not None:
                    torch.index_select(cached_ND, 0, index_B, out=x_BD)
        if self._uncached:
            images = self._images.batch(index_B)
            for number in self._uncached:
                shown = self._rule.images_shown(images, index_B, number)
                parts[number].copy_(self._forward(sets[number], shown))
        return self._layer.learn(x_ND, torch.cat(sets), self._rule.objective(self._number, index_B))

    def _forward(self, labels_B: Tensor, x: LabelFreeInputs) -> Tensor:
        """x̂ (B, D) of the layer for images with their labels."""
        *_, out_BH = forward_outputs(self._below, x, labels_B)
        return self._layer.normalise(out_BH)

    def _forward_all(self, images: Images, labels_N: Tensor) -> Tensor:
        inputs_ND = torch.empty(
            len(labels_N), self._layer.inputs, dtype=self._layer.dtype, device=labels_N.device
        )
        for index_B in torch.split(torch.arange(len(labels_N), device=labels_N.device), AT_ONCE):
            x = self._below[0].encode(images.inputs(index_B))
            inputs_ND[index_B] = self._forward(labels_N[index_B], x)
        return inputs_ND


@torch.no_grad()
def inputs_for(
    layers: Sequence[Layer], rule: LocalRule, context: TrainContext, purpose: tuple[int, int]
) -> FirstLayerInputs | CachedLayerInputs:
    """Training batches of the last of `layers`."""
    if len(layers) > 1:
        return CachedLayerInputs(layers, rule, context, purpose)
    train = context.train_inputs(*purpose)
    return FirstLayerInputs(layers[0], train, rule, context.data_clock, context.cache_bytes)


class LayerTrainer(LocalTrainer):
    """Trains the last of `layers` by its local objective."""

    def __init__(
        self,
        layers: Sequence[Layer],
        phase: LocalPhaseConfig,
        inputs: FirstLayerInputs | CachedLayerInputs,
        rule: LocalRule,
        total_steps: int,
        eval_splits: list[Images],
    ) -> None:
        number = len(layers)
        rate = for_layer(phase.learning_rate, number)
        group = rule.group(number, rate)
        self._optimiser = Optimiser([group], phase, total_steps)
        self._layer_sums = LayerSums(1, group.parameters[0].device)
        super().__init__(
            rule,
            layers,
            (number,),
            self._layer_sums.tensor,
            {"": self._optimiser},
            [rule.scorer(layers, images) for images in eval_splits],
        )
        self.layer = number
        self._inputs = inputs

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's augmentation and labels."""
        self._inputs.begin_epoch(epoch)

    def compute(self, index_B: Tensor) -> None:
        """Set the layer's gradients, then take one optimiser step."""
        value = self._inputs.learn(index_B)
        self._rule.finish_gradients(len(self._layers))
        self._optimiser.step()
        self._layer_sums.add(0, value.loss, value.goodness_2B)

    def means(self) -> EpochMeans:
        """Mean loss, g⁺ and g⁻."""
        return self._layer_sums.means()[0]
