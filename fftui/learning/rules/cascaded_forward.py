"""Cascaded Forward (CaFo, Zhao et al. 2023): layers keep their random weights; each has a readout
of the label, solved by ridge regression. The control for every table of learned features.

Letters in shapes: N or B images, H activities, C labels.
"""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from fftui import experiment as ex
from fftui.learning.class_goodness import ClassGoodness
from fftui.learning.images import Images
from fftui.learning.layers.layer import Layer
from fftui.learning.network import Network
from fftui.learning.objective import ClassObjective, Objective
from fftui.learning.prediction import forward_layers
from fftui.learning.ridge import Fit, NormalEquations
from fftui.learning.rules.layer_schedule import LayerSchedule
from fftui.learning.rules.local_cross_entropy import ClassGoodnessRule
from fftui.learning.rules.phase_rule import EpochMeans, StageTrainer, TrainContext
from fftui.telemetry.clocks import timed

MEASURED_IMAGES, MEASURED_AT_ONCE = 10_000, 500  # by which batch normalisation is set


class Readout(nn.Module, ClassGoodness):
    """z W + b, whose weights (H, C) are solved for and not learned; 0 before that. `ridge` is the
    regulariser that was chosen.
    """

    weight: Tensor
    bias: Tensor
    ridge: Tensor

    def __init__(self, units: int, classes: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(units, classes))
        self.register_buffer("bias", torch.zeros(classes))
        self.register_buffer("ridge", torch.zeros(()))

    def take(self, fit: Fit) -> None:
        """Take the map that was found."""
        self.weight.copy_(fit.weight_DC)
        self.bias.copy_(fit.bias_C)
        self.ridge.fill_(fit.ridge)

    @torch.no_grad()
    def of(self, z_NH: Tensor) -> Tensor:
        """The readout's outputs (N, C), near 1 for the label that it finds and near 0 else."""
        return torch.addmm(self.bias, z_NH.float(), self.weight)

    @torch.no_grad()
    def grad(self, z_NH: Tensor, residual_NC: Tensor, scale: float) -> Tensor:
        """residual Wᵗ."""
        return residual_NC.mul_(scale / len(z_NH)) @ self.weight.t()


def _readout(network: Network, number: int) -> Readout:
    """The readout of layer `number`, from 1."""
    units = network.layers[number - 1].outputs
    return network.keep(f"readout_{number}", lambda: Readout(units, network.classes))


class RidgeReadoutsRule(ClassGoodnessRule):
    """Layers predict by the sum of their readouts."""

    def __init__(self, phase: ex.CascadedForward, context: TrainContext, layer: int) -> None:
        del layer  # nothing is drawn
        numbers = range(1, len(context.network.layers) + 1)
        self.readouts = [_readout(context.network, number) for number in numbers]
        super().__init__(phase, context, self.readouts)

    def objective(self, number: int, index_B: Tensor) -> Objective:
        """Cross entropy of a readout: for whoever asks for a gradient; none is needed here."""
        labels_B = self._context.train.labels_N[index_B]
        return ClassObjective(labels_B, self.readouts[number - 1], 1.0)


class CascadedForwardRule(LayerSchedule):
    """One stage a layer, which bounds the memory by the largest one's; or one stage for all, with a
    single pass over the images.
    """

    def __init__(self, phase: ex.CascadedForward, number: int, context: TrainContext) -> None:
        super().__init__(phase, number, context, partial(RidgeReadoutsRule, phase, context))
        self._readouts, self._ridges = RidgeReadoutsRule(phase, context, 0), phase.ridge

    def trainer(self, stage: int, total_steps: int, eval_splits: list[Images]) -> StageTrainer:
        """What solves the readouts of all layers, or of layer number `stage` (from 0) alone."""
        del total_steps
        count = len(self._context.network.layers)
        numbers = tuple(range(1, count + 1)) if self._in_parallel else (stage + 1,)
        return RidgeReadoutTrainer(
            self._readouts, numbers, self._ridges, self._number, self._context, eval_splits
        )


