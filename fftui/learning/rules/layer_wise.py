"""Layer after layer: one layer learns, those below it stand still. No gradient ever crosses a layer."""

from collections.abc import Sequence

import torch
from torch import Tensor

from fftui import experiment as ex
from fftui.learning.images import Images
from fftui.learning.layers.base import Layer, OpenImages, Outcome
from fftui.learning.optimiser import Optimiser
from fftui.learning.prediction import Score, climb
from fftui.learning.rules.base import EpochMeans, LayerSums, Setting
from fftui.learning.rules.first_inputs import AT_ONCE, FirstInputs
from fftui.learning.rules.teaching import Teaching
from fftui.telemetry.clocks import Clock, timed


class FirstLessons:
    """What the first layer learns from: the same images under each set of labels."""

    def __init__(self, images: FirstInputs, teaching: Teaching, data_clock: Clock) -> None:
        self._images = images
        self._teaching = teaching
        self._data_clock = data_clock

    def begin_epoch(self, epoch: int) -> None:
        """Draw what the epoch needs."""
        self._images.begin_epoch(epoch)
        self._teaching.begin_epoch(epoch)

    def learn(self, index_B: Tensor) -> Outcome:
        """Set the layer's gradients for the images at `index_B`."""
        layer, labels_B = self._images.first, self._teaching.labels(index_B, None)
        with timed(self._data_clock):
            x = self._images.select(index_B)
        return layer.learn_labelled(x, self._teaching.objective(layer, index_B), *labels_B)


class LiftedLessons:
    """What a deeper layer learns from, computed once where it stands still and fits the budget.

    Images under their true labels stand still unless they are moved at random, under wrong ones if these are fixed.
    What is left of the budget goes to the images themselves, unless none is looked at again.
    """

    def __init__(self, layers: Sequence[Layer], teaching: Teaching, setting: Setting, purpose: tuple[int, int]) -> None:
        self._below, self._layer = layers[:-1], layers[-1]
        self._teaching = teaching
        self._data_clock = setting.data_clock
        train = setting.augmentation(*purpose)
        self._images = FirstInputs(layers[0], train, cache_bytes=0)
        bytes_each = len(setting.train) * self._layer.inputs * self._layer.dtype.itemsize
        budget, self._cached_ND = setting.cache_bytes, list[Tensor | None]()
        everything_N = torch.arange(len(setting.train), device=setting.device)
        for number, labels_N in enumerate(teaching.labels(everything_N, None)):
            still = not train.active and (number == 0 or teaching.still)
            kept = still and bytes_each <= budget
            budget -= bytes_each if kept else 0
            self._cached_ND.append(self._lift_all(labels_N) if kept else None)
        if any(cached_ND is None for cached_ND in self._cached_ND):
            self._images = FirstInputs(layers[0], train, budget)

    def begin_epoch(self, epoch: int) -> None:
        """Draw what the epoch needs."""
        self._images.begin_epoch(epoch)
        self._teaching.begin_epoch(epoch)

    def learn(self, index_B: Tensor) -> Outcome:
        """Set the layer's gradients for the images at `index_B`."""
        sets, count = self._teaching.labels(index_B, None), len(index_B)
        x_ND = torch.empty(len(sets) * count, self._layer.inputs, dtype=self._layer.dtype, device=index_B.device)
        for x_BD, cached_ND, labels_B in zip(torch.split(x_ND, count), self._cached_ND, sets, strict=True):
            if cached_ND is None:
                x_BD.copy_(self._lift(labels_B, self._pick(index_B)))
                continue
            with timed(self._data_clock):
                torch.index_select(cached_ND, 0, index_B, out=x_BD)
        return self._layer.learn(x_ND, torch.cat(sets), self._teaching.objective(self._layer, index_B))

    def _pick(self, index_B: Tensor) -> OpenImages:
        with timed(self._data_clock):
            return self._images.select(index_B)

    def _lift(self, labels_B: Tensor, x: OpenImages) -> Tensor:
        """x̂ of this layer for images under their labels."""
        *_, z_BH = climb(self._below, x, labels_B)
        return self._layer.normalise(self._below[-1].onward(z_BH))

    def _lift_all(self, labels_N: Tensor) -> Tensor:
        lifted_ND = torch.empty(len(labels_N), self._layer.inputs, dtype=self._layer.dtype, device=labels_N.device)
        for index_B in torch.split(torch.arange(len(labels_N), device=labels_N.device), AT_ONCE):
            lifted_ND[index_B] = self._lift(labels_N[index_B], self._images.select(index_B))
        return lifted_ND


@torch.no_grad()
def lessons_for(
    layers: Sequence[Layer], teaching: Teaching, setting: Setting, purpose: tuple[int, int]
) -> FirstLessons | LiftedLessons:
    """What the last of `layers` learns from."""
    if len(layers) > 1:
        return LiftedLessons(layers, teaching, setting, purpose)
    images = FirstInputs(layers[0], setting.augmentation(*purpose), setting.cache_bytes)
    return FirstLessons(images, teaching, setting.data_clock)


class LayerLearner:
    """One layer under its local objective."""

    parallel: tuple[int, ...] = ()

    def __init__(
        self,
        layers: Sequence[Layer],
        phase: ex.ForwardForward | ex.LocalCrossEntropy,
        lessons: FirstLessons | LiftedLessons,
        teaching: Teaching,
        total_steps: int,
        probes: list[Images],
    ) -> None:
        self.layer: int | None = len(layers)
        self.threshold = teaching.threshold
        self._lessons = lessons
        self._optimiser = Optimiser(list(layers[-1].parameters()), phase.learning_rate, phase.schedule, total_steps)
        self._sums = LayerSums(1, next(layers[-1].parameters()).device)
        self._probes = [teaching.probe(layers, images) for images in probes]

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's labels and moves."""
        self._lessons.begin_epoch(epoch)

    def step(self, index_B: Tensor, step: int) -> None:
        """The layer's gradients, and Adam."""
        outcome = self._lessons.learn(index_B)
        self._optimiser.step(step)
        self._sums.add(0, outcome.loss, outcome.goodness_2B)

    def means(self) -> EpochMeans:
        """Mean loss, g⁺ and g⁻."""
        return self._sums.means()[0]

    def layer_means(self) -> tuple[EpochMeans, ...]:
        """One layer learns: there is nothing to tell apart."""
        return ()

    def clear(self) -> None:
        """Forget the epoch's sums."""
        self._sums.tensor.zero_()

    def score(self, probe: int) -> Score:
        """Score of the layers up to this one on the `probe`-th measured split."""
        return self._probes[probe]()

    def state(self) -> dict[str, Tensor]:
        """Adam's moments and the epoch's sums."""
        return {"sums": self._sums.tensor, **self._optimiser.state()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Take over what `state` gave."""
        self._sums.tensor.copy_(state["sums"])
        self._optimiser.load({name: tensor for name, tensor in state.items() if name != "sums"})
