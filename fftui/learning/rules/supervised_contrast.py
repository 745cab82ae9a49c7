"""Cross entropy over class groups beside a supervised contrastive loss: HCL-FF (Yao et al. 2026)
without its hierarchy of labels.

Letters in shapes: B images, H activities, C classes, K channels, P pooled positions of one, E the
activities of a class's group, F features, U units of the map.
"""

import math
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from fftui import experiment as ex
from fftui.learning.class_goodness import GROUP_GOODNESS
from fftui.learning.objective import Objective, ObjectiveValue
from fftui.learning.optimiser import ParameterGroup, ParameterPart
from fftui.learning.rules.layer_schedule import LayerSchedule
from fftui.learning.rules.local_cross_entropy import ClassGoodnessRule
from fftui.learning.rules.phase_rule import TrainContext
from fftui.learning.seeds import generator_for

GROUP_EPSILON = 1e-5  # added to a variance, as in torch's group normalisation
# windows a side that channels are pooled to, up to so many channels; above that, one
WINDOWS = ((100, 4), (400, 2))


def supervised_contrast(
    phase: ex.SupervisedContrast, number: int, context: TrainContext
) -> LayerSchedule:
    """The rule for `phase`, the experiment's `number`-th."""
    return LayerSchedule(phase, number, context, partial(SupervisedContrastRule, phase, context))


class SupervisedContrastRule(ClassGoodnessRule):
    """The true class should have the greatest goodness in every layer, and images of one class be
    more alike than others.
    """

    def __init__(self, phase: ex.SupervisedContrast, context: TrainContext, layer: int) -> None:
        del layer  # nothing is drawn
        layers = context.network.layers
        make, classes = GROUP_GOODNESS[phase.goodness], context.network.classes
        super().__init__(phase, context, [make(classes) for _ in layers])
        self._described = phase
        self._temperature = phase.temperature_in(1)
        self._groups = [ClassGroups(layer.shape, classes, context.device) for layer in layers]
        self._maps = [
            _map(context, number, groups.features, phase.map_units)
            for number, groups in enumerate(self._groups, 1)
        ]

    def begin_epoch(self, epoch: int) -> None:
        """Set the epoch's temperature."""
        self._temperature = self._described.temperature_in(epoch)

    def parameters(self, number: int) -> tuple[nn.Parameter, ...]:
        """The layer's, and its map's."""
        return (*super().parameters(number), *self._maps[number - 1].parameters())

    def group(self, number: int, learning_rate: float) -> ParameterGroup:
        """The layer's, and its map's with a rate of its own."""
        maps = tuple(self._maps[number - 1].parameters())
        beside = ParameterPart(maps, learning_rate * self._described.map_rate)
        return ParameterGroup(super().parameters(number), learning_rate, (beside,))

    def objective(self, number: int, index_B: Tensor) -> Objective:
        """Both losses on those images."""
        return SupervisedContrastObjective(
            self._context.train.labels_N[index_B],
            self._groups[number - 1],
            self._maps[number - 1],
            self._described,
            self._temperature,
        )


class ContrastMap(nn.Module):
    """A linear map of features (B, F) to U units, batch normalised with a learned scale and shift;
    it begins as torch's own.
    """

    def __init__(self, features: int, units: int, generator: torch.Generator) -> None:
        super().__init__()
        bound = features**-0.5
        weight_UF = torch.empty(units, features).uniform_(-bound, bound, generator=generator)
        self.weight = nn.Parameter(weight_UF)
        self.scale, self.shift = nn.Parameter(torch.ones(units)), nn.Parameter(torch.zeros(units))

    def forward(self, features_BF: Tensor) -> Tensor:
        """Directions (B, U) of length 1; statistics are the batch's."""
        mapped_BU = functional.linear(features_BF, self.weight)
        normed_BU = functional.batch_norm(
            mapped_BU, None, None, self.scale, self.shift, training=True
        )
        return functional.normalize(normed_BU)


class GroupStatistics(NamedTuple):
    """Mean and mean square (B, C) of the activities of each class's group, and the means (B, C,
    E / positions · P) over windows of its channels: all that both losses depend on.
    """

    mean_BC: Tensor
    square_BC: Tensor
    pooled_BCF: Tensor


class ClassGroups:
    """The groups of `classes` classes in activities of `shape`: (H,) or (channels, height, width).
    Channels left over belong to none.
    """

    def __init__(self, shape: tuple[int, ...], classes: int, device: torch.device) -> None:
        self._classes = classes
        self._channels = shape[0] // classes * classes
        height, width = shape[1:] or (1, 1)
        windows = next((each for most, each in WINDOWS if shape[0] <= most), 1)
        self._rows_PH = pooling(height, windows).to(device)
        self._columns_PW = pooling(width, windows).to(device)
        self._positions = height * width

    @property
    def features(self) -> int:
        """Number of features F."""
        return self._channels * len(self._rows_PH) * len(self._columns_PW)

    def statistics(self, z_BH: Tensor) -> GroupStatistics:
        """Those of activities, in float32 or better."""
        grouped_BCE = self._grouped(z_BH)
        norm_BC = torch.linalg.vector_norm(grouped_BCE, dim=2)
        kind = grouped_BCE.dtype
        rows_PH, columns_WP = self._rows_PH.to(kind), self._columns_PW.to(kind).t()
        pooled = rows_PH @ (self._images(grouped_BCE) @ columns_WP)
        return GroupStatistics(
            grouped_BCE.mean(2),
            norm_BC.square() / grouped_BCE.shape[2],
            pooled.view(len(z_BH), self._classes, -1),
        )

    def grad(self, z_BH: Tensor, grads: GroupStatistics) -> Tensor:
        """∂L/∂z (B, H), from the gradients of the statistics."""
        grouped_BCE = self._grouped(z_BH)
        each = grouped_BCE.shape[2]
        constant_BC1 = (grads.mean_BC / each)[:, :, None]
        slope_BC1 = (grads.square_BC * (2 / each))[:, :, None]
        grad_BCE = torch.addcmul(constant_BC1, grouped_BCE, slope_BC1)
        kind = grad_BCE.dtype
        rows_HP, columns_PW = self._rows_PH.to(kind).t(), self._columns_PW.to(kind)
        windows = (len(self._rows_PH), len(self._columns_PW))
        pooled = grads.pooled_BCF.view(len(z_BH), self._channels, *windows)
        self._images(grad_BCE).add_(rows_HP @ (pooled @ columns_PW))
        grad_BH = grad_BCE.flatten(1).to(z_BH.dtype)
        left = z_BH.shape[1] - grad_BH.shape[1]
        return functional.pad(grad_BH, (0, left)) if left else grad_BH

    def _grouped(self, z_BH: Tensor) -> Tensor:
        wide = torch.promote_types(z_BH.dtype, torch.float32)
        used = self._channels * self._positions
        return z_BH[:, :used].to(wide).reshape(len(z_BH), self._classes, -1)

    def _images(self, grouped_BCE: Tensor) -> Tensor:
        """The same as images (B, K, height, width)."""
        sides = self._rows_PH.shape[1], self._columns_PW.shape[1]
        return grouped_BCE.view(len(grouped_BCE), self._channels, *sides)


