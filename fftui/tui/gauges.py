"""The figures of a machine as people read them: what each is called, its fixed scale, how it is written."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from fftui import format as fmt
from fftui.runs.history import FIGURES
from fftui.runs.view import RunView

NAMES = {
    "gpu_utilization_percent": "GPU",
    "gpu_memory_used_bytes": "GPU memory",
    "power_w": "power",
    "gpu_memory_utilization_percent": "GPU memory bus",
    "process_cpu_percent": "process CPU",
    "process_memory_bytes": "process memory",
    "host_cpu_percent": "machine CPU",
    "host_memory_used_bytes": "machine memory",
    "cpu_power_w": "CPU power",
    "gpu_temperature_c": "GPU temperature",
    "gpu_process_memory_bytes": "GPU memory, own",
    "gpu_sm_clock_mhz": "SM clock",
    "gpu_memory_clock_mhz": "memory clock",
}
# What has no scale of its own but may be missing, and what would be misread without its figure beside it.
NAMES_IN_REASONS = NAMES | {
    "gpu_utilization_percent": "GPU %",
    "gpu_memory_total_bytes": "GPU memory in all",
    "power_limit_w": "power limit",
    "gpu_energy_j": "GPU energy",
    "cpu_energy_j": "CPU energy",
    "gpu_throttle_reasons": "throttling",
}
WHOLE_GROUPS = ("no NVIDIA GPU", "no GPU figures", "no energy of the CPU")  # reasons that say by themselves of what


@dataclass(frozen=True)
class Machine:
    """The size of this machine: the scales of figures whose run does not tell that of its own."""

    cores: int
    memory_bytes: int


@dataclass(frozen=True)
class Gauge:
    """One figure of a run: its column, its name, the top of its scale, and how a value is written.

    `bounded` says that the top is what there is to have, and not just the highest value seen.
    """

    figure: str
    name: str
    top: float
    write: Callable[[float], str]
    bounded: bool = True

    @property
    def scale(self) -> str:
        """The top in words."""
        return self.write(self.top)

    def short(self, value: float | None) -> str:
        """A value; `n/a` where there is none."""
        return "n/a" if value is None or not math.isfinite(value) else self.write(value)

    def text(self, value: float | None) -> str:
        """`3.1 of 128 GB`: a value and the top, in one unit where they share it. Of percents 100 is understood."""
        written = self.short(value)
        if written == "n/a" or not self.bounded or self.scale == "100 %":
            return written
        part, _, unit = written.rpartition(" ")
        return f"{part if self.scale.endswith(f' {unit}') else written} of {self.scale}"


def gauges(view: RunView, machine: Machine) -> Iterator[Gauge]:
    """Those that this run tells, the most telling first: the GPU that learns, its process, the host.

    Scales are fixed: 100 %, a core's 100 % times their number, all the memory, the power limit. Where a machine does
    not tell its size, what was seen highest is the scale.
    """
    untold = set(FIGURES)
    for _, ranges in view.history.places:
        untold -= {figure for figure in untold if ranges[FIGURES.index(figure)]}
        if not untold:
            break
    board = set(view.machine.whole_board) if view.machine else set()
    for gauge in _all(view, machine):
        if gauge.figure not in untold:
            yield gauge if gauge.figure not in board else _of_board(gauge)


def missing_lines(view: RunView) -> list[str]:
    """Why figures are not told, a line a reason."""
    reasons: dict[str, list[str]] = {}
    for figure, reason in view.missing:
        reasons.setdefault(reason, []).append(figure)
    return [_missing(figures, reason) for reason, figures in reasons.items()]


def _missing(figures: Sequence[str], reason: str) -> str:
    text = fmt.missing_text(figures, reason)
    if reason.startswith(WHOLE_GROUPS[0]):
        return reason
    if text.startswith(WHOLE_GROUPS):
        return text
    return f"no {', '.join(NAMES_IN_REASONS.get(figure, figure) for figure in figures)}: {reason}"


def _all(view: RunView, machine: Machine) -> Iterator[Gauge]:
    seen, newest = view.machine, (view.telemetry[-1] if view.telemetry else None)
    cpu = 100.0 * ((seen.cores if seen else None) or machine.cores)
    memory = (seen.host_memory_total_bytes if seen else None) or machine.memory_bytes
    gpu_memory = newest.gpu_memory_total_bytes if newest else None
    limit = newest.power_limit_w if newest else None

    def gauge(figure: str, top: float | None, write: Callable[[float], str]) -> Gauge:
        bounded = top is not None and math.isfinite(top) and top > 0
        return Gauge(figure, NAMES[figure], float(top) if top and bounded else _highest(view, figure), write, bounded)

    yield gauge("gpu_utilization_percent", 100.0, _percent)
    yield gauge("gpu_memory_used_bytes", gpu_memory, fmt.size)
    yield gauge("power_w", limit, _watts)
    yield gauge("gpu_memory_utilization_percent", 100.0, _percent)
    yield gauge("process_cpu_percent", cpu, _percent)
    yield gauge("process_memory_bytes", memory, fmt.size)
    yield gauge("cpu_power_w", None, _watts)
    yield gauge("host_cpu_percent", 100.0, _percent)
    yield gauge("host_memory_used_bytes", memory, fmt.size)
    yield gauge("gpu_temperature_c", 100.0, lambda v: f"{v:.0f} C")
    yield gauge("gpu_process_memory_bytes", gpu_memory, fmt.size)
    yield gauge("gpu_sm_clock_mhz", None, _megahertz)
    yield gauge("gpu_memory_clock_mhz", None, _megahertz)


def _of_board(gauge: Gauge) -> Gauge:
    return Gauge(gauge.figure, f"{gauge.name} (board)", gauge.top, gauge.write, gauge.bounded)


def _highest(view: RunView, figure: str) -> float:
    index = FIGURES.index(figure)
    return max((seen.high for _, ranges in view.history.places if (seen := ranges[index])), default=0.0) or 1.0


def _percent(value: float) -> str:
    return f"{value:.0f} %"


def _watts(value: float) -> str:
    return f"{value:.0f} W"


def _megahertz(value: float) -> str:
    return f"{value:.0f} MHz"
