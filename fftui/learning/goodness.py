"""Goodness: a number for how active a layer is (Hinton 2022, section 2; the paper, section 2.3).

    @goodness("max-square")
    def max_square(z_NH):
        return z_NH.square().amax(1)

Autograd finds the gradient, unless a `GoodnessFunction` states it in closed form. Letters in
shapes: N rows (images, or images with a label), H activities, P positions with a goodness of their
own (one but for `position-mean-square`), K channels, C classes.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from fftui.experiment.choices import add_choice
from fftui.learning.registry import Registry


class GoodnessFunction(ABC):
    """A kind of goodness for layers whose activities have `shape`: (H,) or (channels, height,
    width).
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    @property
    def positions(self) -> int:
        """Number of positions P that have a goodness of their own."""
        return 1

    def __call__(self, z_NH: Tensor) -> Tensor:
        """g (N,), the mean over positions."""
        return self.mean(self.terms(z_NH))

    @abstractmethod
    def terms(self, z_NH: Tensor) -> Tensor:
        """The goodness that a loss gets, in float32 or better: (N,), or (N, P) where there are
        several positions.
        """

    @abstractmethod
    def grad(self, z_NH: Tensor, grad: Tensor) -> Tensor:
        """∂L/∂z (N, H) from ∂L/∂g (N,) or (N, P)."""

    def mean(self, terms: Tensor) -> Tensor:
        """g (N,) from `terms`."""
        return terms if terms.ndim == 1 else terms.mean(1)


Value = Callable[[Tensor], Tensor]
GOODNESS: Registry[Callable[[tuple[int, ...]], GoodnessFunction]] = Registry("goodness")


def goodness_for(kind: str, shape: tuple[int, ...]) -> GoodnessFunction:
    """The goodness called `kind` of a layer whose activities have `shape`. Raises ExperimentError
    where there is none.
    """
    return GOODNESS.find(kind)(shape)


def goodness(name: str) -> Callable[[Value], Value]:
    """Register a function of activities (N, H), in float32 or better, that returns goodness (N,);
    autograd finds the gradient.
    """

    def register(function: Value) -> Value:
        GOODNESS.add(name, _Value(function))
        add_choice("goodness", name)
        return function

    return register


Kind = TypeVar("Kind", bound=GoodnessFunction)


def closed_form_goodness(name: str) -> Callable[[type[Kind]], type[Kind]]:
    """Register a kind of goodness that states its gradient."""

    def register(kind: type[Kind]) -> type[Kind]:
        GOODNESS.add(name, kind)
        add_choice("goodness", name)
        return kind

    return register


@dataclass(frozen=True)
class _Value:
    """Makes a goodness of its value alone."""

    function: Value

    def __call__(self, shape: tuple[int, ...]) -> GoodnessFunction:
        return ByAutograd(self.function, shape)


class ByAutograd(GoodnessFunction):
    """Goodness of its value alone."""

    def __init__(self, value: Value, shape: tuple[int, ...]) -> None:
        super().__init__(shape)
        self._value = value

    def terms(self, z_NH: Tensor) -> Tensor:
        """g (N,)."""
        return self._value(_wide(z_NH))

    def grad(self, z_NH: Tensor, grad: Tensor) -> Tensor:
        """∂L/∂z (N, H), by a second pass with autograd."""
        with torch.enable_grad():
            z_NH = z_NH.detach().requires_grad_()
            (grad_NH,) = torch.autograd.grad(self._value(_wide(z_NH)), z_NH, grad)
        return grad_NH


class _SquareGoodness(GoodnessFunction):
    """k Σ z², k the `_scale`."""

    def terms(self, z_NH: Tensor) -> Tensor:
        """g (N,)."""
        return row_norm(z_NH).square_().mul_(self._scale(z_NH))

    def grad(self, z_NH: Tensor, grad: Tensor) -> Tensor:
        """2 k z ∂L/∂g."""
        return z_NH * (grad * (2 * self._scale(z_NH))).to(z_NH.dtype)[:, None]

    @abstractmethod
    def _scale(self, z_NH: Tensor) -> float:
        """The factor k."""


@closed_form_goodness("mean-square")
class MeanSquare(_SquareGoodness):
    """The mean of zⱼ² (what the paper ran)."""

    def _scale(self, z_NH: Tensor) -> float:
        return 1 / z_NH.shape[1]


@closed_form_goodness("sum-square")
class SumSquare(_SquareGoodness):
    """The sum of zⱼ² (what the paper's text says)."""

    def _scale(self, z_NH: Tensor) -> float:
        return 1.0


@closed_form_goodness("mean-activation")
class MeanActivation(GoodnessFunction):
    """The mean of zⱼ."""

    def terms(self, z_NH: Tensor) -> Tensor:
        """g (N,)."""
        return z_NH.mean(1, dtype=_wide_type(z_NH))

    def grad(self, z_NH: Tensor, grad: Tensor) -> Tensor:
        """∂L/∂g / H for every unit."""
        return (grad / z_NH.shape[1]).to(z_NH.dtype)[:, None].expand_as(z_NH).clone()


@closed_form_goodness("position-mean-square")
class PositionMeanSquare(MeanSquare):
    """At each position the mean of z² over the channels (the paper's convolutions)."""

    @property
    def positions(self) -> int:
        """Height times width; one where there are only units."""
        return self.shape[1] * self.shape[2] if len(self.shape) > 1 else 1

    def terms(self, z_NH: Tensor) -> Tensor:
        """g (N, P)."""
        if self.positions == 1:
            return super().terms(z_NH)
        return _wide(self._by_position(z_NH)).square().mean(1)

    def grad(self, z_NH: Tensor, grad: Tensor) -> Tensor:
        """∂L/∂z (N, H) from ∂L/∂g (N, P)."""
        if self.positions == 1:
            return super().grad(z_NH, grad)
        factor_NP = (grad * (2 * self.positions / z_NH.shape[1])).to(z_NH.dtype)
        by_position_NH: Tensor = (self._by_position(z_NH) * factor_NP[:, None]).flatten(1)
        return by_position_NH

    def _by_position(self, z_NH: Tensor) -> Tensor:
        """The activities as (N, K, P)."""
        return z_NH.reshape(len(z_NH), -1, self.positions)


def group_goodness(z_NH: Tensor, classes: int) -> Tensor:
    """Mean square (N, C) of each class's units, in float32 or better; a group is H / C consecutive
    activities.
    """
    each = z_NH.shape[1] // classes
    grouped = z_NH[:, : each * classes].reshape(-1, classes, each)
    wide = torch.promote_types(z_NH.dtype, torch.float32)
    norm_NC: Tensor = torch.linalg.vector_norm(grouped, dim=2, dtype=wide)
    return norm_NC.square() / each  # not in place: autograd may need the norm


def row_norm(x_BD: Tensor) -> Tensor:
    """Euclidean norm (B,) of each row, in float32 or better."""
    norm_B: Tensor = torch.linalg.vector_norm(
        x_BD, dim=1, dtype=torch.promote_types(x_BD.dtype, torch.float32)
    )
    return norm_B


def _wide(z_NH: Tensor) -> Tensor:
    return z_NH.to(_wide_type(z_NH))


def _wide_type(z_NH: Tensor) -> torch.dtype:
    return torch.promote_types(z_NH.dtype, torch.float32)
