"""`SystemPanel`: what the machine does while layers learn, each figure on its own fixed scale."""

from collections.abc import Sequence
from typing import ClassVar

from fftui import format as fmt
from fftui.runs.view import RunView
from fftui.tui.gauges import Gauge, Machine, gauges, missing_lines
from fftui.tui.glyphs import plain
from fftui.tui.widgets.painted import Line, Painted, line
from fftui.tui.widgets.plot import sparkline
from fftui.tui.widgets.seconds import Seconds
from fftui.tui.widgets.strips import marked, newest
from fftui.tui.widgets.text import cut, wrapped

WIDE = 50  # cells from which a value has room for its whole


class SystemPanel(Painted):
    """Process and GPU figures as strips of the last minutes, a column a second."""

    HELP = """
    Each line has a fixed scale: CPU up to 100 % a core, memory up to what the machine has, power up to its limit. A
    column is a second, at its highest; a mark across the strips is where the next layer began. g shows the whole run.
    """

    SHOWN: ClassVar[tuple[str, ...]] = ("telemetry", "missing", "other_gpus", "machine", "ledger")

    def __init__(self, machine: Machine, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.machine = machine
        self.border_title = "System"
        self._view = RunView()
        self._seconds = Seconds()

    def show(self, view: RunView) -> None:
        """Show the samples of `view`."""
        before, self._view = self._view, view
        self._seconds.take(view)
        gpu = view.machine.gpu if view.machine else None
        title = plain(f"System · {gpu}" if gpu else "System", self.ascii_only)
        if self.border_title != title:
            self.border_title = title
        if any(getattr(view, name) is not getattr(before, name) for name in self.SHOWN):
            self.repaint()

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """One row a figure: name, strip, value; below, energy, other GPUs, and why figures are missing."""
        view = self._view
        if not view.telemetry:
            return [line((cut(no_samples(view), width), "dim"))][:height]
        told = list(gauges(view, self.machine))
        facts = list(filter(None, (energy_text(view), others_text(view))))
        reasons = missing_lines(view)
        if any(gauge.figure == "gpu_utilization_percent" for gauge in told):  # reasons are then the last thing to show
            reasons = reasons[: max(0, height - len(told) - len(facts))]
        whole = [*facts, *wrapped(reasons, width)]
        fits = len(told) + len(whole) <= height
        texts = whole if fits else [*facts, *reasons][: max(1, height // 3)]
        below = [line((cut(text, width), "dim")) for text in texts]
        shown = told[: max(0, height - len(below))]
        named = max((len(gauge.name) for gauge in shown), default=0)
        value = 20 if width >= WIDE else 17
        across = max(4, width - named - value - 2)
        columns, marks = newest(self._seconds.places, across)
        rows = [self._row(gauge, columns, marks, named, across, value) for gauge in shown]
        return [*rows, *below][:height]

    def _row(self, gauge: Gauge, columns: int, marks: Sequence[int], named: int, across: int, value: int) -> Line:
        values = self._seconds.highest(gauge.figure, columns)
        pieces = marked(
            sparkline(values, 0.0, gauge.top, columns, self.glyphs.levels), marks, self.glyphs.boundary, "dim"
        )
        before = " " * (across - columns - len(marks))
        told = gauge.text(getattr(self._view.telemetry[-1], gauge.figure))
        return line((f"{gauge.name:<{named}} {before}", "dim"), *pieces, f" {told:>{value}}")


def no_samples(view: RunView) -> str:
    """Why there is nothing to see of the machine."""
    if view.progress is not None and view.machine is None:
        return "this run does not look at the machine: telemetry.hz is 0"
    return "no samples yet: they start with the run"


def energy_text(view: RunView) -> str:
    """What learning has drawn so far, in all and for each image, and how that is known; empty where it is not."""
    ledger = view.ledger
    source = ledger.source
    spent = ledger.total
    energy = spent.of(source) if source else None
    if source is None or energy is None:
        return ""
    whose = "" if source == "gpu" else "CPU "
    parts = [f"{whose}energy {fmt.energy(energy.joules)}"]
    parts += [f"{fmt.energy(energy.joules / spent.images)} an image"] if spent.images else []
    rest = ledger.idle.known(source)
    parts += [f"at rest {rest.power_w:.0f} W"] if rest and rest.power_w is not None else []
    return f"{', '.join(parts)} (by {'counter and power' if energy.method == 'both' else energy.method})"


def others_text(view: RunView) -> str:
    """How busy the GPUs are that do not learn, in one line."""
    seen = view.other_gpus
    if seen is None or not seen.utilization_percent:
        return ""
    busy = ", ".join("n/a" if value is None else f"{value:.0f} %" for value in seen.utilization_percent)
    count = len(seen.utilization_percent)
    return f"{count} other GPU{'s' if count > 1 else ''}: {busy}"
