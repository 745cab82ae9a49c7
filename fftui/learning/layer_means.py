"""The events that state an epoch of each layer where several learn at once."""

from collections.abc import Iterator, Mapping

from fftui import events as ev
from fftui.learning.rules.phase_rule import StageTrainer
from fftui.learning.unit_shares import UnitShares


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
