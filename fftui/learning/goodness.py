"""Goodness: a number for how active a layer is (Hinton 2022, section 2; the paper, section 2.3).

    @goodness("max-square")
    def max_square(z_NH):
        return z_NH.square().amax(1)

Autograd finds the gradient, unless a `GoodnessFunction` states it in closed form. Letters in
shapes: N rows (images, or images with a label), H activities, P positions with a goodness of their
own (one but for `position-mean-square`), K channels, C classes.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from fftui.experiment.choices import add_choice
from fftui.learning.registry import Registry

FLAT = 2  # dimensions of (N, H)


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

    def arranged(self, z: Tensor) -> Tensor:
        """Activities (N, H) or (N, channels, height, width) as `terms` and `grad` take them: flat,
        unless a kind says that either will do. To flatten what a convolution gives is a copy.
        """
        return z.flatten(1)

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

    def arranged(self, z: Tensor) -> Tensor:
        """As they are."""
        return z

    def terms(self, z: Tensor) -> Tensor:
        """g (N,)."""
        return row_norm(z).square_().mul_(self._scale(z))

    def grad(self, z: Tensor, grad: Tensor) -> Tensor:
        """2 k z ∂L/∂g, of the shape of `z`."""
        return z * _along_rows(grad * (2 * self._scale(z)), z)

    @abstractmethod
    def _scale(self, z: Tensor) -> float:
        """The factor k."""


@closed_form_goodness("mean-square")
class MeanSquare(_SquareGoodness):
    """The mean of zⱼ² (what the paper ran)."""

    def _scale(self, z: Tensor) -> float:
        return 1 / _each(z)


@closed_form_goodness("sum-square")
class SumSquare(_SquareGoodness):
    """The sum of zⱼ² (what the paper's text says)."""

    def _scale(self, z: Tensor) -> float:
        return 1.0


@closed_form_goodness("mean-activation")
class MeanActivation(GoodnessFunction):
    """The mean of zⱼ."""

    def arranged(self, z: Tensor) -> Tensor:
        """As they are."""
        return z

    def terms(self, z: Tensor) -> Tensor:
        """g (N,)."""
        return z.mean(tuple(range(1, z.ndim)), dtype=_wide_type(z))

    def grad(self, z: Tensor, grad: Tensor) -> Tensor:
        """∂L/∂g / H for every unit."""
        return torch.empty_like(z).copy_(_along_rows(grad / _each(z), z))


@closed_form_goodness("position-mean-square")
class PositionMeanSquare(MeanSquare):
    """At each position the mean of z² over the channels (the paper's convolutions)."""

    @property
    def positions(self) -> int:
        """Height times width; one where there are only units."""
        return self.shape[1] * self.shape[2] if len(self.shape) > 1 else 1

    def terms(self, z: Tensor) -> Tensor:
        """g (N, P)."""
        if self.positions == 1:
            return super().terms(z)
        by_position_NKP = self._by_position(z)
        norm_NP: Tensor = torch.linalg.vector_norm(by_position_NKP, dim=1, dtype=_wide_type(z))
        return norm_NP.square_().mul_(self.positions * self._scale(z))

    def grad(self, z: Tensor, grad: Tensor) -> Tensor:
        """∂L/∂z, of the shape of `z`, from ∂L/∂g (N, P)."""
        if self.positions == 1:
            return super().grad(z, grad)
        factor_NP = (grad * (2 * self.positions * self._scale(z))).to(z.dtype)
        return (self._by_position(z) * factor_NP[:, None]).view(z.shape)

    def _by_position(self, z: Tensor) -> Tensor:
        """The activities as (N, K, P)."""
        return z.view(len(z), -1, self.positions)


def group_goodness(z: Tensor, classes: int) -> Tensor:
    """Mean square (N, C) of each class's group, in float32 or better; a group is H / C consecutive
    activities of (N, H) or (N, K, height, width), those left over belong to none.
    """
    if z.ndim > FLAT and has_whole_groups(z, classes):
        norm_NK: Tensor = torch.linalg.vector_norm(z, dim=(2, 3), dtype=_wide_type(z))
        return norm_NK.square().view(len(z), classes, -1).mean(2) / math.prod(z.shape[2:])
    grouped = _flat_groups(z, classes)
    norm_NC: Tensor = torch.linalg.vector_norm(grouped, dim=2, dtype=_wide_type(z))
    return norm_NC.square() / grouped.shape[2]  # not in place: autograd may need the norm


def group_means(z: Tensor, classes: int) -> Tensor:
    """Mean (N, C) of each class's group, likewise."""
    if z.ndim > FLAT and has_whole_groups(z, classes):
        # of channels first: over groups at once it takes three times as long
        sum_NK = z.sum((2, 3), dtype=_wide_type(z))
        return sum_NK.view(len(z), classes, -1).mean(2) / math.prod(z.shape[2:])
    return _flat_groups(z, classes).mean(2, dtype=_wide_type(z))


def has_whole_groups(z: Tensor, classes: int) -> bool:
    """Whether a class's group is as many whole channels (or units) as any other's."""
    return z.shape[1] % classes == 0


def _flat_groups(z: Tensor, classes: int) -> Tensor:
    """The groups' activities (N, C, H / C)."""
    z_NH = z.flatten(1)
    each = z_NH.shape[1] // classes
    return z_NH[:, : each * classes].reshape(-1, classes, each)


def row_norm(x: Tensor) -> Tensor:
    """Euclidean norm (B,) of each row (B, ...), in float32 or better."""
    dims = tuple(range(1, x.ndim))
    norm_B: Tensor = torch.linalg.vector_norm(x, dim=dims, dtype=_wide_type(x))
    return norm_B


def _each(z: Tensor) -> int:
    """The number of activities of a row; rows there may be none."""
    return math.prod(z.shape[1:])


def _along_rows(factor_N: Tensor, z: Tensor) -> Tensor:
    """A factor a row, in the type of `z` and to be broadcast over it."""
    return factor_N.to(z.dtype).view(-1, *[1] * (z.ndim - 1))


def _wide(z_NH: Tensor) -> Tensor:
    return z_NH.to(_wide_type(z_NH))


def _wide_type(z_NH: Tensor) -> torch.dtype:
    return torch.promote_types(z_NH.dtype, torch.float32)
