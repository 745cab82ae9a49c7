"""Counts which units of a layer are active on images.

Letters in shapes: N rows (images with a label), H activities, U units (channels of a convolution),
P positions of a unit.
"""

import math

import torch
from torch import Tensor

from fftui.network_report import UnitActivity


class UnitTally:
    """Counts over batches of activities of a layer whose activities have `shape`."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._units = shape[0]
        self._positions = math.prod(shape[1:])
        self._is_image = len(shape) > 1
        self._active_U = torch.zeros(self._units, dtype=torch.int64)
        # the sum over rows with true labels of a unit's mean activity
        self._mean_U = torch.zeros(self._units, dtype=torch.float64)
        self._active_true = self._rows_true = self._rows = 0

    def add(self, z_NH: Tensor, is_true_N: Tensor) -> None:
        """Count activities (N, H); `is_true_N` says which rows have their image's true label."""
        active_NU = (z_NH > 0).view(len(z_NH), self._units, -1).sum(2)
        self._active_U += active_NU.sum(0).cpu()
        self._active_true += int(active_NU[is_true_N].sum())
        self._rows += len(z_NH)
        self._rows_true += int(is_true_N.sum())
        by_unit_NU = z_NH[is_true_N].view(-1, self._units, self._positions).float().mean(2)
        self._mean_U += by_unit_NU.sum(0, dtype=torch.float64).cpu()

    def report(self) -> UnitActivity:
        """Dead and always-on units, and the shares that are active."""
        every = self._rows * self._positions
        wrong_rows = self._rows - self._rows_true
        active_wrong = int(self._active_U.sum()) - self._active_true
        activities = self._units * self._positions
        return UnitActivity(
            kind="channels" if self._is_image else "units",
            units=self._units,
            dead=tuple((self._active_U == 0).nonzero()[:, 0].tolist()),
            always_on=tuple((self._active_U == every).nonzero()[:, 0].tolist()),
            active_positive=self._active_true / max(1, self._rows_true * activities),
            active_negative=active_wrong / (wrong_rows * activities) if wrong_rows else None,
        )

    def most_active(self) -> list[int]:
        """The units' numbers, from the greatest mean activity with true labels to the least."""
        return self._mean_U.nan_to_num(0, 0, 0).argsort(descending=True, stable=True).tolist()
