"""The figures of a machine as people read them: what each is called, its fixed scale, how it is written."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fftui import format as fmt
from fftui.runs.history import FIGURES
from fftui.runs.view import RunView


@dataclass(frozen=True)
class Machine:
    """The size of this machine: the scales of figures whose run does not tell that of its own."""

    cores: int
    memory_bytes: int


@dataclass(frozen=True)
class Gauge:
    """One figure of a run: its column, its name, the top of its scale, and how a value is written with the top."""

    figure: str
    name: str
    top: float
    write: Callable[[float], str]
    scale: str  # the top in words

    def text(self, value: float | None) -> str:
        """A value; `n/a` where there is none."""
        return "n/a" if value is None or not math.isfinite(value) else self.write(value)


def gauges(view: RunView, machine: Machine) -> Iterator[Gauge]:
    """Those that this run tells, the most telling first: the GPU that learns, its process, the host.

    Scales are fixed: 100 %, a core's 100 % times their number, all the memory, the power limit. Where a machine does
    not tell its size, what was seen highest is the scale.
    """
    told = {figure for place in view.history.places for figure, seen in zip(FIGURES, place[1], strict=True) if seen}
    yield from (gauge for gauge in _all(view, machine) if gauge.figure in told)


def missing_lines(view: RunView) -> list[str]:
    """Why figures are not told, a line a reason."""
    reasons: dict[str, list[str]] = {}
    for figure, reason in view.missing:
        reasons.setdefault(reason, []).append(figure)
    return [
        reason if reason.startswith("no NVIDIA GPU") else fmt.missing_text(figures, reason)
        for reason, figures in reasons.items()
    ]


def _all(view: RunView, machine: Machine) -> Iterator[Gauge]:
    seen, newest = view.machine, (view.telemetry[-1] if view.telemetry else None)
    board = set(seen.whole_board) if seen else set()
    cpu = 100.0 * ((seen.cores if seen else None) or machine.cores)
    memory = float((seen.host_memory_total_bytes if seen else None) or machine.memory_bytes)
    gpu_memory = float((newest.gpu_memory_total_bytes if newest else None) or _highest(view, "gpu_memory_used_bytes"))
    limit = newest.power_limit_w if newest else None
    watts = limit or _highest(view, "power_w")
    of_limit = f" of {watts:.0f} W" if limit else " W"
    for figure, name, top, write, scale in (
        ("gpu_utilization_percent", "GPU", 100.0, _percent, "100 %"),
        ("gpu_memory_used_bytes", "GPU memory", gpu_memory, _part(gpu_memory), fmt.size(gpu_memory)),
        ("power_w", "power", watts, lambda v: f"{v:.0f}{of_limit}", f"{watts:.0f} W"),
        ("gpu_memory_utilization_percent", "GPU memory bus", 100.0, _percent, "100 %"),
        ("process_cpu_percent", "process CPU", cpu, lambda v: f"{v:.0f} of {cpu:.0f} %", f"{cpu:.0f} %"),
        ("process_memory_bytes", "process memory", memory, _part(memory), fmt.size(memory)),
        ("host_cpu_percent", "machine CPU", 100.0, _percent, "100 %"),
        ("host_memory_used_bytes", "machine memory", memory, _part(memory), fmt.size(memory)),
        ("cpu_power_w", "CPU power", *_open_ended(view, "cpu_power_w", "W")),
        ("gpu_temperature_c", "GPU temperature", 100.0, lambda v: f"{v:.0f} C", "100 C"),
        ("gpu_process_memory_bytes", "GPU memory, own", gpu_memory, _part(gpu_memory), fmt.size(gpu_memory)),
        ("gpu_sm_clock_mhz", "SM clock", *_open_ended(view, "gpu_sm_clock_mhz", "MHz")),
        ("gpu_memory_clock_mhz", "memory clock", *_open_ended(view, "gpu_memory_clock_mhz", "MHz")),
    ):
        yield Gauge(figure, f"{name} (board)" if figure in board else name, top, write, scale)


def _open_ended(view: RunView, figure: str, unit: str) -> tuple[float, Callable[[float], str], str]:
    """A scale that ends at the highest value seen: nobody tells a limit."""
    top = _highest(view, figure)
    return top, lambda v: f"{v:.0f} {unit}", f"{top:.0f} {unit}"


def _highest(view: RunView, figure: str) -> float:
    ranges = (ranges[FIGURES.index(figure)] for _, ranges in view.history.places)
    return max((seen.high for seen in ranges if seen and math.isfinite(seen.high)), default=0.0) or 1.0


def _percent(value: float) -> str:
    return f"{value:.0f} %"


def _part(whole: float) -> Callable[[float], str]:
    """`3.1 of 128 GB`: part and whole in one unit where they share it."""

    def text(value: float) -> str:
        part, total = fmt.size(value), fmt.size(whole)
        return f"{part[:-3] if part[-2:] == total[-2:] else part} of {total}"

    return text
