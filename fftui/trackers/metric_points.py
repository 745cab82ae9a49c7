"""Events as points of named curves: what a tracker draws."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from fftui import events as ev
from fftui.events import StageKey

OF_MEANS = ("loss", "goodness_positive", "goodness_negative")
OF_EPOCHS = (*OF_MEANS, "samples_per_s", "epoch_s", "compute_s", "data_s")
MACHINE = "machine/"  # curves over seconds; all others are over optimiser steps
Key = TypeVar("Key")


@dataclass(frozen=True)
class MetricPoint:
    """A value of the curve `name` at `step`: optimiser steps of the whole run, of `machine/` whole
    seconds since its start; and when it was stated, Unix seconds.
    """

    name: str
    step: int
    at: float
    value: float


@dataclass
class MetricPoints:
    """Makes points of a run's events, one after another."""

    _began_at: float | None = None
    _steps: dict[StageKey, int] = field(default_factory=dict)  # the last of each stage
    _means: list[ev.LayerMeans] = field(default_factory=list)  # of the epoch that is to finish

    def of(self, at: float, event: ev.Event) -> Iterator[MetricPoint]:
        """The points of an event that was stated at Unix time `at`; none of what is not finite."""
        self._began_at = at if self._began_at is None else self._began_at
        step, found = self._found(at, event)
        for name, value in found.items():
            if value is not None and math.isfinite(value):
                yield MetricPoint(name, step, at, float(value))

    @property
    def done(self) -> int:
        """Optimiser steps of all stages so far."""
        return sum(self._steps.values())

    def _found(self, at: float, event: ev.Event) -> tuple[int, Mapping[str, float | None]]:
        """The step and the values by curve."""
        match event:
            case ev.LayerMeans():
                self._means.append(event)
            case ev.EpochFinished():
                means, self._means = self._means, []
                self._steps[event.phase, event.layer] = event.step
                return self.done, _of_epoch(event, means)
            case ev.Evaluated():
                return self.done, _of_evaluation(event)
            case ev.LayerFinished():
                stage = _stage(event.phase, event.layer)
                memory = event.peak_memory_bytes
                found = {f"layer_s/{stage}": event.layer_s, f"peak_memory_bytes/{stage}": memory}
                return self.done, found
            case ev.TelemetrySampled():
                return int(at - (self._began_at or at)), _of_sample(event)
        return 0, {}


def latest(points: Iterable[MetricPoint]) -> list[MetricPoint]:
    """The points in order without those that a resumed run has stated again: the later counts."""
    return list({(each.name, each.step): each for each in points}.values())


def _of_epoch(
    event: ev.EpochFinished, means: Iterable[ev.LayerMeans]
) -> Mapping[str, float | None]:
    stage = _stage(event.phase, event.layer)
    found = {f"{name}/{stage}": getattr(event, name) for name in OF_EPOCHS}
    found[f"train_accuracy/{stage}"] = event.accuracy
    for each in means:
        own = _stage(each.phase, each.layer)
        found |= {f"{name}/{own}": getattr(each, name) for name in OF_MEANS}
    return found


def _of_evaluation(event: ev.Evaluated) -> Mapping[str, float | None]:
    prefix = "final_" if event.final else ""
    found = {f"{prefix}accuracy/{event.split}": event.accuracy}
    for layer, accuracy in enumerate(event.layer_accuracies, 1):
        found[f"{prefix}layer_accuracy/{event.split}-layer-{layer}"] = accuracy
    if event.head_accuracy is not None:
        found[f"{prefix}head_accuracy/{event.split}"] = event.head_accuracy
    return dict(found)


def _of_sample(event: ev.TelemetrySampled) -> Mapping[str, float | None]:
    values = {name: getattr(event, name) for name in ev.METRICS}
    return {
        f"{MACHINE}{name}": value
        for name, value in values.items()
        if isinstance(value, int | float)
    }


def _stage(phase: int, layer: int | None) -> str:
    return f"phase-{phase}-" + ("network" if layer is None else f"layer-{layer}")