class RidgeReadoutTrainer(StageTrainer):
    """Adds up what ridge regression needs over the images, and solves it after each epoch for the
    readouts of layers `numbers` (from 1).

    Of several `ridges`, each layer takes the one whose readout labels most images of the last of
    `eval_splits`, validation images, rightly.
    """

    def __init__(
        self,
        rule: RidgeReadoutsRule,
        numbers: Sequence[int],
        ridges: Sequence[float],
        phase: int,
        context: TrainContext,
        eval_splits: list[Images],
    ) -> None:
        layers = context.network.layers[: numbers[-1]]
        super().__init__(
            torch.zeros(1, device=context.device),
            {},
            [partial(rule.score, layers, images) for images in eval_splits],
        )
        if len(numbers) > 1:
            self.parallel = tuple(numbers)
            self.thresholds = (None,) * len(numbers)
        else:
            self.layer = numbers[0]
        self._rule, self._layers, self._numbers = rule, layers, numbers
        self._ridges, self._context = ridges, context
        self._choosing = eval_splits[-1] if len(ridges) > 1 else None
        self._images = context.train_inputs(phase, self.layer or 0)
        self._equations = [
            NormalEquations(layers[number - 1].outputs, context.network.classes, context.device)
            for number in numbers
        ]
        self._errors = [0.0] * len(numbers)

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's augmentation; before the first one, set batch normalisation."""
        self._images.begin_epoch(epoch)
        if epoch == 1:  # again on resuming, to the same bits
            some = self._context.train.part(0, MEASURED_IMAGES)
            for number in self._numbers:
                set_batch_normalisation(self._context.network, number, some)

    @property
    def parts(self) -> Sequence[object]:
        """The rule and its layers."""
        return (self._rule, *self._layers)

    @torch.no_grad()
    def compute(self, index_B: Tensor) -> None:
        """Add the images at `index_B`."""
        with timed(self._context.data_clock):
            x_BD, labels_B = self._images.inputs(index_B), self._images.images.labels_N[index_B]
        y_BC = one_hot(labels_B, self._context.network.classes).float()
        for equations, z_BH in zip(self._equations, self._activities(x_BD), strict=True):
            equations.add(z_BH, y_BC)

    @torch.no_grad()
    def means(self) -> EpochMeans:
        """Solve the readouts: their mean squared error over all images so far, summed over labels
        and layers.
        """
        for place, (number, equations) in enumerate(
            zip(self._numbers, self._equations, strict=True)
        ):
            self._errors[place] = self._solve(number, equations)
        return EpochMeans(sum(self._errors))

    def layer_means(self) -> tuple[EpochMeans, ...]:
        """Each layer's mean squared error."""
        return tuple(map(EpochMeans, self._errors)) if self.parallel else ()

    def means_so_far(self) -> tuple[EpochMeans, ...]:
        """None: the readouts are solved for after an epoch."""
        return ()

    def clear(self) -> None:
        """Keep the sums: passes add up."""

    def state(self) -> dict[str, Tensor]:
        """The sums."""
        return {
            f"{number}.{name}": tensor
            for number, equations in zip(self._numbers, self._equations, strict=True)
            for name, tensor in equations.state().items()
        }

    def load(self, state: dict[str, Tensor]) -> None:
        """Restore what `state` returned."""
        for number, equations in zip(self._numbers, self._equations, strict=True):
            prefix = f"{number}."
            equations.load(
                {k.removeprefix(prefix): t for k, t in state.items() if k.startswith(prefix)}
            )

    def _activities(self, x_BD: Tensor) -> list[Tensor]:
        """Activities (B, H) of the layers whose readouts are solved."""
        network = self._context.network
        x = network.layers[0].encode(x_BD)
        every = list(forward_layers(self._layers, x, network.neutral(x_BD)))
        return [every[number - 1] for number in self._numbers]

    def _solve(self, number: int, equations: NormalEquations) -> float:
        """Give layer `number` its readout: its mean squared error."""
        readout, best, chosen = self._rule.readouts[number - 1], -1.0, None
        for ridge in self._ridges:
            fit = equations.solve(ridge)
            readout.take(fit)
            right = self._right_share(number) if self._choosing is not None else 0.0
            if right > best:
                chosen, best = fit, right
        assert chosen is not None
        readout.take(chosen)
        return chosen.squared_error

    def _right_share(self, number: int) -> float:
        """Share of the validation images that the readout of layer `number` labels rightly."""
        assert self._choosing is not None
        layers = self._layers[:number]
        return self._rule.score(layers, self._choosing).layer_accuracies[number - 1]


@torch.no_grad()
def set_batch_normalisation(network: Network, number: int, images: Images) -> None:
    """Give the batch normalisation of layer `number` (from 1), if it has one, the mean and variance
    of its inputs over `images`: nothing else would, where layers do not learn.
    """
    layers = network.layers[:number]
    norms = [each for each in layers[-1].modules() if isinstance(each, nn.BatchNorm2d)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over batches
    network.eval()
    layers[-1].train()
    for part in images.parts(MEASURED_AT_ONCE):
        _run_through(layers, part.inputs(slice(None)), network)
    network.eval()
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def _run_through(layers: Sequence[Layer], x_BD: Tensor, network: Network) -> None:
    labels_B = network.neutral(x_BD)
    for layer in layers:
        x_BD = layer(x_BD, labels_B)
