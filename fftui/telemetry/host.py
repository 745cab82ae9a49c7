"""Figures of this process and the machine it runs on, through psutil."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import psutil

T = TypeVar("T")


@dataclass(frozen=True)
class HostFigures:
    """One look at process and host; None where the system does not tell."""

    process_cpu_percent: float | None  # 100 is one core
    process_memory_bytes: int | None  # resident
    host_cpu_percent: float | None  # 100 is all cores
    host_memory_used_bytes: int | None


class HostSource:
    """Reads this process and its host.

    CPU figures are means since the look before, which psutil keeps for each thread: make and read a source in one.
    """

    def __init__(self) -> None:
        self._process = psutil.Process()
        self.missing: Mapping[str, str] = {}
        self.cores: int | None = psutil.cpu_count()
        self._cpu_figures({})  # the first answer is 0 whatever the load: thrown away
        memory = _or_reason("memory", psutil.virtual_memory, {})
        self.memory_total_bytes: int | None = None if memory is None else memory.total

    def read(self) -> HostFigures:
        """The figures now; `missing` then names those that were refused, and why."""
        missing: dict[str, str] = {}
        process_cpu, host_cpu = self._cpu_figures(missing)
        figures = HostFigures(
            process_cpu_percent=process_cpu,
            process_memory_bytes=_or_reason("process_memory_bytes", lambda: self._process.memory_info().rss, missing),
            host_cpu_percent=host_cpu,
            host_memory_used_bytes=_or_reason("host_memory_used_bytes", lambda: psutil.virtual_memory().used, missing),
        )
        self.missing = missing
        return figures

    def _cpu_figures(self, missing: dict[str, str]) -> tuple[float | None, float | None]:
        return (
            _or_reason("process_cpu_percent", lambda: self._process.cpu_percent(None), missing),
            _or_reason("host_cpu_percent", lambda: psutil.cpu_percent(None), missing),
        )


def _or_reason(name: str, figure: Callable[[], T], missing: dict[str, str]) -> T | None:
    """The figure, or None where the system refuses this one: then `missing` says why."""
    try:
        return figure()
    except (psutil.Error, OSError) as error:
        missing[name] = (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
        return None
