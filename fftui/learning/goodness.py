"""Goodness: a number for how active a layer is (Hinton 2022, section 2; the paper, section 2.3).

Letters in shapes: N rows (images, or images with a label), H activities, P positions with a
goodness of their own (one but for `position-mean-square`), K channels, C classes.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from fftui.experiment import Goodness


@dataclass(frozen=True)
class GoodnessFunction:
    """A kind of goodness for layers whose activities have `shape`: (H,) or (channels, height,
    width).

    mean-square            mean of zⱼ² (what the paper ran)
    sum-square             sum of zⱼ² (what its text says)
    mean-activation        mean of zⱼ
    position-mean-square   at each position the mean of z² over the channels (the paper's convolutions)
    """

    kind: Goodness
    shape: tuple[int, ...]

    @property
    def positions(self) -> int:
        """Number of positions P that have a goodness of their own."""
        separate = self.kind == "position-mean-square" and len(self.shape) > 1
        return self.shape[1] * self.shape[2] if separate else 1

    def __call__(self, z_NH: Tensor) -> Tensor:
        """g (N,), the mean over positions."""
        return self.mean(self.terms(z_NH))

    def terms(self, z_NH: Tensor) -> Tensor:
        """The goodness that a loss gets, in float32 or better: (N,), or (N, P) where there are
        several positions.
        """
        wide = torch.promote_types(z_NH.dtype, torch.float32)
        if self.kind == "mean-activation":
            return z_NH.mean(1, dtype=wide)
        if self.positions > 1:
            return self._by_position(z_NH).to(wide).square().mean(1)
        return row_norm(z_NH).square_().mul_(self._scale(z_NH))

    def mean(self, terms: Tensor) -> Tensor:
        """g (N,) from `terms`."""
        return terms if terms.ndim == 1 else terms.mean(1)

    def grad(self, z_NH: Tensor, grad: Tensor) -> Tensor:
        """∂L/∂z (N, H) from ∂L/∂g (N,) or (N, P)."""
        if self.kind == "mean-activation":
            return (grad / z_NH.shape[1]).to(z_NH.dtype)[:, None].expand_as(z_NH).clone()
        factor = (grad * (2 * self._scale(z_NH))).to(z_NH.dtype)
        if self.positions > 1:
            by_position_NH: Tensor = (self._by_position(z_NH) * factor[:, None]).flatten(1)
            return by_position_NH
        return z_NH * factor[:, None]

    def _by_position(self, z_NH: Tensor) -> Tensor:
        """The activities as (N, K, P)."""
        return z_NH.reshape(len(z_NH), -1, self.positions)

    def _scale(self, z_NH: Tensor) -> float:
        """The factor k in g = k Σ z²."""
        return 1.0 if self.kind == "sum-square" else self.positions / z_NH.shape[1]


def group_goodness(z_NH: Tensor, classes: int) -> Tensor:
    """Mean square (N, C) of each class's units, in float32 or better; a group is H / C consecutive
    activities.
    """
    each = z_NH.shape[1] // classes
    grouped = z_NH[:, : each * classes].reshape(-1, classes, each)
    wide = torch.promote_types(z_NH.dtype, torch.float32)
    norm_NC: Tensor = torch.linalg.vector_norm(grouped, dim=2, dtype=wide)
    return norm_NC.square_().div_(each)


def row_norm(x_BD: Tensor) -> Tensor:
    """Euclidean norm (B,) of each row, in float32 or better."""
    norm_B: Tensor = torch.linalg.vector_norm(
        x_BD, dim=1, dtype=torch.promote_types(x_BD.dtype, torch.float32)
    )
    return norm_B
