"""One run's own figures: loss, goodness and accuracy while it learned, and what the machine did."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from fftui.studies.figures.plots import log_y_axis
from fftui.studies.figures.style import Drawing, LineStyle, SkippedFigure, grid, line_style

Stage = tuple[int, int | None]  # phase, layer; no layer is the network as a whole
NAME_SHARE, NUMBER_SHARE = 0.16, 0.03  # of a panel's width, for a layer's name and for its number
SPLITS = ("train", "validation", "test")
# Telemetry columns that are drawn: the label with its unit, and the divisor of a value.
MACHINE: dict[str, tuple[str, float]] = {
    "process_cpu_percent": ("process CPU, %", 1.0),
    "process_memory_bytes": ("process memory, GB", 1e9),
    "gpu_utilization_percent": ("GPU utilisation, %", 1.0),
    "gpu_memory_utilization_percent": ("GPU memory utilisation, %", 1.0),
    "gpu_memory_used_bytes": ("GPU memory used, GB", 1e9),
    "power_w": ("power, W", 1.0),
    "cpu_power_w": ("CPU power, W", 1.0),
}


@dataclass(frozen=True)
class RunTables:
    """One run's tables (`runs.tables`), its name and the title of its figures."""

    name: str
    title: str
    data: str
    epochs: pl.DataFrame
    layers: pl.DataFrame
    evaluations: pl.DataFrame
    telemetry: pl.DataFrame


def learning_curves(run: RunTables) -> Iterator[Drawing | SkippedFigure]:
    """Loss, goodness of positive and negative data, and accuracy over epochs, one line a layer."""
    name = f"{run.name}-curves"
    if not run.epochs.height:
        yield SkippedFigure(name, "no epoch of the run has finished")
        return
    stages = _stages(run.epochs)
    has_goodness = run.epochs["goodness_positive"].drop_nulls().len() > 0
    measured = run.evaluations.filter(~pl.col("final"))
    panels = 1 + has_goodness + bool(measured.height)
    figure, axes = grid(panels, 3 if panels == 3 else 2)
    _loss(axes[0], run.epochs, stages)
    if has_goodness:
        _goodness(axes[1], run.epochs, stages)
    if measured.height:
        _accuracy(axes[-1], measured)
    figure.suptitle(run.title, fontsize=8)
    yield Drawing(name, figure)


def machine_curves(run: RunTables) -> Iterator[Drawing | SkippedFigure]:
    """What the machine did while the run learned, over time, with the span of each layer marked."""
    name = f"{run.name}-machine"
    known = [column for column in MACHINE if run.telemetry[column].drop_nulls().len() > 1]
    if not known:
        yield SkippedFigure(
            name, "the run has no telemetry (telemetry.hz = 0, or it was over at once)"
        )
        return
    figure, all_axes = grid(len(known), panel_in=1.8)
    for axes, column in zip(all_axes, known, strict=True):
        over_time(axes, run.telemetry, column)
    figure.suptitle(run.title, fontsize=8)
    yield Drawing(name, figure)


def over_time(axes: Axes, telemetry: pl.DataFrame, column: str) -> None:
    """A telemetry column over a run's time, each layer's span labelled."""
    label, divisor = MACHINE[column]
    seen = telemetry.drop_nulls([column])
    values = (seen[column] / divisor).to_list()
    axes.plot(seen["elapsed_s"].to_list(), values, color="black", linewidth=0.8)
    axes.set(xlabel="time, s", ylabel=label, ylim=(0, 1.15 * max(*values, 1e-9)))
    spans = [
        (stage, rows["elapsed_s"].min(), rows["elapsed_s"].max())
        for stage in _stages(telemetry)
        if (rows := _of(telemetry, stage)).height
    ]
    several_phases = len({stage[0] for stage, _, _ in spans}) > 1
    for number, (stage, begin, end) in enumerate(spans):
        assert isinstance(begin, float)
        assert isinstance(end, float)
        if number % 2:
            axes.axvspan(begin, end, color="0.94", zorder=0)
        share = (end - begin) / max(axes.get_xlim()[1] - axes.get_xlim()[0], 1e-9)
        if share > NUMBER_SHARE:
            name = stage_name(stage, several_phases) if share > NAME_SHARE else str(stage[1] or "")
            above = axes.get_xaxis_transform()
            axes.text(
                (begin + end) / 2, 1.0, name, fontsize=6, ha="center", va="top", transform=above
            )


