"""The paper's Figures 5 to 7, from runs' tables: what fully connected and attention layers ask of
the machine.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from matplotlib.axes import Axes

from fftui.studies.figures.curve_figures import MACHINE, epochs_one_after_another, over_time
from fftui.studies.figures.method_runs import (
    ATTENTION,
    LINEAR,
    NO_GPU,
    MethodRun,
    RunsOnSet,
    notes_of,
    pair,
    runs_on,
    samples,
)
from fftui.studies.figures.plots import line_styles_of, violins
from fftui.studies.figures.style import Drawing, SkippedFigure, grid, note_below

FIGURE_5, FIGURE_6, FIGURE_7 = (
    "figure-5-utilisation",
    "figure-6-memory-utilisation",
    "figure-7-power",
)
# The paper's sets.
UTILISATION_ON, MEMORY_ON, POWER_ON = "cifar100", ("mnist", "cifar10"), "svhn"
NO_PAIR = "no run of both networks has finished on one set"
WORDS = {LINEAR: "fully connected", ATTENTION: "attention"}
STYLES = line_styles_of(list(WORDS.values()))
Panel = Callable[[Axes], None]


def attention_figures(
    runs: Sequence[MethodRun], notes: Sequence[str] = ()
) -> Iterator[Drawing | SkippedFigure]:
    """Figures 5 to 7; `notes` are what a reader has to know of all these runs."""
    both = pair(runs)
    yield from _figure_5(runs_on(both, UTILISATION_ON), notes)
    yield from _figure_6(both, notes)
    yield from _figure_7(runs_on(both, POWER_ON), notes)


def _figure_5(group: RunsOnSet | None, notes: Sequence[str]) -> Iterator[Drawing | SkippedFigure]:
    if group is None:
        yield SkippedFigure(FIGURE_5, NO_PAIR)
        return
    column = "gpu_utilization_percent"
    use = samples(group.runs, column)
    panels: list[tuple[str, Panel]] = []
    if use:
        panels.append(("GPU utilisation", _violins(use, column)))
    else:
        yield SkippedFigure(f"{FIGURE_5} (a), GPU utilisation", NO_GPU)
    panels += [(f"epochs, {WORDS[run.method]}", _compute_time(run)) for run in group.runs]
    yield _drawn(FIGURE_5, panels, [group], notes, equal=len(group.runs))


def _figure_6(both: Sequence[MethodRun], notes: Sequence[str]) -> Iterator[Drawing | SkippedFigure]:
    column = "gpu_memory_utilization_percent"
    known = pair([run for run in both if samples([run], column)])
    groups = {group.data: group for data in MEMORY_ON if (group := runs_on(known, data))}
    if not groups:
        yield SkippedFigure(FIGURE_6, NO_GPU if both else NO_PAIR)
        return
    panels = [
        (data, _violins(samples(group.runs, column), column)) for data, group in groups.items()
    ]
    yield _drawn(FIGURE_6, panels, list(groups.values()), notes, equal=len(panels))


def _figure_7(group: RunsOnSet | None, notes: Sequence[str]) -> Iterator[Drawing | SkippedFigure]:
    column = "power_w"
    power = samples(group.runs, column) if group else {}
    if group is None or not power:
        yield SkippedFigure(FIGURE_7, NO_GPU if group else NO_PAIR)
        return
    over = [run for run in group.runs if run.method in power]
    panels: list[tuple[str, Panel]] = [("power", _violins(power, column))]
    panels += [(f"power over time, {WORDS[run.method]}", _power_over_time(run)) for run in over]
    yield _drawn(FIGURE_7, panels, [group], notes, equal=len(panels))


def _drawn(
    name: str,
    panels: Sequence[tuple[str, Panel]],
    groups: Sequence[RunsOnSet],
    notes: Sequence[str],
    *,
    equal: int,
) -> Drawing:
    """Panels with letters and titles, in one row; the last `equal` of them have one scale."""
    figure, all_axes = grid(len(panels), len(panels))
    for letter, axes, (title, draw) in zip("abcdefgh", all_axes, panels, strict=False):
        draw(axes)
        axes.set_title(f"({letter}) {title}")
    top = max(axes.get_ylim()[1] for axes in all_axes[-equal:])
    for axes in all_axes:
        axes.set_ylim(bottom=0)
    for axes in all_axes[-equal:]:
        axes.set_ylim(top=top)
    if len(groups) == 1:
        figure.suptitle(f"fully connected and attention layers, {groups[0].data}", fontsize=8)
    note_below(figure, notes_of(groups, notes))
    return Drawing(name, figure)


def _compute_time(run: MethodRun) -> Panel:
    return lambda axes: epochs_one_after_another(
        axes,
        run.tables.epochs,
        "compute_s",
        "compute time, s",
        STYLES[WORDS[run.method]],
        run.method,
    )


def _power_over_time(run: MethodRun) -> Panel:
    return lambda axes: over_time(axes, run.tables.telemetry, "power_w")


def _violins(found: Mapping[str, Sequence[float]], column: str) -> Panel:
    def draw(axes: Axes) -> None:
        violins(axes, {WORDS[method]: values for method, values in found.items()}, STYLES)
        axes.set_ylabel(MACHINE[column][0])

    return draw
