"""The table of a run's metrics by layer, and the lines of the other GPUs and of the telemetry
sampler.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from fftui.events import StageKey
from fftui.runs.energy import Energy, Source, Usage
from fftui.runs.history import METRICS, NO_RANGES
from fftui.runs.layer_view import EpochView
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


class _StageTexts:
    """The texts of a run's stages, by column."""

    def __init__(self, view: RunView) -> None:
        self._view = view
        self._ranges_of = dict(view.history.stages)
        self.source: Source = view.energy.source or "gpu"
        power = "power_w" if self.source == "gpu" else "cpu_power_w"
        self._mean_power = self.mean(power, _whole)

    def mean(self, metric: str, write: Callable[[float], str]) -> Callable[[StageRow], str | None]:
        """The text of the mean of a metric."""
        index = METRICS.index(metric)

        def text(row: StageRow) -> str | None:
            seen = self._ranges_of.get(row.key, NO_RANGES)[index] if row.key else None
            return write(seen.mean) if seen else None

        return text

    def sum_of(self, time: Literal["compute_s", "data_s"]) -> Callable[[StageRow], str | None]:
        """The text of the summed `time` of a row's epochs, None unless every epoch has it."""

        def text(row: StageRow) -> str | None:
            times = [getattr(epoch, time) for epoch in self._epochs(row)]
            return fmt.duration(sum(times)) if times and None not in times else None

        return text

    def _epochs(self, row: StageRow) -> list[EpochView]:
        """The epochs of a row; those that learn in parallel share them."""
        phase, layer = row.key or (None, None)
        stage = self._view.stage(phase, layer) if phase is not None else None
        if stage is None:
            return []
        layer_view = next((e for e in self._view.layers if e.number == stage.rows[0]), None)
        return [e for e in layer_view.history if e.phase == stage.phase] if layer_view else []

    def _energy(self, row: StageRow) -> Energy | None:
        return row.usage.energy_of(self.source) if row.usage else None

    def energy(self, row: StageRow) -> str | None:
        """The energy in all."""
        known = self._energy(row)
        return fmt.energy(known.joules) if known else None

    def energy_per_image(self, row: StageRow) -> str | None:
        """The energy of one image."""
        known, images = self._energy(row), row.usage.images if row.usage else 0
        return fmt.energy(known.joules / images) if known and images else None

    def watts(self, row: StageRow) -> str | None:
        """The power over the measured time, else the mean of the samples."""
        known = row.usage.partial_energy_of(self.source) if row.usage else None
        measured = known.power_w if known else None
        return _whole(measured) if measured is not None else self._mean_power(row)

    def method(self, row: StageRow) -> str | None:
        """How the energy was measured."""
        known = self._energy(row)
        return known.method if known else None


def _columns(view: RunView) -> list[TableColumn]:
    of = _StageTexts(view)
    power = "power W" if of.source == "gpu" else "CPU W"
    return [
        TableColumn("time", 9, lambda row: fmt.duration(row.usage.seconds) if row.usage else None),
        TableColumn("CPU %", 7, of.mean("process_cpu_percent", _whole)),
        TableColumn("GPU %", 7, of.mean("gpu_utilization_percent", _whole)),
        TableColumn("bus %", 7, of.mean("gpu_memory_utilization_percent", _whole)),
        TableColumn(power, 9, of.watts),
        TableColumn("energy", 9, of.energy),
        TableColumn("an image", 10, of.energy_per_image),
        TableColumn("compute", 9, of.sum_of("compute_s")),
        TableColumn("data", 8, of.sum_of("data_s")),
        TableColumn("GPU memory", 12, of.mean("gpu_memory_used_bytes", fmt.size)),
        TableColumn("memory", 9, of.mean("process_memory_bytes", fmt.size)),
        TableColumn("SM MHz", 8, of.mean("gpu_sm_clock_mhz", _whole)),
        TableColumn("C", 5, of.mean("gpu_temperature_c", _whole)),
        TableColumn("energy by", 18, of.method),
    ]


def _whole(value: float) -> str:
    return f"{value:.0f}"
