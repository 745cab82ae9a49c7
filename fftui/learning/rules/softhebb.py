"""SoftHebb (Journé et al. 2023, arXiv 2209.11883): units compete for each input by a softmax; the
winner learns it by Hebb's rule, the others unlearn it. Unsupervised, local, no loss.

With u the activities of K units (of a linear layer: the weighted inputs), y = softmax(β u), and y
negative for all but the greatest u, a batch changes the weights w of unit k by

    Δw = Σ y (x − u w)

summed over its images and, in a convolution, over positions. As the authors' code has it, Δw is
divided by its largest entry in the layer, and a unit's rate is times | ‖w‖ − 1 | to a power.

Letters in shapes: N images, K units or channels, P positions (1 of a fully connected layer).
"""

from functools import partial

import torch
from torch import Tensor, nn

from fftui import experiment as ex
from fftui.learning.objective import Objective, ObjectiveValue
from fftui.learning.rules.layer_schedule import LayerSchedule
from fftui.learning.rules.phase_rule import TrainContext
from fftui.learning.rules.unlabelled_rule import UnlabelledRule

SMALLEST_CHANGE, SMALLEST_DISTANCE = 1e-30, 1e-10  # added, as in the published code


def softhebb(phase: ex.SoftHebb, number: int, context: TrainContext) -> LayerSchedule:
    """The rule for `phase`, the experiment's `number`-th."""
    return LayerSchedule(phase, number, context, partial(SoftHebbRule, phase, context))


class SoftHebbRule(UnlabelledRule):
    """Each layer's units compete; only their weights change."""

    static_labels = True

    def __init__(self, phase: ex.SoftHebb, context: TrainContext, layer: int) -> None:
        del layer  # nothing is drawn
        super().__init__(phase.rule, context)
        self._phase = phase
        layers = context.network.layers
        self._competitions = [
            Competition(layer.shape[0], sharpness)
            for layer, sharpness in zip(
                layers, ex.for_layers(phase.inverse_temperature, len(layers)), strict=True
            )
        ]

    def labels(self, index_B: Tensor, class_probs_BC: Tensor | None) -> tuple[Tensor, ...]:
        """The neutral label (B,): no label goes in."""
        del class_probs_BC
        return (self._context.network.neutral(index_B),)

    def objective(self, number: int, index_B: Tensor) -> Objective:
        """The competition of the layer's units."""
        del index_B
        return self._competitions[number - 1]

    def parameters(self, number: int) -> tuple[nn.Parameter, ...]:
        """The weights of the layer's units."""
        return (self._units(number)[0],)

    @torch.no_grad()
    def begin(self, number: int) -> None:
        """Give each unit's weights the norm that the phase asks for."""
        if self._phase.weight_norm is not None:
            weight, axis = self._units(number)
            weight.mul_(self._phase.weight_norm / _norms(weight, axis).clamp(min=SMALLEST_CHANGE))

    @torch.no_grad()
    def finish_gradients(self, number: int) -> None:
        """Make −Σ y x, which the layer has set, −Δw, scaled."""
        weight, axis = self._units(number)
        assert weight.grad is not None
        yu_K = self._competitions[number - 1].yu_K
        weight.grad.addcmul_(weight, yu_K.to(weight.dtype).view(_along(weight, axis)))
        weight.grad.div_(weight.grad.abs().max() + SMALLEST_CHANGE)
        if self._phase.norm_power:
            distance = (_norms(weight, axis) - 1).abs() + SMALLEST_DISTANCE
            weight.grad.mul_(distance**self._phase.norm_power)

    def label_goodness(self, number: int, z_NH: Tensor, labels_N: Tensor) -> Tensor:
        """The activity (N,) of the winners, whatever the label."""
        del labels_N
        return self._competitions[number - 1].units(z_NH).amax(1).mean(1)

    def _units(self, number: int) -> tuple[nn.Parameter, int]:
        found = self._context.network.layers[number - 1].unit_weights()
        assert found is not None  # asked of the description
        return found


class Competition:
    """Gives −y as the gradient of the activities, so that the layer's own product makes −Σ y x of
    it, and keeps Σ y u of each unit (K,) in `yu_K`.

    Its loss is the mean of −log y of the winner: 0 where one unit takes all. Its goodness is the
    winner's activity, then the mean of the others.
    """

    def __init__(self, units: int, sharpness: float) -> None:
        self._units = units
        self._sharpness = sharpness
        self.yu_K = torch.zeros(units)

    def units(self, z_NH: Tensor) -> Tensor:
        """Activities by unit and position (N, K, P), at least in float32."""
        wide_NH = z_NH.to(torch.promote_types(z_NH.dtype, torch.float32))
        return wide_NH.view(len(z_NH), self._units, -1)

    @torch.no_grad()
    def __call__(self, z_NH: Tensor) -> ObjectiveValue:
        """The competition for the inputs of a batch."""
        u_NKP = self.units(z_NH)
        minus_y_NKP = (u_NKP * self._sharpness).softmax(1)
        winner_N1P = u_NKP.argmax(1, keepdim=True)
        share_N1P = minus_y_NKP.gather(1, winner_N1P)
        minus_y_NKP.scatter_(1, winner_N1P, -share_N1P)
        self.yu_K = -(minus_y_NKP * u_NKP).sum((0, 2))
        top_N1P = u_NKP.gather(1, winner_N1P)
        others_NP = (u_NKP.sum(1) - top_N1P[:, 0]) / max(1, self._units - 1)
        return ObjectiveValue(
            -share_N1P.log().mean(),
            torch.cat((top_N1P[:, 0].mean(1), others_NP.mean(1))),
            z_NH,
            minus_y_NKP.flatten(1),
        )


def _norms(weight: Tensor, axis: int) -> Tensor:
    """The norm of each unit's weights, to be broadcast over them."""
    others = [each for each in range(weight.ndim) if each != axis]
    norms: Tensor = torch.linalg.vector_norm(weight, dim=others, keepdim=True)
    return norms


def _along(weight: Tensor, axis: int) -> list[int]:
    """The shape in which a number a unit is broadcast over the weights."""
    return [-1 if each == axis else 1 for each in range(weight.ndim)]
