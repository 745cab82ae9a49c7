"""`Seconds`: the newest samples of a run gathered by the second, each looked at once."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from fftui.events import TelemetrySampled
from fftui.runs.history import FIGURES, Place
from fftui.runs.view import RunView

KEPT = 600  # wider than any screen


@dataclass
class Second:
    """The samples of a second: where they began, how many there are, the highest of every figure."""

    place: Place
    samples: int = 0
    highest: list[float | None] = field(default_factory=lambda: [None] * len(FIGURES))

    def take(self, sample: TelemetrySampled) -> None:
        """Add one more."""
        self.samples += 1
        for index, figure in enumerate(FIGURES):
            value = getattr(sample, figure)
            known = self.highest[index]
            if value is not None and math.isfinite(value) and (known is None or value > known):
                self.highest[index] = value


class Seconds:
    """Columns of a strip, oldest first. Seconds are counted from the first sample: a column stays as it is."""

    def __init__(self) -> None:
        self._all: deque[Second] = deque(maxlen=KEPT)
        self._taken = 0

    def take(self, view: RunView) -> None:
        """Take the samples of `view` that were not taken yet."""
        if view.history.samples < self._taken:  # another run, or one that began anew
            self._all.clear()
            self._taken = 0
        new = view.history.samples - self._taken
        self._taken = view.history.samples
        each = _in_a_second(view)
        for sample in view.telemetry[-new:] if new else ():
            if not self._all or self._all[-1].samples >= each:
                self._all.append(Second((sample.phase, sample.layer)))
            self._all[-1].take(sample)

    @property
    def places(self) -> list[Place]:
        """Where each began."""
        return [second.place for second in self._all]

    def highest(self, figure: str, newest: int) -> Sequence[float | None]:
        """The highest of `figure` in each of the `newest` seconds."""
        index = FIGURES.index(figure)
        first = len(self._all) - newest
        return [second.highest[index] for number, second in enumerate(self._all) if number >= first]


def _in_a_second(view: RunView) -> int:
    hz = view.machine.hz if view.machine else 1.0
    return max(1, round(hz)) if math.isfinite(hz) else 1
