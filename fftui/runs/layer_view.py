"""What is shown of a layer of a run: its row of the table, its epochs and its stages."""

import math
from dataclasses import dataclass
from typing import Literal

LayerState = Literal[
    "waiting", "learning", "paused", "interrupted", "learned", "skipped", "diverged"
]


@dataclass(frozen=True)
class EpochView:
    """One epoch of one row of the layer table.

    `accuracy` is that of the network on training images. `epoch_s` is the wall time, `compute_s`
    the time on the device and `data_s` that for the batches' images; parallel layers share all
    three, so they must not be summed over rows.
    """

    phase: int
    epoch: int
    loss: float
    goodness_positive: float | None = None
    goodness_negative: float | None = None
    threshold: float | None = None
    accuracy: float | None = None
    epoch_s: float | None = None
    compute_s: float | None = None
    data_s: float | None = None
    step: int | None = None  # optimiser steps since the stage began

    @property
    def at(self) -> float:
        """Its place among the epochs of its layer."""
        return float(self.epoch)


@dataclass(frozen=True)
class EpochPart:
    """What an epoch under way had brought at a place between two epochs of its layer, such as 2.4:
    means over its images so far.
    """

    at: float
    loss: float
    goodness_positive: float | None
    goodness_negative: float | None


@dataclass(frozen=True)
class Stage:
    """One stage of a run, in which a `layer`, the layers in `parallel` or (where both are empty)
    the network learns.
    """

    phase: int
    layer: int | None
    parallel: tuple[int, ...]
    epochs: int  # planned; after the stage has ended, done
    layer_s: float | None = None  # duration; None until the stage has ended

    @property
    def rows(self) -> tuple[int | None, ...]:
        """The numbers of the rows that learn in this stage."""
        return self.parallel or (self.layer,)


@dataclass(frozen=True)
class LayerView:
    """One row of the layer table. `number` counts from 1; None is the network as a whole
    (backprop).

    `layer_s` is None until the layer has learned, and where it learned in parallel with others (see
    `Stage`).
    """

    number: int | None
    label: str
    state: LayerState = "waiting"
    phase: int | None = None
    epoch: int = 0
    epochs: int = 0
    threshold: float | None = None
    history: tuple[EpochView, ...] = ()
    under_way: tuple[EpochPart, ...] = ()  # of an epoch that takes long, until it is over
    # of this layer's goodness alone, as last measured since it learned
    accuracy: float | None = None
    accuracy_split: str | None = None  # the images it was measured on
    layer_s: float | None = None

    @property
    def last(self) -> EpochView | None:
        """The last finished epoch."""
        return self.history[-1] if self.history else None

    @property
    def newest(self) -> EpochView | EpochPart | None:
        """The newest means: of the epoch under way so far, else of the last finished one."""
        return self.under_way[-1] if self.under_way else self.last

    @property
    def diverged(self) -> bool:
        """Whether its last loss is not a finite number, or it ended for that or for its weights."""
        # a journal in JSON has null for it
        return self.state == "diverged" or (
            self.last is not None
            and not (self.last.loss is not None and math.isfinite(self.last.loss))
        )

    @property
    def separation(self) -> float | None:
        """The newest g⁺ − g⁻: how far apart the layer holds positive and negative data."""
        newest = self.newest
        if newest is None or newest.goodness_positive is None or newest.goodness_negative is None:
            return None
        return newest.goodness_positive - newest.goodness_negative
