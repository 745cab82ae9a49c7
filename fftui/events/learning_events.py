"""Events of learning: phases, layers, epochs and steps, and where numbers are no longer finite."""

from dataclasses import dataclass

from fftui.events.event import Event
from fftui.events.field_types import Amount, Count, Flag, Fraction, Ordinal, Real


@dataclass(frozen=True)
class PhaseStarted(Event, kind="phase-started"):
    """A phase, learning by one rule, begins."""

    phase: Ordinal
    rule: str
    epochs: Count


@dataclass(frozen=True)
class LayerStarted(Event, kind="layer-started"):
    """A layer begins to learn; `layer` is None where all layers learn together.

    `parallel` then lists the layers that learn by an objective of their own; under backprop it is
    empty.
    """

    phase: Ordinal
    layer: Ordinal | None
    epochs: Count
    threshold: Real | None
    parallel: tuple[Ordinal, ...] = ()


@dataclass(frozen=True)
class Stepped(Event, kind="stepped"):
    """One optimiser step was issued; `done` of `total` steps of the whole run are done."""

    phase: Ordinal
    layer: Ordinal | None
    epoch: Ordinal
    step: Ordinal  # within the epoch, from 1
    steps: Ordinal  # in the epoch
    done: Ordinal
    total: Ordinal
    samples_per_s: Amount | None

    def contradiction(self) -> str | None:
        """More steps done than there are."""
        if self.step > self.steps:
            return f"step is {self.step} of {self.steps}"
        return f"done is {self.done} of {self.total}" if self.done > self.total else None


@dataclass(frozen=True)
class MeansSoFar(Event, kind="means-so-far"):
    """Mean loss and goodness of a layer (or of the network, where `layer` is None) over the images
    of an epoch so far, after `step` of its `steps`: stated every few seconds of an epoch that takes
    long.
    """

    phase: Ordinal
    layer: Ordinal | None
    epoch: Ordinal
    step: Ordinal
    steps: Ordinal
    loss: Real
    goodness_positive: Real | None
    goodness_negative: Real | None

    def contradiction(self) -> str | None:
        """More steps done than the epoch has."""
        return f"step is {self.step} of {self.steps}" if self.step > self.steps else None


@dataclass(frozen=True)
class LayerMeans(Event, kind="layer-means"):
    """Mean loss and goodness of one of several parallel layers in an epoch, and shares of its
    units; precedes the epoch's `EpochFinished`, which says what these are.
    """

    phase: Ordinal
    layer: Ordinal
    epoch: Ordinal
    loss: Real
    goodness_positive: Real | None
    goodness_negative: Real | None
    threshold: Real | None
    dead_units: Fraction | None = None
    always_on_units: Fraction | None = None


@dataclass(frozen=True)
class EpochFinished(Event, kind="epoch-finished"):
    """One epoch of a layer (or of the network, where `layer` is None) is over.

    Where layers learn in parallel `loss` is the sum of their losses, and `LayerMeans` gives those
    of each layer.

    `step` counts optimiser steps since the layer started. `epoch_s` is wall time, `compute_s` time
    on the device without `data_s`, the time for sampling, moving and selecting the images of the
    batches. `accuracy` is that of the layers learned so far on the measured training images, None
    if this epoch measured none. `dead_units` and `always_on_units` are shares of the units of the
    layers that learn: never, and always, active on a few of these images.
    """

    phase: Ordinal
    layer: Ordinal | None
    epoch: Ordinal
    step: Count
    loss: Real
    goodness_positive: Real | None
    goodness_negative: Real | None
    threshold: Real | None
    accuracy: Fraction | None
    samples_per_s: Amount
    epoch_s: Amount
    compute_s: Amount
    data_s: Amount | None = None
    dead_units: Fraction | None = None
    always_on_units: Fraction | None = None


@dataclass(frozen=True)
class LayerFinished(Event, kind="layer-finished"):
    """A layer has finished learning; `skipped`: the user ended it before its last epoch,
    `stopped_early`: validation accuracy gained no more, `out_of_time`: its share of `budget_s` was
    used up.

    Where validation images are looked at, `best_epoch` is the first with the highest accuracy on
    them; `kept_best`: its weights are those that the layer ends with.

    `peak_memory_bytes` is the most memory held while it was prepared and learned, since the
    session began if that was later: by torch's tensors on a GPU, else resident memory of the
    process (Linux only).
    """

    phase: Ordinal
    layer: Ordinal | None
    epochs: Count
    layer_s: Amount
    skipped: Flag
    peak_memory_bytes: Count | None = None
    stopped_early: Flag = False
    best_epoch: Ordinal | None = None
    best_accuracy: Fraction | None = None
    kept_best: Flag = False
    out_of_time: Flag = False

    @property
    def ended_early(self) -> bool:
        """Whether it ended before its last epoch."""
        return self.skipped or self.stopped_early or self.out_of_time

    @property
    def text(self) -> str:
        """How it ended, after how many epochs, and what was best."""
        said = f"{self._end} after {self.epochs} epochs"
        if self.best_epoch is None or self.best_accuracy is None:
            return said
        kept = ", whose weights are kept" if self.kept_best else ""
        return f"{said}; validation best after epoch {self.best_epoch}{kept}"

    @property
    def _end(self) -> str:
        if self.skipped:
            return "skipped"
        if self.stopped_early:
            return "stopped early"
        return "out of time" if self.out_of_time else "learned"


@dataclass(frozen=True)
class LayerDiverged(Event, kind="layer-diverged"):
    """The loss or the weights of a layer (or of the network, where `layer` is None) are no finite
    numbers: it ends, and the run with it.

    That was seen in `epoch`, after `step` optimiser steps since the stage started. The weights are
    again as after `kept_epochs` epochs of the stage; None where no good ones are left.
    """

    phase: Ordinal
    layer: Ordinal | None
    epoch: Ordinal
    step: Count
    kept_epochs: Count | None
    advice: str

    @property
    def text(self) -> str:
        """Where it diverged, what is left of it and what to try."""
        who = "the network" if self.layer is None else f"layer {self.layer}"
        kept = (
            "no good weights are left"
            if self.kept_epochs is None
            else f"kept the weights after epoch {self.kept_epochs}"
            if self.kept_epochs
            else "kept the weights from before its first epoch"
        )
        return (
            f"{who} diverged in phase {self.phase}, epoch {self.epoch}, by step {self.step}: its"
            f" loss or its weights are no finite numbers; {kept}; {self.advice}"
        )
