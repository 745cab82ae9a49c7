"""How each metric of a machine is shown: its name, its fixed scale and how its values
are written.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from fftui import events as ev
from fftui.events import MetricsUnavailable
from fftui.runs.history import METRICS
from fftui.runs.view import RunView
from fftui.text import format as fmt
from fftui.tui.system.this_machine import Machine

# the most informative first; the others follow
FIRST = (
    "gpu_utilization_percent",
    "gpu_memory_used_bytes",
    "power_w",
    "gpu_memory_utilization_percent",
    "process_cpu_percent",
    "process_memory_bytes",
    "cpu_power_w",
    "host_cpu_percent",
    "host_memory_used_bytes",
    "gpu_temperature_c",
)
# Metrics that are never drawn but may be missing, and names that would be misread without a value
# beside them.
NAMES_IN_REASONS = {name: ev.METRICS[name].name for name in METRICS} | {
    "gpu_utilization_percent": "GPU %",
    "gpu_memory_total_bytes": "GPU memory in all",
    "power_limit_w": "power limit",
    "gpu_energy_j": "GPU energy",
    "cpu_energy_j": "CPU energy",
    "gpu_throttle_reasons": "throttling",
}
UNITS = {"percent": "%", "w": "W", "c": "C", "mhz": "MHz"}  # by the end of a metric's name
WHOLE_GROUPS = (
    "no NVIDIA GPU",
    "no GPU metrics",
    "no energy of the CPU",
)  # reasons that already name the missing metrics


@dataclass(frozen=True)
class MetricStyle:
    """How one metric of a run is shown: its column, its name, the top of its scale, and the format
    of a value.

    `bounded` means that the top is the limit of the hardware, not just the highest value seen.
    """

    metric: str
    name: str
    top: float
    write: Callable[[float], str]
    bounded: bool = True

    @property
    def scale(self) -> str:
        """The top of the scale as text."""
        return self.write(self.top)

    def short_value(self, value: float | None) -> str:
        """`value` as text; `n/a` where it is missing or not finite."""
        return "n/a" if value is None or not math.isfinite(value) else self.write(value)

    def text(self, value: float | None) -> str:
        """`value` and the top, such as `3.1 of 128 GB`; the top is left out where it is 100 %."""
        written = self.short_value(value)
        if written == "n/a" or not self.bounded or self.scale == "100 %":
            return written
        part, _, unit = written.rpartition(" ")
        return f"{part if self.scale.endswith(f' {unit}') else written} of {self.scale}"


def metric_styles(view: RunView, machine: Machine) -> Iterator[MetricStyle]:
    """The styles of the metrics available in this run, the most informative first: the training
    GPU, process, host.

    Scales are fixed: 100 %, 100 % per core, all the memory, the power limit. Where the limit is not
    available, the highest value seen is the top.
    """
    unavailable = set(METRICS)
    for _, ranges in view.history.stages:
        unavailable -= {metric for metric in unavailable if ranges[METRICS.index(metric)]}
        if not unavailable:
            break
    board = set(view.machine.whole_board) if view.machine else set()
    for metric_style in _all(view, machine):
        if metric_style.metric not in unavailable:
            yield metric_style if metric_style.metric not in board else _of_board(metric_style)


def missing_lines(view: RunView) -> list[str]:
    """Why metrics are not available, one line per reason."""
    reasons: dict[str, list[str]] = {}
    for metric, reason in view.missing:
        reasons.setdefault(reason, []).append(metric)
    return [_missing(metrics, reason) for reason, metrics in reasons.items()]


def _missing(metrics: Sequence[str], reason: str) -> str:
    text = MetricsUnavailable(tuple(metrics), reason).text
    if reason.startswith(WHOLE_GROUPS[0]):
        return reason
    if text.startswith(WHOLE_GROUPS):
        return text
    return f"no {', '.join(NAMES_IN_REASONS.get(metric, metric) for metric in metrics)}: {reason}"


def _all(view: RunView, machine: Machine) -> Iterator[MetricStyle]:
    for metric in (*FIRST, *(each for each in METRICS if each not in FIRST)):
        top = _top(ev.METRICS[metric].top, view, machine)
        bounded = top is not None and math.isfinite(top) and top > 0
        yield MetricStyle(
            metric,
            ev.METRICS[metric].name,
            float(top) if top and bounded else _highest_value(view, metric),
            _writer(metric),
            bounded,
        )


def _top(top: float | str | None, view: RunView, machine: Machine) -> float | None:
    """The top of a metric's scale; None where this run does not know it."""
    if not isinstance(top, str):
        return top
    seen, newest = view.machine, (view.telemetry[-1] if view.telemetry else None)
    if top == "cores":
        return 100.0 * ((seen.cores if seen else None) or machine.cores)
    if top == "host_memory_total_bytes":
        return (seen.host_memory_total_bytes if seen else None) or machine.memory_bytes
    found: float | None = getattr(newest, top, None)
    return found


def _of_board(metric_style: MetricStyle) -> MetricStyle:
    return MetricStyle(
        metric_style.metric,
        f"{metric_style.name} (board)",
        metric_style.top,
        metric_style.write,
        metric_style.bounded,
    )


def _highest_value(view: RunView, metric: str) -> float:
    index = METRICS.index(metric)
    return (
        max(
            (seen.high for _, ranges in view.history.stages if (seen := ranges[index])), default=0.0
        )
        or 1.0
    )


def _writer(metric: str) -> Callable[[float], str]:
    """How values of `metric` are written, by the unit in its name."""
    unit = metric.rpartition("_")[2]
    return fmt.size if unit == "bytes" else partial(_with_unit, UNITS.get(unit, ""))


def _with_unit(unit: str, value: float) -> str:
    return f"{value:.0f} {unit}".rstrip()
