"""Goodness: how strongly a layer answers (Hinton 2022, section 2; the paper, section 2.3).

Both kinds are g = k · Σⱼ zⱼ² over the H rectified activities of a layer, and so ∂g/∂z = 2 k z.
"""

import torch
from torch import Tensor

from fftui.experiment import Goodness


def goodness_scale(kind: Goodness, units: int) -> float:
    """The factor k: 1/H for `mean-square` (what the paper ran), 1 for `sum-square` (what its text says)."""
    return 1.0 / units if kind == "mean-square" else 1.0


def goodness(z_BH: Tensor, scale: float) -> Tensor:
    """Goodness (B,) of the activities `z_BH`, summed in float32 or better whatever their type."""
    return row_norm(z_BH).square_().mul_(scale)


def row_norm(x_BD: Tensor) -> Tensor:
    """Euclidean norm (B,) of each row, in float32 or better."""
    norm_B: Tensor = torch.linalg.vector_norm(x_BD, dim=1, dtype=torch.promote_types(x_BD.dtype, torch.float32))
    return norm_B