class SupervisedContrastObjective:
    """Cross entropy of the classes' goodness and the contrastive loss; sets the gradients of the
    map.
    """

    def __init__(
        self,
        labels_B: Tensor,
        groups: ClassGroups,
        contrast_map: ContrastMap,
        phase: ex.SupervisedContrast,
        temperature: float,
    ) -> None:
        self._labels_B = labels_B
        self._groups = groups
        self._map = contrast_map
        self._phase = phase
        self._temperature = temperature

    def __call__(self, z_BH: Tensor) -> ObjectiveValue:
        """Loss and gradient; the goodness (2B,) is that of the true class, then the mean of the
        other classes.
        """
        own = tuple(self._map.parameters())
        with torch.enable_grad():
            statistics = GroupStatistics(
                *(each.detach().requires_grad_() for each in self._groups.statistics(z_BH))
            )
            goodness_BC = self._goodness(statistics)
            loss = functional.cross_entropy(goodness_BC * self._phase.scale, self._labels_B)
            if len(z_BH) > 1:  # one image is like no other, and has no batch statistics
                loss = loss + self._phase.contrast * self._contrast(statistics)
            grads = torch.autograd.grad(
                loss, (*statistics, *own), allow_unused=True, materialize_grads=True
            )
        for parameter, grad in zip(own, grads[len(statistics) :], strict=True):
            parameter.grad = grad
        grad_BH = self._groups.grad(z_BH, GroupStatistics(*grads[: len(statistics)]))
        goodness_BC = goodness_BC.detach()
        true_B = goodness_BC.gather(1, self._labels_B[:, None])[:, 0]
        others_B = (goodness_BC.sum(1) - true_B) / (goodness_BC.shape[1] - 1)
        return ObjectiveValue(loss.detach(), torch.cat((true_B, others_B)), z_BH, grad_BH)

    def _goodness(self, statistics: GroupStatistics) -> Tensor:
        """g (B, C)."""
        if self._phase.goodness == "mean-activation":
            return statistics.mean_BC
        return statistics.square_BC

    def _contrast(self, statistics: GroupStatistics) -> Tensor:
        """The contrastive loss of the normalised groups, pooled."""
        mean_BC, square_BC, pooled_BCF = statistics
        variance_BC = (square_BC - mean_BC.square()).clamp(min=0)
        factor_BC = (variance_BC + GROUP_EPSILON).rsqrt()
        normalised_BCF = (pooled_BCF - mean_BC[:, :, None]) * factor_BC[:, :, None]
        directions_BU = self._map(normalised_BCF.flatten(1))
        return contrastive_loss(directions_BU, self._labels_B, self._temperature)


def contrastive_loss(directions_BU: Tensor, labels_B: Tensor, temperature: float) -> Tensor:
    """The supervised contrastive loss (Khosla et al. 2020) of directions of length 1: minus the
    mean log probability by which an image finds the others of its class among all others, on
    average over the images; 0 for one whose class has no other.
    """
    likeness_BB = directions_BU @ directions_BU.t() / temperature
    itself_BB = torch.eye(len(labels_B), dtype=torch.bool, device=labels_B.device)
    log_p_BB = likeness_BB.masked_fill(itself_BB, -math.inf).log_softmax(1)
    alike_BB = (labels_B[:, None] == labels_B) & ~itself_BB
    found_B = log_p_BB.masked_fill(~alike_BB, 0).sum(1) / alike_BB.sum(1).clamp(min=1)
    return -found_B.mean()


def pooling(side: int, windows: int) -> Tensor:
    """The matrix (P, side) of means over `windows` windows of a side, or over each pixel where
    there are fewer, as torch's adaptive pooling has them.
    """
    windows = min(windows, side)
    matrix = torch.zeros(windows, side)
    for window in range(windows):
        begin, end = window * side // windows, -(-(window + 1) * side // windows)
        matrix[window, begin:end] = 1 / (end - begin)
    return matrix


def _map(context: TrainContext, number: int, features: int, units: int) -> ContrastMap:
    """The map of layer `number` (from 1)."""

    def make() -> ContrastMap:
        generator = generator_for(context.seed, "weights", "contrast", number)
        return ContrastMap(features, units, generator)

    return context.network.keep(f"contrast_{number}", make)
