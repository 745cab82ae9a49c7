"""The table of a run's metrics by layer, and the lines of the other GPUs and of the telemetry
sampler.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from fftui.events import StageKey
from fftui.runs.energy import Usage
from fftui.runs.history import METRICS, NO_RANGES
from fftui.runs.view import RunView
from fftui.text import format as fmt
from fftui.tui.stage_names import stage_name
from fftui.tui.widgets.cell_text import fitted
from fftui.tui.widgets.row_widget import Line, line

NAME_WIDTH = 14  # cells of a row's name


@dataclass(frozen=True)
class StageRow:
    """One row of the table: a layer, the idle machine before the run, or evaluation."""

    name: str
    key: StageKey | None  # the stage of its samples; None where it has none of its own
    usage: Usage | None


@dataclass(frozen=True)
class TableColumn:
    """One column of the table: its title, its width, and the text of a row in it, None where it is
    not available.
    """

    title: str
    width: int
    text: Callable[[StageRow], str | None]


def layer_table(view: RunView, width: int) -> Iterator[Line]:
    """Metrics and energy by layer, without the columns that have no values or for which there is no
    room.
    """
    stages = list(_stage_rows(view))
    if not stages:
        return
    columns = [(column, [column.text(stage) for stage in stages]) for column in _columns(view)]
    shown = [
        (column, texts) for column, texts in columns if any(text is not None for text in texts)
    ]
    while shown and NAME_WIDTH + sum(column.width for column, _ in shown) > width:
        shown.pop()
    titles = f"{'mean of':<{NAME_WIDTH}}" + "".join(
        f"{column.title:>{column.width}}" for column, _ in shown
    )
    yield line((titles, "dim"))
    for number, stage in enumerate(stages):
        texts = "".join(
            f"{texts[number] or fmt.MISSING:>{column.width}}" for column, texts in shown
        )
        yield line((fitted(stage.name, NAME_WIDTH), "text"), texts)


def other_gpus_lines(view: RunView) -> list[str]:
    """The GPUs that this run does not use, one line each."""
    seen = view.other_gpus
    if view.machine is None or seen is None:
        return []
    lines = []
    # Not strict: the lists in a journal may differ in length.
    metrics = zip(
        seen.utilization_percent,
        seen.memory_used_bytes,
        seen.memory_total_bytes,
        seen.power_w,
        strict=False,
    )
    for name, (busy, used, total, power) in zip(view.machine.other_gpus, metrics, strict=False):
        parts = [
            "n/a" if busy is None else f"{busy:.0f} %",
            "n/a" if used is None else f"{fmt.size(used)} of {fmt.size(total)}",
            "n/a" if power is None else f"{power:.0f} W",
        ]
        lines.append(f"{parts[0]:>6}  {parts[2]:>6}  {parts[1]:>18}  {name}")  # the name may be cut
    return lines


def sampler_lines(view: RunView) -> list[str]:
    """How regular the samples were and the processor time they took, once the sampler has ended."""
    end = view.sampler
    if end is None:
        return []
    steady = (
        ""
        if end.on_time is None
        else f", {100 * end.on_time:.1f} % of them within 20 ms of their time"
    )
    missed = f", {end.missed} missed" if end.missed else ""
    cost = (
        f"; it took {100 * end.cpu_s / end.elapsed_s:.2f} % of one core"
        if end.elapsed_s > 0
        else ""
    )
    ended = [f"the sampler ended before the run: {end.error}"] if end.error else []
    return [f"sampler: {fmt.count(end.samples)} samples{steady}{missed}{cost}", *ended]


def _stage_rows(view: RunView) -> Iterator[StageRow]:
    account = view.energy
    if account.idle.seconds:
        yield StageRow("idle", None, account.idle)
    learned = dict(account.learning)
    keys = [key for key, _ in view.history.stages if key[0] is not None]
    for key in dict.fromkeys([*keys, *learned]):
        yield StageRow(stage_name(view, key), key, learned.get(key))
    if len(learned) > 1:
        yield StageRow("learning", None, account.total)
    if account.evaluating.seconds:
        yield StageRow("evaluation", None, account.evaluating)


def _columns(view: RunView) -> Iterator[TableColumn]:
    source = view.energy.source or "gpu"
    ranges_of = dict(view.history.stages)

    def mean(metric: str, write: Callable[[float], str]) -> Callable[[StageRow], str | None]:
        index = METRICS.index(metric)

        def text(row: StageRow) -> str | None:
            seen = ranges_of.get(row.key, NO_RANGES)[index] if row.key else None
            return write(seen.mean) if seen else None

        return text

    mean_power = mean("power_w" if source == "gpu" else "cpu_power_w", lambda v: f"{v:.0f}")

    def energy(row: StageRow) -> str | None:
        known = row.usage.energy_of(source) if row.usage else None
        return fmt.energy(known.joules) if known else None

    def energy_per_image(row: StageRow) -> str | None:
        known = row.usage.energy_of(source) if row.usage else None
        return (
            fmt.energy(known.joules / row.usage.images)
            if known and row.usage and row.usage.images
            else None
        )

    def watts(row: StageRow) -> str | None:
        known = row.usage.partial_energy_of(source) if row.usage else None
        return f"{known.power_w:.0f}" if known and known.power_w is not None else mean_power(row)

    def method(row: StageRow) -> str | None:
        known = row.usage.energy_of(source) if row.usage else None
        return known.method if known else None

    yield TableColumn("time", 9, lambda row: fmt.duration(row.usage.seconds) if row.usage else None)
    yield TableColumn("CPU %", 7, mean("process_cpu_percent", lambda v: f"{v:.0f}"))
    yield TableColumn("GPU %", 7, mean("gpu_utilization_percent", lambda v: f"{v:.0f}"))
    yield TableColumn("bus %", 7, mean("gpu_memory_utilization_percent", lambda v: f"{v:.0f}"))
    yield TableColumn("power W" if source == "gpu" else "CPU W", 9, watts)
    yield TableColumn("energy", 9, energy)
    yield TableColumn("an image", 10, energy_per_image)
    yield TableColumn("compute", 9, _sum_of(view, "compute_s"))
    yield TableColumn("data", 8, _sum_of(view, "data_s"))
    yield TableColumn("GPU memory", 12, mean("gpu_memory_used_bytes", fmt.size))
    yield TableColumn("memory", 9, mean("process_memory_bytes", fmt.size))
    yield TableColumn("SM MHz", 8, mean("gpu_sm_clock_mhz", lambda v: f"{v:.0f}"))
    yield TableColumn("C", 5, mean("gpu_temperature_c", lambda v: f"{v:.0f}"))
    yield TableColumn("energy by", 18, method)


def _sum_of(
    view: RunView, time: Literal["compute_s", "data_s"]
) -> Callable[[StageRow], str | None]:
    """The text of the summed `time` of a row's epochs, None unless every epoch has it."""

    def text(row: StageRow) -> str | None:
        phase, layer = row.key or (None, None)
        stage = view.stage(phase, layer) if phase is not None else None
        number = stage.rows[0] if stage else None  # those that learn in parallel share their epochs
        layer_view = (
            next((each for each in view.layers if each.number == number), None) if stage else None
        )
        times = (
            [getattr(e, time) for e in layer_view.history if stage and e.phase == stage.phase]
            if layer_view
            else []
        )
        return fmt.duration(sum(times)) if times and None not in times else None

    return text
