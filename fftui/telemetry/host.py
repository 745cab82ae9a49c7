"""Figures of this process and the machine it runs on, through psutil."""

from collections.abc import Callable
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
        self._cpu_figures()  # the first answer is 0 whatever the load: thrown away

    def read(self) -> HostFigures:
        """The figures now."""
        process_cpu, host_cpu = self._cpu_figures()
        return HostFigures(
            process_cpu_percent=process_cpu,
            process_memory_bytes=_or_none(lambda: self._process.memory_info().rss),
            host_cpu_percent=host_cpu,
            host_memory_used_bytes=_or_none(lambda: psutil.virtual_memory().used),
        )

    def _cpu_figures(self) -> tuple[float | None, float | None]:
        return _or_none(lambda: self._process.cpu_percent(None)), _or_none(lambda: psutil.cpu_percent(None))


def _or_none(figure: Callable[[], T]) -> T | None:
    """The figure, or None where the system refuses this one."""
    try:
        return figure()
    except (psutil.Error, OSError):
        return None
