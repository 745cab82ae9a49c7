"""Local losses: functions of a layer's goodness for positive and negative data.

A loss takes g⁺ and g⁻ and returns its value, a scalar tensor:

    @loss("margin")
    def margin(positive_B, negative_B, *, margin=1.0):
        return (margin - positive_B + negative_B).relu().mean()

Autograd finds its gradient, unless it is a `closed_form_loss`, which returns a `LossGrad`. Keyword
parameters are the loss's options: an experiment's phase gives them, by its fields of the same name
(`threshold`, `sharpness`) or in `loss_options`. Goodness is (B,), or (B, P) where positions of a
layer have a goodness of their own: then the mean is over positions too.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, cat
from torch.nn import functional

from fftui.experiment.choices import add_choice
from fftui.learning.registry import Registry


@dataclass(frozen=True)
class LossGrad:
    """Value of a loss (a scalar tensor) and ∂L/∂g for the stacked goodness, positive first: (2B,)
    or (2B, P).
    """

    value: Tensor
    grad_2B: Tensor


BoundLoss = Callable[[Tensor, Tensor], LossGrad]  # a loss with its options


@dataclass(frozen=True)
class Loss:
    """A loss by its name, with its options: the default of each, None where it has none."""

    name: str
    function: Callable[..., LossGrad]
    options: Mapping[str, float | None]

    def bind(self, options: Mapping[str, float]) -> BoundLoss:
        """The loss with these options, which an experiment has checked (`Named.problems`)."""
        return partial(self.function, **options)


LOSSES: Registry[Loss] = Registry("loss")

Value = Callable[..., Tensor]
ClosedForm = Callable[..., LossGrad]


def loss(name: str) -> Callable[[Value], Value]:
    """Register a function that returns the value of a loss; autograd finds the gradient."""

    def register(function: Value) -> Value:
        _add(Loss(name, _ByAutograd(function), _options(function)))
        return function

    return register


def closed_form_loss(name: str) -> Callable[[ClosedForm], ClosedForm]:
    """Register a function that returns a loss and its gradient."""

    def register(function: ClosedForm) -> ClosedForm:
        _add(Loss(name, function, _options(function)))
        return function

    return register


def _add(made: Loss) -> None:
    """Make the loss known to learning, and its name and options to experiments."""
    LOSSES.add(made.name, made)
    required = tuple(name for name, default in made.options.items() if default is None)
    add_choice("loss", made.name, tuple(made.options), required)


def _options(function: Callable[..., object]) -> dict[str, float | None]:
    parameters = inspect.signature(function).parameters.values()
    return {
        each.name: None if each.default is each.empty else each.default
        for each in parameters
        if each.kind is each.KEYWORD_ONLY
    }


@dataclass(frozen=True)
class _ByAutograd:
    """A loss of its value alone."""

    function: Value

    def __call__(self, positive_B: Tensor, negative_B: Tensor, **options: float) -> LossGrad:
        with torch.enable_grad():
            positive_B = positive_B.detach().requires_grad_()
            negative_B = negative_B.detach().requires_grad_()
            value = self.function(positive_B, negative_B, **options)
            gradients = torch.autograd.grad(value, (positive_B, negative_B), materialize_grads=True)
        return LossGrad(value.detach(), cat(gradients))


@closed_form_loss("softplus")
def softplus(positive_B: Tensor, negative_B: Tensor, *, threshold: float) -> LossGrad:
    """The mean of log(1 + exp(θ − g⁺)) and log(1 + exp(g⁻ − θ)) over all 2B (the paper, section
    2.3).

    It is −log p(positive) with p = σ(g − θ) for positive data, −log(1 − p) for negative data
    (Hinton 2022, eq. 1).
    """
    excess_2B = cat((threshold - positive_B, negative_B - threshold))
    grad_2B = excess_2B.sigmoid().div_(excess_2B.numel())
    grad_2B[: len(positive_B)].neg_()
    return LossGrad(functional.softplus(excess_2B).mean(), grad_2B)


@closed_form_loss("swish")
def swish(positive_B: Tensor, negative_B: Tensor, *, sharpness: float) -> LossGrad:
    """The mean over pairs of u σ(u) with u = −α (g⁺ − g⁻), α the `sharpness`; there is no
    threshold.

    A pair loss as SymBa's (Lee & Song 2023), with Swish for softplus: pairs are held where g⁺ − g⁻
    is 1.28 / α, and those far beyond have no gradient.
    """
    u_B = (negative_B - positive_B).mul_(sharpness)
    p_B = u_B.sigmoid()
    grad_B = (1 + u_B * (1 - p_B)).mul_(p_B).mul_(sharpness / u_B.numel())
    return LossGrad((u_B * p_B).mean(), cat((-grad_B, grad_B)))


@closed_form_loss("symba")
def symba(positive_B: Tensor, negative_B: Tensor, *, sharpness: float) -> LossGrad:
    """The mean over pairs of log(1 + exp(−α (g⁺ − g⁻))), α the `sharpness` (SymBa, Lee & Song 2023,
    eq. 3).
    """
    u_B = (negative_B - positive_B).mul_(sharpness)
    grad_B = u_B.sigmoid().mul_(sharpness / u_B.numel())
    return LossGrad(functional.softplus(u_B).mean(), cat((-grad_B, grad_B)))
