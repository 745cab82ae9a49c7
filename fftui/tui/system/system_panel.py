"""`SystemPanel`: the machine's metrics while layers learn, each on its own fixed scale."""

from collections.abc import Sequence
from typing import ClassVar

from fftui.runs.view import RunView
from fftui.text import format as fmt
from fftui.tui.system.metric_styles import MetricStyle, metric_styles, missing_lines
from fftui.tui.system.per_second import PerSecondMax
from fftui.tui.system.this_machine import Machine
from fftui.tui.system.timelines import newest_columns, timeline
from fftui.tui.widgets.cell_text import cut, wrapped
from fftui.tui.widgets.row_widget import Line, RowWidget, line

WIDE = 50  # cells from which a value has room for its limit


class SystemPanel(RowWidget):
    """Process and GPU metrics as timelines of the last minutes, one column per second."""

    HELP = """
    Each line has a fixed scale: CPU up to 100 % a core, memory up to what the machine has, power up
    to its limit. A column is a second, at its highest; a vertical line marks where the next layer
    began. g shows the whole run.
    """

    SHOWN: ClassVar[tuple[str, ...]] = ("telemetry", "missing", "other_gpus", "machine", "energy")

    def __init__(self, machine: Machine, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.machine = machine
        self.border_title = "System"
        self._view = RunView()
        self._per_second = PerSecondMax()

    def show(self, view: RunView) -> None:
        """Show the samples of `view`."""
        before, self._view = self._view, view
        self._per_second.add_samples(view)
        gpu = view.machine.gpu if view.machine else None
        self.set_title(f"System · {gpu}" if gpu else "System")
        if any(getattr(view, name) is not getattr(before, name) for name in self.SHOWN):
            self.repaint()

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """One row per metric: name, timeline, value; below, energy, other GPUs, and why metrics are
        missing.
        """
        view = self._view
        if not view.telemetry:
            return [line((cut(no_samples(view), width), "dim"))][:height]
        available = list(metric_styles(view, self.machine))
        facts = list(filter(None, (energy_text(view), others_text(view))))
        reasons = missing_lines(view)
        if any(
            metric_style.metric == "gpu_utilization_percent" for metric_style in available
        ):  # then the reasons come last
            reasons = reasons[: max(0, height - len(available) - len(facts))]
        lines = [*facts, *wrapped(reasons, width)]
        fits = len(available) + len(lines) <= height
        texts = lines if fits else [*facts, *reasons][: max(1, height // 3)]
        below = [line((cut(text, width), "dim")) for text in texts]
        shown = available[: max(0, height - len(below))]
        name_width = max((len(metric_style.name) for metric_style in shown), default=0)
        value_width = 20 if width >= WIDE else 17
        across = max(4, width - name_width - value_width - 2)
        columns, marks = newest_columns(self._per_second.stages, across)
        rows = [
            self._row(metric_style, columns, marks, name_width, across, value_width)
            for metric_style in shown
        ]
        return [*rows, *below][:height]

    def _row(
        self,
        metric_style: MetricStyle,
        columns: int,
        marks: Sequence[int],
        name_width: int,
        across: int,
        value_width: int,
    ) -> Line:
        highest = self._per_second.highest(metric_style.metric, columns)
        extents = [None if value is None else (value, value) for value in highest]
        (spans,) = timeline(extents, metric_style.top, 1, marks, self.glyphs)
        before = " " * (across - columns - len(marks))
        value_text = metric_style.text(getattr(self._view.telemetry[-1], metric_style.metric))
        return line(
            (f"{metric_style.name:<{name_width}} {before}", "dim"),
            *spans,
            f" {value_text:>{value_width}}",
        )


def no_samples(view: RunView) -> str:
    """Why a run has no telemetry to show."""
    if view.progress is not None and view.machine is None:
        return "this run takes no samples of the machine: telemetry.hz is 0"
    return "no samples yet: they start with the run"


def energy_text(view: RunView) -> str:
    """The energy of learning so far, in all and per image, and how it was measured; empty where it
    is not available.
    """
    account = view.energy
    source = account.source
    usage = account.total
    energy = usage.energy_of(source) if source else None
    if source is None or energy is None:
        return ""
    whose = "" if source == "gpu" else "CPU "
    parts = [f"{whose}energy {fmt.energy(energy.joules)}"]
    parts += [f"{fmt.energy(energy.joules / usage.images)} an image"] if usage.images else []
    idle = account.idle.partial_energy_of(source)
    parts += [f"idle {idle.power_w:.0f} W"] if idle and idle.power_w is not None else []
    return (
        f"{', '.join(parts)} (by"
        f" {'counter and power' if energy.method == 'both' else energy.method})"
    )


def others_text(view: RunView) -> str:
    """The utilization of the GPUs that this run does not use, in one line."""
    seen = view.other_gpus
    if seen is None or not seen.utilization_percent:
        return ""
    busy = ", ".join(
        "n/a" if value is None else f"{value:.0f} %" for value in seen.utilization_percent
    )
    count = len(seen.utilization_percent)
    return f"{count} other GPU{'s' if count > 1 else ''}: {busy}"
