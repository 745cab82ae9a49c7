"""The paper's figures of time, memory, utilisation and power (its Figures 3 to 7), from runs'
tables.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from matplotlib.axes import Axes

from fftui.studies.figures.curve_figures import (
    MACHINE,
    RunTables,
    epochs_one_after_another,
    over_time,
)
from fftui.studies.figures.plots import Bar, line_styles_of, log_y_axis, vertical_bars, violins
from fftui.studies.figures.style import Drawing, SkippedFigure, grid, legend_above

HARDEST_FIRST = ("cifar100", "svhn", "cifar10", "fashion-mnist", "mnist", "mnist-mini")
NO_GPU = "no run has it: that needs an NVIDIA GPU"
Panel = Callable[[Axes], None]
LINEAR, ATTENTION = "paper/ff", "paper/attention-frozen"


@dataclass(frozen=True)
class MethodRun:
    """One finished run of a study: its method, tables and learning time, and the learning time that
    the paper reports.

    `memory_bytes` is the highest sample, of the GPU or else of the process.
    """

    method: str
    tables: RunTables
    train_s: float | None
    memory_bytes: float | None
    paper_s: float | None = None


def comparison_figures(runs: Sequence[MethodRun]) -> Iterator[Drawing | SkippedFigure]:
    """Figures 3 and 4: times of FF and backprop; memory and power."""
    yield from _figure_3(runs)
    yield from _figure_4(runs)


def attention_figures(runs: Sequence[MethodRun]) -> Iterator[Drawing | SkippedFigure]:
    """Figures 5 to 7: utilisation, times and power of linear against attention layers."""
    yield from _figure_5(runs)
    yield from _figure_6(runs)
    yield from _figure_7(runs)


def _figure_3(runs: Sequence[MethodRun]) -> Iterator[Drawing | SkippedFigure]:
    name = "figure-3-times"
    timed = [run for run in runs if run.train_s is not None]
    if not timed:
        yield SkippedFigure(name, "no run has finished")
        return
    hardest = _on_hardest(timed)
    times = [run for run in hardest if run.tables.epochs["compute_s"].drop_nulls().len()]
    figure, axes = grid(3 if times else 1, 3)
    given = [
        Bar(run.tables.data, run.method, run.train_s, paper=run.paper_s) for run in _by_set(timed)
    ]
    vertical_bars(axes[0], given, line_styles_of([bar.series for bar in given]))
    axes[0].set(ylabel="end-to-end time, s", title="(a) end to end")
    log_y_axis(axes[0])
    axes[0].set_ylim(
        bottom=10 ** math.floor(math.log10(min(max(run.train_s or 0.0, 1e-3) for run in timed)))
    )
    legend_above(figure, axes[0], columns=5)
    if times:
        data = times[0].tables.data
        for index, run in enumerate(times):
            for panel, column in zip(axes[1:], ("compute_s", "epoch_s"), strict=True):
                label = (
                    "compute time of an epoch, s"
                    if column == "compute_s"
                    else "time of an epoch, s"
                )
                epochs_one_after_another(panel, run.tables.epochs, column, label, index, run.method)
        axes[1].set_title(f"(b) compute, {data}")
        axes[2].set_title(f"(c) epochs, {data}")
        for panel in axes[1:]:
            log_y_axis(panel)
    yield Drawing(name, figure)


def _figure_4(runs: Sequence[MethodRun]) -> Iterator[Drawing | SkippedFigure]:
    name = "figure-4-memory-power"
    known = [run for run in _by_set(runs) if run.memory_bytes is not None]
    power = _samples(_on_hardest(runs), "power_w")
    if not known and not power:
        yield SkippedFigure(name, "no run has telemetry")
        return
    if not power:
        yield SkippedFigure(f"{name} (b), power", NO_GPU)
    figure, axes = grid(bool(known) + bool(power))
    if known:
        of_gpu = any(
            run.tables.telemetry["gpu_memory_used_bytes"].drop_nulls().len() for run in known
        )
        given = [Bar(run.tables.data, run.method, (run.memory_bytes or 0.0) / 1e9) for run in known]
        vertical_bars(axes[0], given, line_styles_of([bar.series for bar in given]))
        axes[0].set(
            ylabel=f"memory of the {'GPU' if of_gpu else 'process'}, GB", title="(a) highest memory"
        )
        legend_above(figure, axes[0], columns=4 if len(axes) > 1 else 2)
    if power:
        violins(axes[-1], power, line_styles_of(list(power)))
        axes[-1].set(ylabel=MACHINE["power_w"][0], title="(b) power drawn")
    yield Drawing(name, figure)


def _figure_5(runs: Sequence[MethodRun]) -> Iterator[Drawing | SkippedFigure]:
    name = "figure-5-utilisation"
    pair = _on_hardest(_of_pair(runs))
    use = _samples(pair, "gpu_utilization_percent")
    if not use:
        yield SkippedFigure(f"{name} (a, b), GPU utilisation", NO_GPU)
    panels: list[tuple[str, Panel]] = []
    if use:
        panels.append(("GPU utilisation", _violin_panel(use, "gpu_utilization_percent")))
    panels += [(f"compute time, {_kind(run)}", _compute_time(run)) for run in pair]
    yield from _composed(name, panels, pair)


def _figure_6(runs: Sequence[MethodRun]) -> Iterator[Drawing | SkippedFigure]:
    name, column = "figure-6-memory-utilisation", "gpu_memory_utilization_percent"
    sets = list(dict.fromkeys(run.tables.data for run in _by_set(_of_pair(runs))))
    panels: list[tuple[str, Panel]] = []
    for data in sets:
        found = _samples([run for run in _of_pair(runs) if run.tables.data == data], column)
        if found:
            panels.append((data, _violin_panel(found, column)))
    if not panels:
        yield SkippedFigure(name, NO_GPU)
        return
    yield from _composed(name, panels, ())


def _figure_7(runs: Sequence[MethodRun]) -> Iterator[Drawing | SkippedFigure]:
    name, column = "figure-7-power", "power_w"
    pair = [
        run
        for run in _on_hardest(_of_pair(runs))
        if run.tables.telemetry[column].drop_nulls().len() > 1
    ]
    if not pair:
        yield SkippedFigure(name, NO_GPU)
        return
    panels: list[tuple[str, Panel]] = [("power", _violin_panel(_samples(pair, column), column))]
    panels += [(f"power over time, {_kind(run)}", _power_over_time(run)) for run in pair]
    yield from _composed(name, panels, pair)


def _composed(
    name: str, panels: Sequence[tuple[str, Panel]], runs: Sequence[MethodRun]
) -> Iterator[Drawing | SkippedFigure]:
    """Panels with letters and titles, three or two in a row; the title names the data set of
    `runs`.
    """
    if not panels:
        yield SkippedFigure(name, "no run of both networks has finished on one set")
        return
    figure, all_axes = grid(len(panels), 3 if len(panels) == 3 else 2)
    for letter, axes, (title, draw) in zip("abcdefgh", all_axes, panels, strict=False):
        draw(axes)
        axes.set_title(f"({letter}) {title}")
    if runs:
        figure.suptitle(f"fully connected and attention layers, {runs[0].tables.data}", fontsize=8)
    yield Drawing(name, figure)


def _compute_time(run: MethodRun) -> Panel:
    def draw(axes: Axes) -> None:
        label = "compute time of an epoch, s"
        epochs_one_after_another(
            axes, run.tables.epochs, "compute_s", label, int(run.method == ATTENTION), run.method
        )

    return draw


def _power_over_time(run: MethodRun) -> Panel:
    return lambda axes: over_time(axes, run.tables.telemetry, "power_w")


def _violin_panel(samples: Mapping[str, Sequence[float]], column: str) -> Panel:
    def draw(axes: Axes) -> None:
        violins(axes, samples, line_styles_of(list(samples)))
        axes.set_ylabel(MACHINE[column][0])

    return draw


def _samples(runs: Sequence[MethodRun], column: str) -> dict[str, list[float]]:
    """Samples of one telemetry column during learning, by method."""
    found: dict[str, list[float]] = {}
    for run in runs:
        learning = run.tables.telemetry.filter(pl.col("phase").is_not_null())
        values = (learning[column].drop_nulls() / MACHINE[column][1]).to_list()
        if values:
            found.setdefault(run.method, []).extend(values)
    return found


def _of_pair(runs: Sequence[MethodRun]) -> list[MethodRun]:
    """Runs of both networks, on sets where both have one."""
    sets = {
        data
        for data in _sets(runs)
        if {LINEAR, ATTENTION} <= {r.method for r in runs if r.tables.data == data}
    }
    return [run for run in runs if run.tables.data in sets and run.method in (LINEAR, ATTENTION)]


def _on_hardest(runs: Sequence[MethodRun]) -> list[MethodRun]:
    """Those on the most complex set that most methods were run on: of each method the first."""
    if not runs:
        return []
    methods = {
        data: len({run.method for run in runs if run.tables.data == data}) for data in _sets(runs)
    }
    data = max(methods, key=lambda name: (methods[name], -HARDEST_FIRST.index(name)))
    own = [run for run in runs if run.tables.data == data]
    return [
        next(run for run in own if run.method == method)
        for method in dict.fromkeys(run.method for run in own)
    ]


def _by_set(runs: Sequence[MethodRun]) -> list[MethodRun]:
    """Runs sorted by set, simplest first; of each set and method the first."""
    first = {(run.tables.data, run.method): run for run in reversed(runs)}
    methods = list(dict.fromkeys(run.method for run in runs))
    order = sorted(first, key=lambda key: (-HARDEST_FIRST.index(key[0]), methods.index(key[1])))
    return [first[key] for key in order]


def _sets(runs: Sequence[MethodRun]) -> list[str]:
    return list(dict.fromkeys(run.tables.data for run in runs))


def _kind(run: MethodRun) -> str:
    return "attention" if run.method == ATTENTION else "fully connected"
