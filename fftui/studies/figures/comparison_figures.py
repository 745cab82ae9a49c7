"""The paper's Figures 3 and 4, from runs' tables: time, memory and power of FF and backprop."""

from collections.abc import Iterator, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fftui.studies.figures.curve_figures import MACHINE, epochs_one_after_another
from fftui.studies.figures.method_runs import (
    BACKPROP,
    LINEAR,
    NO_GPU,
    PER_IMAGE,
    MethodRun,
    RunsOnSet,
    notes_of,
    runs_on,
    samples,
)
from fftui.studies.figures.plots import (
    Bar,
    StackedBar,
    horizontal_bars,
    line_styles_of,
    log_y_axis,
    stacked_bars,
    violins,
)
from fftui.studies.figures.style import (
    PAGE_IN,
    PAPER_LABEL,
    Drawing,
    SkippedFigure,
    grid,
    legend_above,
    note_below,
)
from fftui.studies.reported import MachineUse, machine_use, seconds
from fftui.studies.study_catalogue import PAPER_SETS

FIGURE_3, FIGURE_4 = "figure-3-times", "figure-4-memory-power"
EPOCHS_ON, MACHINE_ON = "cifar100", "mnist"  # the paper's sets of Figure 3's epochs and of Figure 4
KINDS = {LINEAR: "forward-forward", BACKPROP: "backprop", PER_IMAGE: "backprop"}
BAR_IN = 0.145  # height of a row of stacked bars, inches
COLAB = "the paper's: a GPU of Google Colab"


def comparison_figures(
    runs: Sequence[MethodRun], notes: Sequence[str] = ()
) -> Iterator[Drawing | SkippedFigure]:
    """Figures 3 and 4; `notes` are what a reader has to know of all these runs."""
    yield from _figure_3(runs, notes)
    yield from _figure_4(runs, notes)


def _figure_3(runs: Sequence[MethodRun], notes: Sequence[str]) -> Iterator[Drawing | SkippedFigure]:
    groups = _by_paper_set([run for run in runs if run.time_shares is not None])
    if not groups:
        yield SkippedFigure(FIGURE_3, "no run has finished")
        return
    bars = [(_set_name(group), [_whole_run(run, group) for run in group.runs]) for group in groups]
    rows = sum(1 + len(own) for _, own in bars)
    figure = Figure(figsize=(PAGE_IN, max(3.6, BAR_IN * rows + 1.3)), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1.15, 1), squeeze=False)[0]
    whole = left.add_subplot()
    stacked_bars(whole, bars)
    whole.set(xlabel="end-to-end time, s", title="(a) whole runs")
    legend_above(left, whole, columns=2)
    timed = runs_on([run for run in runs if run.method in KINDS], EPOCHS_ON)
    if timed is None:
        yield SkippedFigure(f"{FIGURE_3} (b, c)", "no run of the paper's methods has finished")
    else:
        compute, wall = right.subplots(2, 1, sharex=True)
        _epochs(compute, timed, "compute_s", "compute time, s")
        _epochs(wall, timed, "epoch_s", "wall time, s")
        compute.set(title=f"(b) compute time of an epoch, {timed.data}", xlabel="")
        wall.set_title(f"(c) wall time of an epoch, {timed.data}")
        legend_above(right, compute, columns=2)
    if not any(run.method == PER_IMAGE for run in runs):
        hint = f"fftui run --preset {PER_IMAGE} --data SET"
        yield SkippedFigure(
            f"{FIGURE_3} (a), {PER_IMAGE}",
            f"no run of it has finished, so the input pipeline's share is not seen: {hint}",
        )
    shown = [*groups, timed] if timed else groups
    note_below(figure, notes_of(shown, [COLAB, *notes]))
    yield Drawing(FIGURE_3, figure)


def _by_paper_set(runs: Sequence[MethodRun]) -> list[RunsOnSet]:
    """The paper's sets that have runs, in its order; where none has, the one nearest to its
    first.
    """
    own = [
        RunsOnSet(data, data, tuple(run for run in runs if run.data == data))
        for data in PAPER_SETS
        if any(run.data == data for run in runs)
    ]
    nearest = runs_on(runs, PAPER_SETS[0])
    return own or ([nearest] if nearest else [])


