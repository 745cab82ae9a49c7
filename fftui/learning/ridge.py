"""Ridge regression in one pass over the images: sums of products, and what is solved from them.

Letters in shapes: B images, D features, C targets.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

BLOCK = 1024  # columns of a product; what lies above the blocks of the diagonal is never computed
FLOOR = 0.01  # of a feature's variance, as a share of the mean over features: some are always off
TRIES = 8  # strengths of the regulariser, each ten times the last


@dataclass(frozen=True)
class Fit:
    """A linear map x W + b, its mean squared error over what was added, summed over targets, and
    the strength of the regulariser.
    """

    weight_DC: Tensor
    bias_C: Tensor
    squared_error: float
    ridge: float


class NormalEquations:
    """Sums over images of x xᵗ, x yᵗ, x, y and yᵗ y: D² numbers, however many images there are.

    Features are counted from the mean of the first images added, `origin`: float32 would lose the
    small variance of a feature beside its large mean.
    """

    def __init__(self, features: int, targets: int, device: torch.device) -> None:
        def zeros(*shape: int) -> Tensor:
            return torch.zeros(shape, device=device)

        self._sums = {
            "xx": zeros(features, features),  # the lower triangle, in blocks
            "xy": zeros(features, targets),
            "x": zeros(features),
            "y": zeros(targets),
            "yy": zeros(),
            "images": zeros(),
            "origin": zeros(features),
        }
        self._is_empty = True

    def add(self, x_BD: Tensor, y_BC: Tensor) -> None:
        """Add the features and targets of some images."""
        sums, x_BD = self._sums, x_BD.float()
        if self._is_empty:
            sums["origin"].copy_(x_BD.mean(0))
            self._is_empty = False
        x_BD = x_BD - sums["origin"]
        for left in range(0, x_BD.shape[1], BLOCK):
            columns = slice(left, left + BLOCK)
            sums["xx"][left:, columns].addmm_(x_BD[:, left:].t(), x_BD[:, columns])
        sums["xy"].addmm_(x_BD.t(), y_BC)
        sums["x"] += x_BD.sum(0)
        sums["y"] += y_BC.sum(0)
        sums["yy"] += y_BC.square().sum()
        sums["images"] += len(x_BD)

    def solve(self, ridge: float) -> Fit:
        """The W and b of least mean squared error plus Σ `ridge` · variance of each feature · W²:
        ridge regression on standardised features. Waits for the device.

        A larger regulariser is taken where float32 finds the matrix not positive definite.
        """
        sums, count = self._sums, self._sums["images"].clamp(min=1)
        mean_D, mean_C = sums["x"] / count, sums["y"] / count
        cross_DC = sums["xy"] / count - mean_D[:, None] * mean_C
        variance_D = sums["xx"].diagonal() / count - mean_D.square()
        penalty_D = variance_D.clamp(min=FLOOR * float(variance_D.mean()))
        for strength in (ridge * 10.0**step for step in range(TRIES)):
            matrix_DD = (sums["xx"] / count).addr_(mean_D, mean_D, alpha=-1)
            matrix_DD.diagonal().add_(penalty_D, alpha=strength)
            factor_DD, failed = torch.linalg.cholesky_ex(matrix_DD)
            if not failed:
                break
        weight_DC = torch.cholesky_solve(cross_DC, factor_DD)
        # (S + ridge V) W = C, so that Wᵗ S W needs no product with S
        penalty = strength * (penalty_D[:, None] * weight_DC.square()).sum()
        spread = sums["yy"] / count - mean_C.square().sum()
        error = float(spread - (weight_DC * cross_DC).sum() - penalty)
        bias_C = mean_C - (sums["origin"] + mean_D) @ weight_DC
        return Fit(weight_DC, bias_C, error, strength)

    def state(self) -> dict[str, Tensor]:
        """The sums, for a checkpoint."""
        return dict(self._sums)

    def load(self, state: dict[str, Tensor]) -> None:
        """Restore what `state` returned."""
        for name, tensor in self._sums.items():
            tensor.copy_(state[name])
        self._is_empty = not bool(self._sums["images"])
