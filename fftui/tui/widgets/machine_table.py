"""What each layer asked of the machine as a table, the GPUs beside the one that learns, and the sampler itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from fftui import format as fmt
from fftui.runs.energy import Place, Spent
from fftui.runs.history import FIGURES, NOTHING
from fftui.runs.view import RunView
from fftui.tui.places import place_name
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
    # Not strict: what stands in a journal need not agree.
    figures = zip(seen.utilization_percent, seen.memory_used_bytes, seen.memory_total_bytes, seen.power_w, strict=False)
    for name, (busy, used, total, power) in zip(view.machine.other_gpus, figures, strict=False):
        parts = [
            "n/a" if busy is None else f"{busy:.0f} %",
            "n/a" if used is None else f"{fmt.size(used)} of {fmt.size(total)}",
            "n/a" if power is None else f"{power:.0f} W",
        ]
        lines.append(f"{parts[0]:>6}  {parts[2]:>6}  {parts[1]:>18}  {name}")  # the name may be cut
    return lines


def sampler_lines(view: RunView) -> list[str]:
    """How steady the sampler was and what it cost, once it is done."""
    end = view.sampler
    if end is None:
        return []
    steady = "" if end.on_time is None else f", {100 * end.on_time:.1f} % of them within 20 ms of their time"
    missed = f", {end.missed} missed" if end.missed else ""
    cost = f"; it took {100 * end.cpu_s / end.elapsed_s:.2f} % of one core" if end.elapsed_s > 0 else ""
    ended = [f"the sampler ended before the run: {end.error}"] if end.error else []
    return [f"sampler: {fmt.count(end.samples)} looks{steady}{missed}{cost}", *ended]


def _entries(view: RunView) -> Iterator[Entry]:
    ledger = view.ledger
    if ledger.idle.seconds:
        yield Entry("rest", None, ledger.idle)
    learned = dict(ledger.learning)
    places = [place for place, _ in view.history.places if place[0] is not None]
    for place in dict.fromkeys([*places, *learned]):
        yield Entry(place_name(view, place), place, learned.get(place))
    if len(learned) > 1:
        yield Entry("learning", None, ledger.total)
    if ledger.evaluating.seconds:
        yield Entry("evaluation", None, ledger.evaluating)


def _columns(view: RunView) -> Iterator[Cells]:
    source = view.ledger.source or "gpu"
    seen_at = dict(view.history.places)

    def mean(figure: str, write: Callable[[float], str]) -> Callable[[Entry], str | None]:
        index = FIGURES.index(figure)

        def text(entry: Entry) -> str | None:
            seen = seen_at.get(entry.place, NOTHING)[index] if entry.place else None
            return write(seen.mean) if seen else None

        return text

    power_seen = mean("power_w" if source == "gpu" else "cpu_power_w", lambda v: f"{v:.0f}")

    def energy(entry: Entry) -> str | None:
        known = entry.spent.of(source) if entry.spent else None
        return fmt.energy(known.joules) if known else None

    def each(entry: Entry) -> str | None:
        known = entry.spent.of(source) if entry.spent else None
        return fmt.energy(known.joules / entry.spent.images) if known and entry.spent and entry.spent.images else None

    def watts(entry: Entry) -> str | None:
        known = entry.spent.known(source) if entry.spent else None
        return f"{known.power_w:.0f}" if known and known.power_w is not None else power_seen(entry)

    def method(entry: Entry) -> str | None:
        known = entry.spent.of(source) if entry.spent else None
        return known.method if known else None

    yield Cells("time", 9, lambda entry: fmt.duration(entry.spent.seconds) if entry.spent else None)
    yield Cells("CPU %", 7, mean("process_cpu_percent", lambda v: f"{v:.0f}"))
    yield Cells("GPU %", 7, mean("gpu_utilization_percent", lambda v: f"{v:.0f}"))
    yield Cells("bus %", 7, mean("gpu_memory_utilization_percent", lambda v: f"{v:.0f}"))
    yield Cells("power W" if source == "gpu" else "CPU W", 9, watts)
    yield Cells("energy", 9, energy)
    yield Cells("an image", 10, each)
    yield Cells("compute", 9, _sum_of(view, "compute_s"))
    yield Cells("data", 8, _sum_of(view, "data_s"))
    yield Cells("GPU memory", 12, mean("gpu_memory_used_bytes", fmt.size))
    yield Cells("memory", 9, mean("process_memory_bytes", fmt.size))
    yield Cells("SM MHz", 8, mean("gpu_sm_clock_mhz", lambda v: f"{v:.0f}"))
    yield Cells("C", 5, mean("gpu_temperature_c", lambda v: f"{v:.0f}"))
    yield Cells("energy by", 18, method)


def _sum_of(view: RunView, time: Literal["compute_s", "data_s"]) -> Callable[[Entry], str | None]:
    """The epochs' time on the device, or for their images, where every epoch tells it."""

    def text(entry: Entry) -> str | None:
        phase, layer = entry.place or (None, None)
        stretch = view.stretch(phase, layer) if phase is not None else None
        number = stretch.rows[0] if stretch else None  # those that learn in parallel share their epochs
        row = next((row for row in view.layers if row.number == number), None) if stretch else None
        each = [getattr(e, time) for e in row.history if stretch and e.phase == stretch.phase] if row else []
        return fmt.duration(sum(each)) if each and None not in each else None

    return text
