"""Forward-Forward, layer after layer (Hinton 2022; the paper, section 2.2). No gradient ever crosses a layer."""

from collections.abc import Sequence

import torch
from torch import Tensor

from fftui import experiment as ex
from fftui.data.negatives import fixed_negatives, random_negatives
from fftui.learning.images import Images
from fftui.learning.layers.base import Layer, Outcome, OverlaidImages, PairLoss
from fftui.learning.losses import LOSSES, LossSlope
from fftui.learning.optimiser import Optimiser
from fftui.learning.prediction import LabelScan, Score, scan, score_by_goodness
from fftui.learning.rules.base import EpochMeans, Learner, Setting
from fftui.learning.seeds import generator_for

LIFTED_AT_ONCE = 4096  # images carried through lower layers at a time when a cache is filled
PROBE_SHARE = 0.25  # of the memory budget, for what still layers make of the measured images


class ForwardForwardRule:
    """One stretch a layer, first to last."""

    def __init__(self, phase: ex.ForwardForward, number: int, setting: Setting) -> None:
        self._phase = phase
        self._number = number
        self._setting = setting
        self.stretches = len(setting.network.layers)

    def learner(self, stretch: int, total_steps: int, probes: list[Images]) -> Learner:
        """The `stretch`-th layer, on what the layers below it make of the images."""
        layers = self._setting.network.layers[: stretch + 1]
        setting, phase = self._setting, self._phase
        negatives = Negatives(phase.negatives, setting, self._number, layer=stretch + 1)
        pairs: OverlaidPairs | LiftedPairs
        if stretch == 0:
            pairs = OverlaidPairs(FirstInputs(layers[0], setting.train, setting.cache_bytes), negatives)
        else:
            pairs = LiftedPairs(layers, negatives, setting)
        return LayerLearner(layers, phase, pairs, setting, total_steps, probes)

    @torch.no_grad()
    def score(self, images: Images) -> Score:
        """Counts of predictions by summed goodness over all layers."""
        return score_by_goodness(self._setting.network.layers, images, self._phase.goodness, self._phase.prediction)


class Negatives:
    """The wrong label of every training image: drawn once (`fixed`) or anew for every epoch's batches (`random`)."""

    def __init__(self, kind: ex.Negatives, setting: Setting, phase: int, layer: int) -> None:
        self.fixed = kind == "fixed"
        self._setting = setting
        self._purpose = (phase, layer)
        self.labels_N = setting.train.labels_N
        if self.fixed:
            generator = generator_for(setting.seed, "negatives", phase)
            self.labels_N = fixed_negatives(setting.train.labels_N.cpu(), generator=generator).to(setting.device)

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's random negatives: each image is seen once an epoch, so this is a draw for every batch."""
        if not self.fixed:
            train = self._setting.train
            generator = generator_for(self._setting.seed, "negatives", *self._purpose, epoch)
            drawn_N = random_negatives(train.labels_N.cpu(), train.info.classes, generator=generator)
            self.labels_N = drawn_N.to(self._setting.device)


class FirstInputs:
    """The images as the first layer sees them, label open: kept if they fit `cache_bytes`, else made per batch."""

    def __init__(self, first: Layer, train: Images, cache_bytes: int) -> None:
        self.first = first
        self.train = train
        self._cached: OverlaidImages | None = None
        if len(train) * first.inputs * first.dtype.itemsize <= cache_bytes:
            self._cached = self._make_all()

    def select(self, index_B: Tensor) -> OverlaidImages:
        """The images at `index_B`."""
        return self._cached.select(index_B) if self._cached else self._make(index_B)

    def _make(self, index: Tensor | slice) -> OverlaidImages:
        return self.first.overlaid(self.train.inputs(index), self.train.info.classes, self.train.overlay_value)

    def _make_all(self) -> OverlaidImages:
        count, device = len(self.train), self.train.labels_N.device
        images_ND = torch.empty(count, self.first.inputs, dtype=self.first.dtype, device=device)
        strength_N = torch.empty(count, dtype=self.first.dtype, device=device)
        for start in range(0, count, LIFTED_AT_ONCE):
            part = slice(start, start + LIFTED_AT_ONCE)
            made = self._make(part)
            images_ND[part], strength_N[part] = made.images_BD, made.strength_B
        return OverlaidImages(images_ND, strength_N, self.train.info.classes)


class OverlaidPairs:
    """Positive and negative data of the first layer: the same images under two labels."""

    def __init__(self, images: FirstInputs, negatives: Negatives) -> None:
        self._images = images
        self.negatives = negatives

    def learn(self, index_B: Tensor, kind: ex.Goodness, loss: PairLoss) -> Outcome:
        """Set the layer's gradients for the images at `index_B`."""
        positive_B, negative_B = self._images.train.labels_N[index_B], self.negatives.labels_N[index_B]
        return self._images.first.learn_labelled(self._images.select(index_B), positive_B, negative_B, kind, loss)


