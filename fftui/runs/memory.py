"""The memory that a run took: the most of its layers, and what it held before.

The fields are columns of the table of runs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce

from fftui.events import MachineDescribed, TelemetrySampled
from fftui.runs.history import History, Range


@dataclass(frozen=True)
class MemoryAccount:
    """Bytes held before the run (or before it was last resumed), the most while a layer learned,
    and the most above what was held before; None where it is not known.
    """

    before_bytes: int | None = None
    peak_bytes: int | None = None
    above_bytes: int | None = None

    def with_peak(self, peak: int | None) -> "MemoryAccount":
        """The account with one more layer, which held at most `peak` bytes."""
        if peak is None:
            return self
        known = replace(self, peak_bytes=max(peak, self.peak_bytes or 0))
        if self.before_bytes is None:
            return known
        above = max(0, peak - self.before_bytes, self.above_bytes or 0)
        return replace(known, above_bytes=above)

    def summary(self) -> dict[str, int | None]:
        """The memory fields of a run's record."""
        return {
            "memory_before_bytes": self.before_bytes,
            "peak_memory_bytes": self.peak_bytes,
            "memory_above_bytes": self.above_bytes,
        }


def used_percents(
    history: History, last: TelemetrySampled | None, machine: MachineDescribed | None
) -> dict[str, float | None]:
    """Mean memory used while learning, in percent of the GPU's (of the sample `last`) and of the
    host's, as fields of a run's record.
    """
    totals = {
        "gpu": last.gpu_memory_total_bytes if last else None,
        "host": machine.host_memory_total_bytes if machine else None,
    }
    return {
        f"{owner}_memory_used_percent": _percent(history, f"{owner}_memory_used_bytes", total)
        for owner, total in totals.items()
    }


def _percent(history: History, metric: str, total: int | None) -> float | None:
    seen = list(_ranges_of(history, metric))
    if not seen or not total:
        return None
    return 100 * reduce(Range.merged, seen).mean / total


def _ranges_of(history: History, metric: str) -> Iterator[Range]:
    """The ranges of `metric` in every stage in which something learned."""
    for stage, _ in history.stages:
        known = history.of(stage, metric)
        if known is not None and stage[0] is not None:
            yield known
