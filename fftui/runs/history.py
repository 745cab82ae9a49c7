"""The telemetry of a whole run in bounded memory: each metric over time, and its mean for each
stage.

Buckets hold the minimum, the maximum and the mean of consecutive samples, so that a spike of one
sample stays visible over twenty hours. When there are too many buckets, each pair is merged into
one.
"""

from dataclasses import dataclass, replace
from math import isfinite

from fftui.events import StageKey, TelemetrySampled

METRICS = (
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
FIRST_WIDTH = 10  # samples in a bucket at first: one second's


@dataclass(frozen=True)
class Range:
    """The minimum, maximum and sum of one metric over the `count` samples in which it was
    available.
    """

    low: float
    high: float
    total: float
    count: int

    @property
    def mean(self) -> float:
        """The mean over the samples."""
        return self.total / self.count

    def merged(self, other: "Range") -> "Range":
        """The range over the samples of both."""
        return Range(
            min(self.low, other.low),
            max(self.high, other.high),
            self.total + other.total,
            self.count + other.count,
        )


# in the order of METRICS; None where the metric was not available
Ranges = tuple[Range | None, ...]
NO_RANGES: Ranges = (None,) * len(METRICS)


@dataclass(frozen=True)
class Bucket:
    """Consecutive samples of one stage: the Unix time of the first, and the range of
    each metric.
    """

    began_at: float
    stage: StageKey
    samples: int
    ranges: Ranges

    def of(self, metric: str) -> Range | None:
        """The range of `metric`; None where it was not available."""
        return self.ranges[METRICS.index(metric)]

    def merged(self, later: "Bucket") -> "Bucket":
        """The bucket of the samples of both; its stage is that of this one."""
        return replace(
            self, samples=self.samples + later.samples, ranges=_merged(self.ranges, later.ranges)
        )


@dataclass(frozen=True)
class History:
    """The samples of a run so far: in buckets over time, and by stage."""

    buckets: tuple[Bucket, ...] = ()  # complete, oldest first
    newest: Bucket | None = None  # not complete yet
    width: int = FIRST_WIDTH  # samples until a bucket is complete
    stages: tuple[tuple[StageKey, Ranges], ...] = ()  # in the order in which they began
    samples: int = 0

    def sampled(self, at: float, sample: TelemetrySampled) -> "History":
        """The history with one more sample, taken at Unix time `at`."""
        stage = (sample.phase, sample.layer)
        ranges = tuple(_range(getattr(sample, metric)) for metric in METRICS)
        bucket = Bucket(at, stage, 1, ranges)
        history = replace(
            self, stages=_with_stage(self.stages, stage, ranges), samples=self.samples + 1
        )
        if history.newest is None:
            return replace(history, newest=bucket)
        if history.newest.stage != stage or history.newest.samples >= history.width:
            return replace(
                history, buckets=(*history.buckets, history.newest), newest=bucket
            )._bounded()
        return replace(history, newest=history.newest.merged(bucket))

    @property
    def all(self) -> tuple[Bucket, ...]:
        """All buckets, the incomplete one last."""
        return (*self.buckets, self.newest) if self.newest else self.buckets

    def of(self, stage: StageKey, metric: str) -> Range | None:
        """The range of `metric` during `stage`; None where it was not available."""
        ranges = dict(self.stages).get(stage, NO_RANGES)
        return ranges[METRICS.index(metric)]

    def _bounded(self) -> "History":
        if len(self.buckets) <= BUCKETS:
            return self
        pairs = zip(self.buckets[::2], (*self.buckets[1::2], None), strict=False)
        merged = tuple(one.merged(other) if other else one for one, other in pairs)
        return replace(self, buckets=merged, width=self.width * 2)


def _range(value: float | None) -> Range | None:
    return None if value is None or not isfinite(value) else Range(value, value, value, 1)


def _merged(ones: Ranges, others: Ranges) -> Ranges:
    return tuple(
        one.merged(other) if one and other else one or other
        for one, other in zip(ones, others, strict=True)
    )


def _with_stage(
    stages: tuple[tuple[StageKey, Ranges], ...], stage: StageKey, ranges: Ranges
) -> tuple[tuple[StageKey, Ranges], ...]:
    if not stages or stages[-1][0] != stage:  # a resumed run may return to a stage that was left
        known = next((old for old, _ in stages if old == stage), None)
        if known is None:
            return (*stages, (stage, ranges))
    return tuple((old, _merged(known, ranges) if old == stage else known) for old, known in stages)
