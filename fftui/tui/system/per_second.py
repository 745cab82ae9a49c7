"""`PerSecondMax`: the highest value of each metric in each of the newest seconds of a run."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from fftui.events import StageKey, TelemetrySampled
from fftui.runs.history import METRICS
from fftui.runs.view import RunView

SECONDS_KEPT = 600  # wider than any screen


@dataclass
class Second:
    """The samples of one second: their first stage, their number, and the highest value of each
    metric.
    """

    stage: StageKey
    samples: int = 0
    highest: list[float | None] = field(default_factory=lambda: [None] * len(METRICS))

    def add(self, sample: TelemetrySampled) -> None:
        """Add one sample."""
        self.samples += 1
        for index, metric in enumerate(METRICS):
            value = getattr(sample, metric)
            known = self.highest[index]
            if value is not None and math.isfinite(value) and (known is None or value > known):
                self.highest[index] = value


class PerSecondMax:
    """The newest seconds of a run, oldest first, counted from the first sample, so that full
    seconds never change.
    """

    def __init__(self) -> None:
        self._all: deque[Second] = deque(maxlen=SECONDS_KEPT)
        self._added = 0

    def add_samples(self, view: RunView) -> None:
        """Add the samples of `view` that were not added before."""
        if view.history.samples < self._added:  # another run, or one that was restarted
            self._all.clear()
            self._added = 0
        new = view.history.samples - self._added
        self._added = view.history.samples
        per_second = _samples_per_second(view)
        for sample in view.telemetry[-new:] if new else ():
            if not self._all or self._all[-1].samples >= per_second:
                self._all.append(Second((sample.phase, sample.layer)))
            self._all[-1].add(sample)

    @property
    def stages(self) -> list[StageKey]:
        """The stage at the beginning of each second."""
        return [second.stage for second in self._all]

    def highest(self, metric: str, newest: int) -> Sequence[float | None]:
        """The highest value of `metric` in each of the `newest` seconds."""
        index = METRICS.index(metric)
        first = len(self._all) - newest
        return [second.highest[index] for number, second in enumerate(self._all) if number >= first]


def _samples_per_second(view: RunView) -> int:
    hz = view.machine.hz if view.machine else 1.0
    return max(1, round(hz)) if math.isfinite(hz) else 1
