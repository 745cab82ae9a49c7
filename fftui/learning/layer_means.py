"""The events that state an epoch of each layer where several learn at once, and of each layer that
learns what an epoch that takes long has brought so far.
"""

import math
from collections.abc import Iterator, Mapping

from fftui import events as ev
from fftui.learning.rules.phase_rule import StageTrainer
from fftui.learning.unit_shares import UnitShares

SO_FAR_EVERY_S = 5.0  # of learning: on a GPU each look waits for the batches that were issued


def layer_means(
    phase: int, epoch: int, trainer: StageTrainer, shares: Mapping[int, UnitShares]
) -> Iterator[ev.LayerMeans]:
    """The means of each layer that learns beside others; of those that learned in this epoch."""
    if not trainer.parallel:
        return
    of_layers = zip(trainer.parallel, trainer.layer_means(), trainer.thresholds, strict=True)
    for layer, means, threshold in of_layers:
        if means is None:
            continue
        units = shares.get(layer)
        yield ev.LayerMeans(
            phase=phase,
            layer=layer,
            epoch=epoch,
            loss=means.loss,
            goodness_positive=means.goodness_positive,
            goodness_negative=means.goodness_negative,
            threshold=threshold,
            dead_units=None if units is None else units.dead,
            always_on_units=None if units is None else units.always_on,
        )


class SoFar:
    """States what an epoch has brought so far, every `SO_FAR_EVERY_S` seconds of it."""

    def __init__(self) -> None:
        self._looked_s = 0.0

    def is_due(self, epoch_s: float) -> bool:
        """Whether to look, `epoch_s` seconds after the beginning of the epoch."""
        if epoch_s < self._looked_s:  # of another epoch
            self._looked_s = 0.0
        if epoch_s - self._looked_s < SO_FAR_EVERY_S:
            return False
        self._looked_s = epoch_s
        return True


def means_so_far(trainer: StageTrainer, step: ev.Stepped) -> Iterator[ev.MeansSoFar]:
    """The means of each layer that learns, after `step`; waits for the device."""
    for layer, means in zip(
        trainer.parallel or (trainer.layer,), trainer.means_so_far(), strict=False
    ):
        if means is None or not math.isfinite(means.loss):
            continue
        yield ev.MeansSoFar(
            phase=step.phase,
            layer=layer,
            epoch=step.epoch,
            step=step.step,
            steps=step.steps,
            loss=means.loss,
            goodness_positive=means.goodness_positive,
            goodness_negative=means.goodness_negative,
        )