def epochs_one_after_another(
    axes: Axes, epochs: pl.DataFrame, column: str, label: str, style: LineStyle, name: str
) -> None:
    """A time of each epoch, the layers one after another, each layer's span labelled."""
    start = 0
    stages = [stage for stage in _stages(epochs) if _of(epochs, stage)[column].drop_nulls().len()]
    for number, stage in enumerate(stages):
        values = _of(epochs, stage)[column].drop_nulls().to_list()
        at = [start + epoch for epoch in range(1, len(values) + 1)]
        axes.plot(
            at,
            values,
            color=style.colour,
            linestyle=style.line,
            marker=style.marker,
            markersize=2,
            label=name if number == 0 else "_",
        )
        if len(stages) > 1:
            middle = start + (len(values) + 1) / 2
            axes.annotate(
                stage_name(stage, several_phases=False),
                (middle, max(values)),
                (0, 4),
                textcoords="offset points",
                fontsize=6,
                ha="center",
            )
        start += len(values)
    axes.set(xlabel="epoch, all layers counted", ylabel=label)
    axes.margins(y=0.12)  # room for the labels


def stage_name(stage: Stage, several_phases: bool) -> str:
    """`layer 2`, `network`; with the phase in front where there are several."""
    phase, layer = stage
    name = "network" if layer is None else f"layer {layer}"
    return f"phase {phase}, {name}" if several_phases else name


def _loss(axes: Axes, epochs: pl.DataFrame, stages: Sequence[Stage]) -> None:
    for index, stage in enumerate(stages):
        own, style = _of(epochs, stage), line_style(index)
        axes.plot(
            own["epoch"].to_list(),
            own["loss"].to_list(),
            color=style.colour,
            linestyle=style.line,
            marker=style.marker if own.height == 1 else "",
            label=stage_name(stage, len({phase for phase, _ in stages}) > 1),
        )
    axes.set_ylabel("loss")
    _epochs_below(axes, epochs)
    if min(loss for loss in epochs["loss"].drop_nulls()) > 0:
        log_y_axis(axes)
    axes.legend()


def _goodness(axes: Axes, epochs: pl.DataFrame, stages: Sequence[Stage]) -> None:
    """Solid lines are positive data, dashed ones negative; θ is a dotted level."""
    known = [
        stage for stage in stages if _of(epochs, stage)["goodness_positive"].drop_nulls().len()
    ]
    for index, stage in enumerate(known):
        own, style = _of(epochs, stage), line_style(index)
        at = own["epoch"].to_list()
        name = stage_name(stage, len({phase for phase, _ in stages}) > 1)
        mark: dict[str, Any] = {
            "color": style.colour,
            "marker": style.marker,
            "markevery": max(1, len(at) // 8),
        }
        axes.plot(at, own["goodness_positive"].to_list(), linestyle="-", label=name, **mark)
        axes.plot(at, own["goodness_negative"].to_list(), linestyle="--", **mark)
    for threshold in sorted(set(epochs["threshold"].drop_nulls())):
        axes.axhline(threshold, color="0.4", linestyle=":", label=f"θ = {threshold:g}")
    axes.plot([], [], color="0.4", linestyle="-", label="positive data")
    axes.plot([], [], color="0.4", linestyle="--", label="negative data")
    axes.set_ylabel("goodness")
    _epochs_below(axes, epochs)
    axes.legend(fontsize=6, handlelength=2.6)


def _epochs_below(axes: Axes, epochs: pl.DataFrame) -> None:
    last = epochs["epoch"].max()
    assert isinstance(last, int)
    axes.set(xlabel="epoch", xlim=(0.5, last + 0.5))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _accuracy(axes: Axes, measured: pl.DataFrame) -> None:
    """Of the layers learned so far, over the epochs of all layers one after another."""
    order = (
        measured.select("phase", "layer", "epoch")
        .unique(maintain_order=True)
        .with_row_index("at", offset=1)
    )
    counted = measured.join(order, on=["phase", "layer", "epoch"], how="left", nulls_equal=True)
    for index, split in enumerate(SPLITS):
        own, style = counted.filter(pl.col("split") == split), line_style(index)
        if own.height:
            values = (100 * own["accuracy"]).to_list()
            axes.plot(
                own["at"].to_list(), values, color=style.colour, linestyle=style.line, label=split
            )
    axes.set(xlabel="measurement while learning", ylabel="accuracy, %")
    axes.legend(loc="lower right")


def _stages(frame: pl.DataFrame) -> list[Stage]:
    """Phases and layers in the order of their learning; a network beside its own layers has no loss
    to itself.
    """
    seen = frame.select("phase", "layer").drop_nulls("phase").unique(maintain_order=True)
    return [(row["phase"], row["layer"]) for row in seen.iter_rows(named=True)]


def _of(frame: pl.DataFrame, stage: Stage) -> pl.DataFrame:
    return frame.filter(
        (pl.col("phase") == stage[0]) & pl.col("layer").eq_missing(pl.lit(stage[1]))
    )
