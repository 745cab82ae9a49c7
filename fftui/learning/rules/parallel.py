"""All layers at once: each learns by its own objective from the same batch. No gradient ever crosses a layer.

(The paper's first item of future work. One pass over the data trains every layer.)
"""

import torch
from torch import Tensor

from fftui import experiment as ex
from fftui.learning.images import Images
from fftui.learning.optimiser import Optimiser
from fftui.learning.prediction import Score
from fftui.learning.rules.base import EpochMeans, LayerSums, Setting
from fftui.learning.rules.first_inputs import FirstInputs
from fftui.learning.rules.head import HeadLearner
from fftui.learning.rules.teaching import Teaching
from fftui.telemetry.clocks import timed


class ParallelLearner:
    """Every layer under its local objective, and the head, if there is one, under its cross entropy."""

    layer: int | None = None

    def __init__(
        self,
        phase: ex.ForwardForward | ex.LocalCrossEntropy,
        number: int,
        teaching: Teaching,
        setting: Setting,
        total_steps: int,
        probes: list[Images],
    ) -> None:
        layers = setting.network.layers
        self.parallel: tuple[int, ...] = tuple(range(1, len(layers) + 1))
        self.threshold = teaching.threshold
        self._layers = layers
        self._teaching = teaching
        self._labels_N = setting.train.labels_N
        self._images = FirstInputs(layers[0], setting.augmentation(number, 0), setting.cache_bytes)
        weights = [weight for layer in layers for weight in layer.parameters()]
        self._optimiser = Optimiser(weights, phase.learning_rate, phase.schedule, total_steps)
        self._head: HeadLearner | None = None
        if setting.network.head is not None and isinstance(phase, ex.ForwardForward):
            self._head = HeadLearner(setting.network, setting.network.head, phase, total_steps)
        self._sums = LayerSums(len(layers), setting.device)
        self._probes = probes
        self._data_clock = setting.data_clock

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's labels and moves."""
        self._images.begin_epoch(epoch)
        self._teaching.begin_epoch(epoch)

    @torch.no_grad()
    def step(self, index_B: Tensor, step: int) -> None:
        """Every layer's gradients, then Adam for all of them."""
        with timed(self._data_clock):
            x = self._images.select(index_B)
        belief_BC = self._head.believe(x, self._labels_N[index_B]) if self._head else None
        sets = self._teaching.labels(index_B, belief_BC)
        labels_N, first = torch.cat(sets), self._layers[0]
        outcome = first.learn_labelled(x, self._teaching.objective(first, index_B), *sets)
        self._sums.add(0, outcome.loss, outcome.goodness_2B)
        for row, layer in enumerate(self._layers[1:], 1):
            x_ND = layer.normalise(self._layers[row - 1].onward(outcome.activities_NH))
            outcome = layer.learn(x_ND, labels_N, self._teaching.objective(layer, index_B))
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
        """Forget the epoch's sums."""
        self._sums.tensor.zero_()

    def score(self, probe: int) -> Score:
        """Score of all layers on the `probe`-th measured split."""
        return self._teaching.score(self._layers, self._probes[probe])

    def state(self) -> dict[str, Tensor]:
        """Adam's moments and the epoch's sums."""
        head = self._head.state() if self._head else {}
        return {
            "sums": self._sums.tensor,
            **{f"layers.{name}": tensor for name, tensor in self._optimiser.state().items()},
            **{f"head.{name}": tensor for name, tensor in head.items()},
        }

    def load(self, state: dict[str, Tensor]) -> None:
        """Take over what `state` gave."""
        self._sums.tensor.copy_(state["sums"])
        self._optimiser.load(_under("layers.", state))
        if self._head:
            self._head.load(_under("head.", state))


def _under(prefix: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}
