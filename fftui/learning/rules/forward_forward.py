"""Forward-Forward, layer after layer (Hinton 2022; the paper, section 2.2). No gradient ever crosses a layer."""

from collections.abc import Sequence

import torch
from torch import Tensor

from fftui import experiment as ex
from fftui.data.negatives import fixed_negatives, random_negatives
from fftui.learning.goodness import goodness, goodness_scale
from fftui.learning.images import Images
from fftui.learning.layers.fully_connected import FullyConnectedLayer, OverlaidImages
from fftui.learning.losses import LOSSES
from fftui.learning.optimiser import Optimiser
from fftui.learning.prediction import LabelScan, Score, score_by_goodness
from fftui.learning.rules.base import EpochMeans, Learner, Setting
from fftui.learning.seeds import generator_for

LIFTED_AT_ONCE = 4096  # images carried through lower layers at a time when a cache is filled


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
        images = FirstInputs(layers[0], setting.train, setting.cache_bytes)
        pairs = OverlaidPairs(layers[0], images, negatives) if stretch == 0 else LiftedPairs(layers, images, negatives)
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

    def __init__(self, first: FullyConnectedLayer, train: Images, cache_bytes: int) -> None:
        self._first = first
        self.train = train
        self.cached: OverlaidImages | None = None
        needed = len(train) * first.inputs * first.dtype.itemsize
        if needed <= cache_bytes:
            parts = [self._make(slice(i, i + LIFTED_AT_ONCE)) for i in range(0, len(train), LIFTED_AT_ONCE)]
            self.cached = OverlaidImages(
                torch.cat([part.images_BD for part in parts]),
                torch.cat([part.strength_B for part in parts]),
                train.info.classes,
            )
        self.bytes_left = cache_bytes - (needed if self.cached else 0)

    def select(self, index_B: Tensor) -> OverlaidImages:
        """The images at `index_B`."""
        return self.cached.select(index_B) if self.cached else self._make(index_B)

    def _make(self, index: Tensor | slice) -> OverlaidImages:
        return self._first.overlaid(self.train.inputs(index), self.train.info.classes, self.train.overlay_value)


class OverlaidPairs:
    """Positive and negative data of the first layer: one product over the images serves both labels."""

    def __init__(self, layer: FullyConnectedLayer, images: FirstInputs, negatives: Negatives) -> None:
        self._layer = layer
        self._images = images
        self.negatives = negatives

    def select(self, index_B: Tensor) -> None:
        """Take the images at `index_B`."""
        self._x = self._images.select(index_B)
        self._labels = (self._images.train.labels_N[index_B], self.negatives.labels_N[index_B])

    def activities(self) -> Tensor:
        """z (2B, H), positive first."""
        return self._layer.labelled_activities(self._layer.image_product(self._x), self._x, *self._labels)

    def set_gradient(self, delta_2BH: Tensor) -> None:
        """Gradients from δ (2B, H)."""
        self._layer.set_overlaid_gradient(self._x, torch.cat(self._labels), delta_2BH)


