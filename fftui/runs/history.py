"""What the samples of a whole run come to, in bounded memory: every figure over time, and its mean for each layer.

Buckets hold the least, the greatest and the mean of what they cover, so that a spike of one sample stays visible over
twenty hours. When there are too many, each two become one.
"""

from dataclasses import dataclass, replace
from math import isfinite

from fftui.events import TelemetrySampled

FIGURES = (
    "process_cpu_percent",
    "process_memory_bytes",
    "host_cpu_percent",
    "host_memory_used_bytes",
    "cpu_power_w",
    "gpu_utilization_percent",
    "gpu_memory_utilization_percent",
    "gpu_memory_used_bytes",
    "gpu_process_memory_bytes",
    "power_w",
    "gpu_temperature_c",
    "gpu_sm_clock_mhz",
    "gpu_memory_clock_mhz",
)
BUCKETS = 512  # kept at most; wider than any screen
FIRST_WIDTH = 10  # samples in a bucket of a young run: a second

Place = tuple[int | None, int | None]  # phase and layer


@dataclass(frozen=True)
class Range:
    """What one figure was over some samples that told it."""

    low: float
    high: float
    total: float
    count: int

    @property
    def mean(self) -> float:
        """Of the samples."""
        return self.total / self.count

    def merged(self, other: "Range") -> "Range":
        """Of both."""
        return Range(
            min(self.low, other.low),
            max(self.high, other.high),
            self.total + other.total,
            self.count + other.count,
        )


Ranges = tuple[Range | None, ...]  # in the order of FIGURES; None where no sample told it
NOTHING: Ranges = (None,) * len(FIGURES)


@dataclass(frozen=True)
class Bucket:
    """Consecutive samples: when the first was taken, at which place, and what each figure was."""

    began_at: float
    place: Place
    samples: int
    ranges: Ranges

    def of(self, figure: str) -> Range | None:
        """What `figure` was."""
        return self.ranges[FIGURES.index(figure)]

    def merged(self, later: "Bucket") -> "Bucket":
        """Of both; the place is where the first began."""
        return replace(self, samples=self.samples + later.samples, ranges=_merged(self.ranges, later.ranges))


@dataclass(frozen=True)
class History:
    """The samples of a run so far."""

    buckets: tuple[Bucket, ...] = ()  # closed, oldest first
    open: Bucket | None = None
    width: int = FIRST_WIDTH  # samples until a bucket is closed
    places: tuple[tuple[Place, Ranges], ...] = ()  # in the order in which they came
    samples: int = 0

    def sampled(self, at: float, sample: TelemetrySampled) -> "History":
        """After one more sample."""
        place = (sample.phase, sample.layer)
        ranges = tuple(_range(getattr(sample, figure)) for figure in FIGURES)
        bucket = Bucket(at, place, 1, ranges)
        history = replace(self, places=_with_place(self.places, place, ranges), samples=self.samples + 1)
        if history.open is None:
            return replace(history, open=bucket)
        if history.open.place != place or history.open.samples >= history.width:
            return replace(history, buckets=(*history.buckets, history.open), open=bucket)._bounded()
        return replace(history, open=history.open.merged(bucket))

    @property
    def all(self) -> tuple[Bucket, ...]:
        """Every bucket, the open one last."""
        return (*self.buckets, self.open) if self.open else self.buckets

    def of(self, place: Place, figure: str) -> Range | None:
        """What `figure` was at `place`."""
        ranges = dict(self.places).get(place, NOTHING)
        return ranges[FIGURES.index(figure)]

    def _bounded(self) -> "History":
        if len(self.buckets) <= BUCKETS:
            return self
        pairs = zip(self.buckets[::2], (*self.buckets[1::2], None), strict=False)
        merged = tuple(one.merged(other) if other else one for one, other in pairs)
        return replace(self, buckets=merged, width=self.width * 2)


def _range(value: float | None) -> Range | None:
    return None if value is None or not isfinite(value) else Range(value, value, value, 1)


def _merged(ones: Ranges, others: Ranges) -> Ranges:
    return tuple(one.merged(other) if one and other else one or other for one, other in zip(ones, others, strict=True))


def _with_place(
    places: tuple[tuple[Place, Ranges], ...], place: Place, ranges: Ranges
) -> tuple[tuple[Place, Ranges], ...]:
    if not places or places[-1][0] != place:  # a place that was left may be come back to, on a resumed run
        known = next((old for old, _ in places if old == place), None)
        if known is None:
            return (*places, (place, ranges))
    return tuple((old, _merged(known, ranges) if old == place else known) for old, known in places)