def _set_name(group: RunsOnSet) -> str:
    return group.data if group.data == group.wanted else f"{group.data}, for {group.wanted}"


def _whole_run(run: MethodRun, group: RunsOnSet) -> StackedBar:
    assert run.time_shares is not None
    reported = seconds(_kind(run, group), group.wanted)
    return StackedBar(
        run.method,
        (
            ("learning", run.time_shares.learning_s),
            ("loading images, setting up", run.time_shares.loading_s),
            ("evaluation", run.time_shares.evaluation_s),
        ),
        run.e2e_range_s,
        reported.whole if reported else None,
    )


def _kind(run: MethodRun, group: RunsOnSet) -> str:
    """The paper's method that the run stands for, empty for none. Its backprop is the one behind
    its input pipeline, where that was run.
    """
    pipeline = any(each.method == PER_IMAGE for each in group.runs)
    return "" if pipeline and run.method == BACKPROP else KINDS.get(run.method, "")


def _epochs(axes: Axes, group: RunsOnSet, column: str, label: str) -> None:
    styles = line_styles_of(list(KINDS))
    for run in group.runs:
        if run.tables.epochs[column].drop_nulls().len():
            epochs_one_after_another(
                axes, run.tables.epochs, column, label, styles[run.method], run.method
            )
    log_y_axis(axes)


def _figure_4(runs: Sequence[MethodRun], notes: Sequence[str]) -> Iterator[Drawing | SkippedFigure]:
    group = runs_on([run for run in runs if run.tables.telemetry.height], MACHINE_ON)
    if group is None:
        yield SkippedFigure(FIGURE_4, "no run has telemetry")
        return
    memory, label = _memory(group)
    power = samples(group.runs, "power_w")
    if not power:
        yield SkippedFigure(f"{FIGURE_4} (b), power", NO_GPU)
    if not memory:
        yield SkippedFigure(f"{FIGURE_4} (a), memory", "no run says what memory it took")
    panels = bool(memory) + bool(power)
    if not panels:
        return
    figure, axes = grid(panels)
    if memory:
        horizontal_bars(axes[0], memory, line_styles_of([bar.series for bar in memory]))
        axes[0].set(xlabel=label, title=f"(a) memory, {group.data}")
        axes[0].set_xlim(left=0)
    if power:
        paper = {method: use.power_w for method, use in _papers_use(group).items()}
        violins(axes[-1], power, line_styles_of(list(power)), paper)
        axes[-1].set(ylabel=MACHINE["power_w"][0], title=f"(b) power, {group.data}")
        axes[-1].set_ylim(bottom=0)
    with_paper = [each for each in axes if PAPER_LABEL in each.get_legend_handles_labels()[1]]
    legend_above(figure, (with_paper or axes)[0], columns=2)
    note_below(figure, notes_of([group], [*([COLAB] if with_paper else []), *notes]))
    yield Drawing(FIGURE_4, figure)


def _memory(group: RunsOnSet) -> tuple[list[Bar], str]:
    """A bar for each run with known memory, and the label of their axis: of the GPU where any run
    used one, else of the process.
    """
    if any(run.gpu_memory_used_percent is not None for run in group.runs):
        paper = {name: use.memory_usage_percent for name, use in _papers_use(group).items()}
        return [
            Bar(name, name, run.gpu_memory_used_percent, paper=paper.get(name))
            for run in group.runs
            for name in [run.method]
        ], "mean GPU memory in use, % of the board's"
    return [
        Bar(run.method, run.method, run.memory_above_bytes / 1e6)
        for run in group.runs
        if run.memory_above_bytes is not None
    ], "peak memory that it took, MB"


def _papers_use(group: RunsOnSet) -> Mapping[str, MachineUse]:
    """The paper's memory and power, by the method that stands for it."""
    found = {run.method: machine_use(_kind(run, group), group.wanted) for run in group.runs}
    return {method: use for method, use in found.items() if use is not None}