class LiftedPairs:
    """Positive and negative data of a deeper layer, computed once where they stand still and fit the budget.

    Positive data always stand still, negative data if their labels are fixed. What is left of the budget goes to the
    images themselves, unless both halves are kept and no image is looked at again.
    """

    def __init__(self, layers: Sequence[Layer], negatives: Negatives, setting: Setting) -> None:
        self._below, self._layer = layers[:-1], layers[-1]
        self._train = setting.train
        self.negatives = negatives
        self._images = FirstInputs(layers[0], setting.train, cache_bytes=0)
        bytes_each = len(setting.train) * self._layer.inputs * self._layer.dtype.itemsize
        budget = setting.cache_bytes
        self._positive_ND = self._lift_all(setting.train.labels_N) if bytes_each <= budget else None
        if self._positive_ND is not None:
            budget -= bytes_each
        self._negative_ND = self._lift_all(negatives.labels_N) if negatives.fixed and bytes_each <= budget else None
        if self._positive_ND is None or self._negative_ND is None:
            self._images = FirstInputs(layers[0], setting.train, budget)

    def learn(self, index_B: Tensor, kind: ex.Goodness, loss: PairLoss) -> Outcome:
        """Set the layer's gradients for the images at `index_B`."""
        count = len(index_B)
        x_2BD = torch.empty(2 * count, self._layer.inputs, dtype=self._layer.dtype, device=index_B.device)
        self._fill(x_2BD[:count], self._positive_ND, self._train.labels_N, index_B)
        self._fill(x_2BD[count:], self._negative_ND, self.negatives.labels_N, index_B)
        return self._layer.learn(x_2BD, kind, loss)

    def _fill(self, out_BD: Tensor, cached_ND: Tensor | None, labels_N: Tensor, index_B: Tensor) -> None:
        if cached_ND is None:
            out_BD.copy_(self._lift(labels_N, index_B))
        else:
            torch.index_select(cached_ND, 0, index_B, out=out_BD)

    def _lift(self, labels_N: Tensor, index_B: Tensor) -> Tensor:
        """x̂ of this layer for the images at `index_B` under their labels."""
        z_BH = self._below[0].labelled_activities(self._images.select(index_B), labels_N[index_B])
        for layer in self._below[1:]:
            z_BH = layer.activities(layer.normalise(z_BH))
        return self._layer.normalise(z_BH)

    def _lift_all(self, labels_N: Tensor) -> Tensor:
        lifted_ND = torch.empty(len(labels_N), self._layer.inputs, dtype=self._layer.dtype, device=labels_N.device)
        index_N = torch.arange(len(labels_N), device=labels_N.device)
        for start in range(0, len(labels_N), LIFTED_AT_ONCE):
            part = slice(start, start + LIFTED_AT_ONCE)
            lifted_ND[part] = self._lift(labels_N, index_N[part])
        return lifted_ND


class LayerLearner:
    """One layer under its local loss; the layers below it stand still."""

    @torch.no_grad()
    def __init__(
        self,
        layers: Sequence[Layer],
        phase: ex.ForwardForward,
        pairs: OverlaidPairs | LiftedPairs,
        setting: Setting,
        total_steps: int,
        probes: list[Images],
    ) -> None:
        self.layer: int | None = len(layers)
        self.threshold: float | None = phase.threshold if phase.loss == "softplus" else None
        self._layers = layers
        self._phase = phase
        self._pairs = pairs
        self._optimiser = Optimiser(list(layers[-1].parameters()), phase.learning_rate, phase.schedule, total_steps)
        self._sums = torch.zeros(4, device=setting.device)  # loss, g⁺, g⁻, images
        self._probes = probes
        self._below = [self._scan_below(images, setting.cache_bytes) for images in probes]

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's negatives."""
        self._pairs.negatives.begin_epoch(epoch)

    def step(self, index_B: Tensor, step: int) -> None:
        """The layer's gradients, and Adam."""
        outcome = self._pairs.learn(index_B, self._phase.goodness, self._loss)
        self._optimiser.step(step)
        with torch.no_grad():
            positive_B, negative_B = outcome.goodness_2B.chunk(2)
            count = len(positive_B)
            self._sums[:3] += torch.stack((outcome.loss * count, positive_B.sum(), negative_B.sum()))
            self._sums[3] += count

    def means(self) -> EpochMeans:
        """Mean loss, g⁺ and g⁻."""
        loss, positive, negative, images = self._sums.tolist()
        images = max(images, 1)
        return EpochMeans(loss / images, positive / images, negative / images)

    def clear(self) -> None:
        """Forget the epoch's sums."""
        self._sums.zero_()

    @torch.no_grad()
    def score(self, probe: int) -> Score:
        """Score of the layers up to this one on the `probe`-th measured split."""
        below = self._below[probe]
        if below is not None:
            return below.through(self._layers[-1]).score()
        return score_by_goodness(self._layers, self._probes[probe], self._phase.goodness, self._phase.prediction)

    def state(self) -> dict[str, Tensor]:
        """Adam's moments and the epoch's sums."""
        return {"sums": self._sums, **self._optimiser.state()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Take over what `state` gave."""
        self._sums.copy_(state["sums"])
        self._optimiser.load({name: tensor for name, tensor in state.items() if name != "sums"})

    def _loss(self, positive_B: Tensor, negative_B: Tensor) -> LossSlope:
        return LOSSES[self._phase.loss](positive_B, negative_B, self._phase)

    def _scan_below(self, images: Images, cache_bytes: int) -> LabelScan | None:
        """What the still layers make of a measured split, kept for all epochs if it fits; None below the first."""
        if len(self._layers) == 1:
            return None
        below = self._layers[-2]
        needed = len(images) * images.info.classes * below.outputs * below.dtype.itemsize
        if needed > cache_bytes * PROBE_SHARE:
            return None
        return scan(self._layers[:-1], images, self._phase.goodness, self._phase.prediction)
