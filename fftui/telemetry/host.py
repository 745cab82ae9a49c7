"""Metrics of this process and its host, through psutil."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import psutil

T = TypeVar("T")


@dataclass(frozen=True)
class HostMetrics:
    """One sample of the process and its host; None where the system does not provide a metric."""

    process_cpu_percent: float | None  # 100 is one core
    process_memory_bytes: int | None  # resident
    host_cpu_percent: float | None  # 100 is all cores
    host_memory_used_bytes: int | None


class HostSource:
    """Reads the metrics of this process and its host.

    CPU metrics are means since the previous sample, which psutil keeps for each thread: create and
    read a source in the same thread.
    """

    def __init__(self) -> None:
        self._process = psutil.Process()
        self.missing: Mapping[str, str] = {}
        self.cores: int | None = psutil.cpu_count()
        self._cpu_percents({})  # the first value is 0 whatever the load, and discarded
        memory = _or_reason("memory", psutil.virtual_memory, {})
        self.memory_total_bytes: int | None = None if memory is None else memory.total

    def read(self) -> HostMetrics:
        """The metrics now; `missing` then maps those that were refused to the reason."""
        missing: dict[str, str] = {}
        process_cpu, host_cpu = self._cpu_percents(missing)
        metrics = HostMetrics(
            process_cpu_percent=process_cpu,
            process_memory_bytes=_or_reason(
                "process_memory_bytes", lambda: self._process.memory_info().rss, missing
            ),
            host_cpu_percent=host_cpu,
            host_memory_used_bytes=_or_reason(
                "host_memory_used_bytes", lambda: psutil.virtual_memory().used, missing
            ),
        )
        self.missing = missing
        return metrics

    def _cpu_percents(self, missing: dict[str, str]) -> tuple[float | None, float | None]:
        return (
            _or_reason("process_cpu_percent", lambda: self._process.cpu_percent(None), missing),
            _or_reason("host_cpu_percent", lambda: psutil.cpu_percent(None), missing),
        )


def _or_reason(name: str, metric: Callable[[], T], missing: dict[str, str]) -> T | None:
    """The metric, or None where the system refuses it; the reason is then added to `missing`."""
    try:
        return metric()
    except (psutil.Error, OSError) as error:
        missing[name] = (
            (error.strerror if isinstance(error, OSError) else "")
            or str(error)
            or type(error).__name__
        )
        return None
