"""`SystemPanel`: what the machine does while layers learn, each figure on its own fixed scale."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fftui import format as fmt
from fftui.events import TelemetrySampled
from fftui.runs.view import RunView
from fftui.tui.widgets.painted import Line, Painted, line
from fftui.tui.widgets.plot import sparkline

GPU_NOTES = ("no GPU figures: ", "GPU figures ended: ")  # how the sampler says why there are none
Reading = Callable[[TelemetrySampled], float | None]


@dataclass(frozen=True)
class Machine:
    """The size of this machine: the scales of its figures."""

    cores: int
    memory_bytes: int


@dataclass(frozen=True)
class Gauge:
    """One figure: its name, how it is read, the top of its scale, and how it is written."""

    name: str
    read: Reading
    top: float
    write: Callable[[float], str]
    of_gpu: bool = False


class SystemPanel(Painted):
    """Process and GPU figures as sparklines."""

    HELP = (
        "Each line has a fixed scale: CPU up to 100 % a core, memory up to what the machine has, power up to its limit."
    )

    def __init__(self, machine: Machine, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.machine = machine
        self.border_title = "System"
        self._samples: tuple[TelemetrySampled, ...] = ()
        self._device = ""
        self._reason = ""

    def show(self, view: RunView) -> None:
        """Show the samples of `view`."""
        device = view.started.device if view.started else ""
        if view.telemetry is self._samples and device == self._device:
            return
        self._samples, self._device = view.telemetry, device
        notes = (note.text for note in reversed(view.log) if note.text.startswith(GPU_NOTES))
        self._reason = next(notes, "").partition(": ")[2]
        self.repaint()

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """One row a figure: name, sparkline, value."""
        if not self._samples:
            return [line(("no samples yet: telemetry is off, or starts with the first step"[:width], "dim"))][:height]
        gauges = self._gauges()
        named = max(len(g.name) for g in gauges)
        value = 20 if width >= 50 else 16
        across = max(4, width - named - value - 2)
        rows: list[Line] = []
        missing: list[str] = []
        for gauge in gauges:
            values = [gauge.read(s) for s in self._samples[-across:]]
            if gauge.of_gpu and all(v is None for v in values):
                missing.append(gauge.name)
                continue
            last = values[-1]
            spark = sparkline(values, 0.0, gauge.top, across, self.glyphs.levels)
            text = "n/a" if last is None or not math.isfinite(last) else gauge.write(last)
            rows.append(line((f"{gauge.name:<{named}} ", "dim"), (spark, "dim"), f" {text:>{value}}"))
        if missing:
            who = "GPU and power" if len(missing) == sum(g.of_gpu for g in gauges) else ", ".join(missing)
            rows.append(line((f"{who}: n/a, {self._why()}"[:width], "dim")))
        return rows[:height]

    def _why(self) -> str:
        if self._reason:
            return self._reason
        kind = self._device.split()[0].split(":")[0] if self._device else "this device"
        return f"{kind} tells no such figure" if kind == "cuda" else f"the run is on {kind}"

    def _gauges(self) -> list[Gauge]:
        newest = self._samples[-1]
        cpu = max([100.0 * self.machine.cores, *_finite(s.process_cpu_percent for s in self._samples)])
        memory = max([float(self.machine.memory_bytes), *_finite(s.process_memory_bytes for s in self._samples)])
        board = float(
            newest.gpu_memory_total_bytes or max(_finite(s.gpu_memory_used_bytes for s in self._samples), default=1.0)
        )
        limit = newest.power_limit_w or max(_finite(s.power_w for s in self._samples), default=1.0)
        of_limit = f" of {limit:.0f} W" if newest.power_limit_w else ""
        return [
            Gauge("process CPU", lambda s: s.process_cpu_percent, cpu, lambda v: f"{v:.0f} of {cpu:.0f} %"),
            Gauge("process memory", lambda s: s.process_memory_bytes, memory, lambda v: _of(v, memory)),
            Gauge("machine CPU", lambda s: s.host_cpu_percent, 100.0, lambda v: f"{v:.0f} %"),
            Gauge("machine memory", lambda s: s.host_memory_used_bytes, memory, lambda v: _of(v, memory)),
            Gauge("GPU", lambda s: s.gpu_utilization_percent, 100.0, lambda v: f"{v:.0f} %", of_gpu=True),
            Gauge("GPU memory", lambda s: s.gpu_memory_used_bytes, board, lambda v: _of(v, board), of_gpu=True),
            Gauge(
                "GPU memory bus", lambda s: s.gpu_memory_utilization_percent, 100.0, lambda v: f"{v:.0f} %", of_gpu=True
            ),
            Gauge(
                "power",
                lambda s: s.power_w,
                limit,
                lambda v: f"{v:.0f} W"[: -2 if of_limit else None] + of_limit,
                of_gpu=True,
            ),
        ]


def _finite(values: Iterable[float | None]) -> list[float]:
    return [float(v) for v in values if v is not None and math.isfinite(v)]


def _of(value: float, whole: float) -> str:
    """`3.1 of 128 GB`: part and whole in one unit where they share it."""
    part, total = fmt.size(value), fmt.size(whole)
    if part[-2:] == total[-2:]:
        part = part[:-3]
    return f"{part} of {total}"