class LiftedPairs:
    """Positive and negative data of a deeper layer, computed once where they stand still and fit the budget.

    Positive data always stand still, negative data if their labels are fixed.
    """

    def __init__(self, layers: Sequence[FullyConnectedLayer], images: FirstInputs, negatives: Negatives) -> None:
        self._below, self._layer = layers[:-1], layers[-1]
        self._images = images
        self.negatives = negatives
        bytes_each = len(images.train) * self._layer.inputs * self._layer.dtype.itemsize
        budget = images.bytes_left
        self._positive_ND = self._lift_all(images.train.labels_N) if bytes_each <= budget else None
        budget -= bytes_each
        self._negative_ND = self._lift_all(negatives.labels_N) if negatives.fixed and bytes_each <= budget else None

    def select(self, index_B: Tensor) -> None:
        """Take the images at `index_B`."""
        count = len(index_B)
        self._x_2BD = torch.empty(2 * count, self._layer.inputs, dtype=self._layer.dtype, device=index_B.device)
        self._fill(self._x_2BD[:count], self._positive_ND, self._images.train.labels_N, index_B)
        self._fill(self._x_2BD[count:], self._negative_ND, self.negatives.labels_N, index_B)

    def activities(self) -> Tensor:
        """z (2B, H), positive first."""
        return self._layer.activities(self._x_2BD)

    def set_gradient(self, delta_2BH: Tensor) -> None:
        """Gradients from δ (2B, H)."""
        self._layer.set_gradient(self._x_2BD, delta_2BH)

    def _fill(self, out_BD: Tensor, cached_ND: Tensor | None, labels_N: Tensor, index_B: Tensor) -> None:
        if cached_ND is None:
            out_BD.copy_(self._lift(labels_N, index_B))
        else:
            torch.index_select(cached_ND, 0, index_B, out=out_BD)

    def _lift(self, labels_N: Tensor, index_B: Tensor) -> Tensor:
        """x̂ of this layer for the images at `index_B` under their labels."""
        x = self._images.select(index_B)
        first = self._below[0]
        z_BH = first.labelled_activities(first.image_product(x), x, labels_N[index_B])
        for layer in self._below[1:]:
            z_BH = layer.activities(layer.normalise(z_BH))
        return self._layer.normalise(z_BH)

    def _lift_all(self, labels_N: Tensor) -> Tensor:
        index_N = torch.arange(len(labels_N), device=labels_N.device)
        return torch.cat([self._lift(labels_N, index_B) for index_B in torch.split(index_N, LIFTED_AT_ONCE)])


class LayerLearner:
    """One layer under its local loss; the layers below it stand still."""

    @torch.no_grad()
    def __init__(
        self,
        layers: Sequence[FullyConnectedLayer],
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
        self._scale = goodness_scale(phase.goodness, layers[-1].units)
        self._loss = LOSSES[phase.loss]
        self._optimiser = Optimiser(
            [layers[-1].weight, layers[-1].bias], phase.learning_rate, phase.schedule, total_steps
        )
        self._sums = torch.zeros(4, device=setting.device)  # loss, g⁺, g⁻, images
        self._probes = probes
        self._below = [self._scan_below(images) for images in probes]

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's negatives."""
        self._pairs.negatives.begin_epoch(epoch)

    @torch.no_grad()
    def step(self, index_B: Tensor, step: int) -> None:
        """z, goodness, δ, two products, Adam."""
        count = len(index_B)
        self._pairs.select(index_B)
        z_2BH = self._pairs.activities()
        goodness_2B = goodness(z_2BH, self._scale)
        loss = self._loss(goodness_2B[:count], goodness_2B[count:], self._phase)
        factor_2B = (loss.slope_2B * (2 * self._scale)).to(z_2BH.dtype)
        self._pairs.set_gradient(z_2BH.mul_(factor_2B[:, None]))
        self._optimiser.step(step)
        sums = torch.stack((loss.value * count, goodness_2B[:count].sum(), goodness_2B[count:].sum()))
        self._sums[:3] += sums
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
        if below is None:
            images = self._probes[probe]
            scan = LabelScan.above_first(self._layers[0], images, self._phase.goodness, self._phase.prediction)
            return scan.score()
        return below.through(self._layers[-1]).score()

    def state(self) -> dict[str, Tensor]:
        """Adam's moments and the epoch's sums."""
        return {"sums": self._sums, **self._optimiser.state()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Take over what `state` gave."""
        self._sums.copy_(state["sums"])
        self._optimiser.load({name: tensor for name, tensor in state.items() if name != "sums"})

    def _scan_below(self, images: Images) -> LabelScan | None:
        """What the still layers make of a measured split, kept for all epochs; None below the first layer."""
        if len(self._layers) == 1:
            return None
        scan = LabelScan.above_first(self._layers[0], images, self._phase.goodness, self._phase.prediction)
        for layer in self._layers[1:-1]:
            scan = scan.through(layer)
        return scan
