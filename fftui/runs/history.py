"""The telemetry of a whole run in bounded memory: each metric over time, and its mean for each
stage.

Buckets hold the minimum, the maximum and the mean of consecutive samples, so that a spike of one
sample stays visible over twenty hours. When there are too many buckets, each pair is merged into
one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isfinite
from operator import attrgetter
from typing import NamedTuple

from fftui import events
from fftui.events import StageKey, TelemetrySampled

METRICS = tuple(name for name, metric in events.METRICS.items() if metric.name)  # those drawn
BUCKETS = 512  # kept at most; wider than any screen
FIRST_WIDTH = 10  # samples in a bucket at first: one second's
TOGETHER = 80  # samples put into a bucket at once, at most
_metrics_of = attrgetter(*METRICS)


class Range(NamedTuple):
    """The minimum, maximum and sum of one metric over the `count` samples in which it was
    available.
    """

    low: float
    high: float
    total: float
    count: int  # type: ignore[assignment]  # not the method of tuples

    @property
    def mean(self) -> float:
        """The mean over the samples."""
        return self.total / self.count

    def merged(self, other: "Range") -> "Range":
        """The range over the samples of both."""
        return Range(
            self.low if self.low < other.low else other.low,
            self.high if self.high > other.high else other.high,
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
class Buckets:
    """Samples in buckets over time, and their ranges by stage."""

    complete: tuple[Bucket, ...] = ()  # oldest first
    newest: Bucket | None = None  # not complete yet
    width: int = FIRST_WIDTH  # samples until a bucket is complete
    # of the samples taken while learning, in the order in which the stages began
    stages: tuple[tuple[StageKey, Ranges], ...] = ()

    def after(self, samples: Sequence[tuple[float, TelemetrySampled]]) -> "Buckets":
        """The buckets with more samples and their Unix times: of one stage, no
        more than `together`.
        """
        if not samples:
            return self
        began_at, first = samples[0]
        stage, ranges = (first.phase, first.layer), _ranges([sample for _, sample in samples])
        bucket = Bucket(began_at, stage, len(samples), ranges)
        learning = [sample for _, sample in samples if _learns(sample)]
        own = ranges if len(learning) == len(samples) else _ranges(learning)
        more = replace(self, stages=_with_stage(self.stages, stage, own))
        if more.newest is None:
            return replace(more, newest=bucket)
        if more.newest.stage != stage or more.newest.samples >= more.width:
            return replace(more, complete=(*more.complete, more.newest), newest=bucket)._bounded()
        return replace(more, newest=more.newest.merged(bucket))

    @property
    def together(self) -> int:
        """The number of samples that may be added at once."""
        room = self.width - (self.newest.samples if self.newest else 0)
        return min(room if room > 0 else self.width, TOGETHER)

    def _bounded(self) -> "Buckets":
        if len(self.complete) <= BUCKETS:
            return self
        pairs = zip(self.complete[::2], (*self.complete[1::2], None), strict=False)
        merged = tuple(one.merged(other) if other else one for one, other in pairs)
        return replace(self, complete=merged, width=self.width * 2)


@dataclass(frozen=True)
class History:
    """The samples of a run so far: in buckets over time, and by stage.

    The newest samples wait to be put into buckets together, which is several times as fast as one
    by one.
    """

    settled: Buckets = field(default_factory=Buckets)
    waiting: tuple[tuple[float, TelemetrySampled], ...] = ()  # of one stage, with their Unix times
    samples: int = 0

    def sampled(self, at: float, sample: TelemetrySampled) -> "History":
        """The history with one more sample, taken at Unix time `at`."""
        waiting = self.waiting
        full = len(waiting) >= self.settled.together
        if full or (waiting and not _same_stage(waiting[0][1], sample)):
            return History(self._buckets, ((at, sample),), self.samples + 1)
        return History(self.settled, (*waiting, (at, sample)), self.samples + 1)

    @cached_property
    def _buckets(self) -> Buckets:
        """The buckets with every sample."""
        return self.settled.after(self.waiting)

    @property
    def stages(self) -> tuple[tuple[StageKey, Ranges], ...]:
        """The ranges of each stage while it learned, in the order in which they began."""
        return self._buckets.stages

    @property
    def all(self) -> tuple[Bucket, ...]:
        """All buckets, oldest first, the incomplete one last."""
        buckets = self._buckets
        return (*buckets.complete, buckets.newest) if buckets.newest else buckets.complete

    def of(self, stage: StageKey, metric: str) -> Range | None:
        """The range of `metric` while `stage` learned; None where it was not available."""
        ranges = dict(self.stages).get(stage, NO_RANGES)
        return ranges[METRICS.index(metric)]


def _same_stage(one: TelemetrySampled, other: TelemetrySampled) -> bool:
    return one.phase == other.phase and one.layer == other.layer


def _learns(sample: TelemetrySampled) -> bool:
    """Whether it was taken while learning; journals of before it was said count as such."""
    return sample.doing in ("learning", None)


def _ranges(samples: Sequence[TelemetrySampled]) -> Ranges:
    if not samples:
        return NO_RANGES
    columns = zip(*map(_metrics_of, samples), strict=True)
    return tuple(map(_range, columns))


def _range(values: Sequence[float | None]) -> Range | None:
    known = [value for value in values if value is not None and isfinite(value)]
    return Range(min(known), max(known), sum(known), len(known)) if known else None


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
