"""What each layer asked of the machine as a table, the GPUs beside the one that learns, and the sampler itself."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fftui import format as fmt
from fftui.runs.energy import Place, Spent
from fftui.runs.view import RunView
from fftui.tui.widgets.painted import Line, line
from fftui.tui.widgets.text import fitted

NAMED = 14  # cells of a row's name


@dataclass(frozen=True)
class Entry:
    """One row: a layer, the rest before the run, or evaluation."""

    name: str
    place: Place | None  # where its samples are; None: no samples of its own
    spent: Spent | None


@dataclass(frozen=True)
class Cells:
    """One column: its head, its width, and what a row shows in it; None where that is not told."""

    head: str
    width: int
    text: Callable[[Entry], str | None]


def layer_table(view: RunView, width: int) -> Iterator[Line]:
    """Means by layer, with energy; without the columns in which nothing is told, or for which there is no room."""
    entries = list(_entries(view))
    if not entries:
        return
    rows = [(cells, [cells.text(entry) for entry in entries]) for cells in _columns(view)]
    told = [(cells, texts) for cells, texts in rows if any(text is not None for text in texts)]
    while told and NAMED + sum(cells.width for cells, _ in told) > width:
        told.pop()
    head = f"{'mean of':<{NAMED}}" + "".join(f"{cells.head:>{cells.width}}" for cells, _ in told)
    yield line((head, "dim"))
    for number, entry in enumerate(entries):
        texts = "".join(f"{texts[number] or fmt.MISSING:>{cells.width}}" for cells, texts in told)
        yield line((fitted(entry.name, NAMED), "text"), texts)


def other_gpus_lines(view: RunView) -> list[str]:
    """The GPUs that do not learn, a line each."""
    seen = view.other_gpus
    if view.machine is None or seen is None:
        return []
    lines = []
    for number, name in enumerate(view.machine.other_gpus[: len(seen.power_w)]):
        busy, used = seen.utilization_percent[number], seen.memory_used_bytes[number]
        total, power = seen.memory_total_bytes[number], seen.power_w[number]
        parts = [
            "n/a" if busy is None else f"{busy:.0f} %",
            "n/a" if used is None else f"{fmt.size(used)} of {fmt.size(total)}",
            "n/a" if power is None else f"{power:.0f} W",
        ]
        lines.append(f"{name:<28} {parts[0]:>6}  {parts[1]:>18}  {parts[2]:>6}")
    return lines


def sampler_line(view: RunView) -> list[str]:
    """How steady the sampler was and what it cost, once it is done."""
    end = view.sampler
    if end is None or end.elapsed_s <= 0:
        return []
    steady = "" if end.on_time is None else f", {100 * end.on_time:.1f} % of them within 20 ms of their time"
    missed = f", {end.missed} missed" if end.missed else ""
    cost = f"it took {100 * end.cpu_s / end.elapsed_s:.2f} % of one core"
    return [f"{fmt.count(end.samples)} looks{steady}{missed}; {cost}", *([end.error] if end.error else [])]


def _entries(view: RunView) -> Iterator[Entry]:
    ledger = view.ledger
    if ledger.idle.seconds:
        yield Entry("rest", None, ledger.idle)
    learned = dict(ledger.learning)
    places = [place for place, _ in view.history.places if place[0] is not None]
    several = len({phase for phase, _ in places}) > 1
    for place in dict.fromkeys([*places, *learned]):
        phase, layer = place
        name = "network" if layer is None else f"layer {layer}"
        yield Entry(f"{phase}: {name}" if several else name, place, learned.get(place))
    if ledger.evaluating.seconds:
        yield Entry("evaluation", None, ledger.evaluating)


def _columns(view: RunView) -> Iterator[Cells]:
    source = view.ledger.source or "gpu"

    def mean(figure: str, write: Callable[[float], str]) -> Callable[[Entry], str | None]:
        def text(entry: Entry) -> str | None:
            seen = view.history.of(entry.place, figure) if entry.place else None
            return write(seen.mean) if seen and math.isfinite(seen.mean) else None

        return text

    def energy(entry: Entry) -> str | None:
        known = entry.spent.of(source) if entry.spent else None
        return fmt.energy(known.joules) if known else None

    def each(entry: Entry) -> str | None:
        known = entry.spent.of(source) if entry.spent else None
        return fmt.energy(known.joules / entry.spent.images) if known and entry.spent and entry.spent.images else None

    def watts(entry: Entry) -> str | None:
        known = entry.spent.known(source) if entry.spent else None
        return f"{known.power_w:.0f}" if known and known.power_w is not None else None

    def method(entry: Entry) -> str | None:
        known = entry.spent.of(source) if entry.spent else None
        return known.method if known else None

    yield Cells("time", 9, lambda entry: fmt.duration(entry.spent.seconds) if entry.spent else None)
    yield Cells("CPU %", 7, mean("process_cpu_percent", lambda v: f"{v:.0f}"))
    yield Cells("GPU %", 7, mean("gpu_utilization_percent", lambda v: f"{v:.0f}"))
    yield Cells("bus %", 7, mean("gpu_memory_utilization_percent", lambda v: f"{v:.0f}"))
    yield Cells("power W", 9, watts)
    yield Cells("energy", 9, energy)
    yield Cells("an image", 10, each)
    yield Cells("GPU memory", 12, mean("gpu_memory_used_bytes", fmt.size))
    yield Cells("memory", 9, mean("process_memory_bytes", fmt.size))
    yield Cells("SM MHz", 8, mean("gpu_sm_clock_mhz", lambda v: f"{v:.0f}"))
    yield Cells("C", 5, mean("gpu_temperature_c", lambda v: f"{v:.0f}"))
    yield Cells("energy by", 18, method)
