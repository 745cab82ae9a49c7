"""Figures of what a run's network has learned, from its last checkpoint: goodness, mistakes, units,
and how alike its layers are.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fftui.errors import FFTUIError
from fftui.network_report import BINS, GoodnessSplit, LayerReport, NetworkReport
from fftui.runs.folder import RunFolder
from fftui.studies.figures.style import (
    COLUMN_IN,
    LINE_STYLES,
    Drawing,
    SkippedFigure,
    grid,
    label_text,
    legend_above,
)

MOST_NUMBERS = 12  # classes or layers whose cells have their numbers in them


def network_figures(
    folder: RunFolder, data_folder: Path | None
) -> Iterator[Drawing | SkippedFigure]:
    """The figures of one run; skipped with the reason where there is no checkpoint, the images are
    missing, or the network has too few layers.
    """
    from fftui.runs.inspect_run import inspect_run  # noqa: PLC0415 - loads torch

    try:
        report = inspect_run(folder, data_folder=data_folder).full_report()
    except FFTUIError as error:
        yield SkippedFigure(f"{folder.id}-network", str(error))
        return
    yield from report_figures(folder.id, report)


def report_figures(run: str, report: NetworkReport) -> Iterator[Drawing | SkippedFigure]:
    """The figures of a report."""
    split = [layer for layer in report.layers if layer.goodness is not None]
    if split:
        yield Drawing(f"{run}-goodness", _goodness(split))
    else:
        yield SkippedFigure(f"{run}-goodness", report.problem or "no goodness is finite")
    yield Drawing(f"{run}-confusion", _confusion(report))
    yield Drawing(f"{run}-units", _units(report))
    if len(report.layers) > 1:
        yield Drawing(f"{run}-similarity", _similarity(report))
    else:
        yield SkippedFigure(f"{run}-similarity", "the network has one layer")


def _goodness(layers: list[LayerReport]) -> Figure:
    """Histograms of a layer's goodness with true and wrong labels, a panel a layer."""
    figure, panels = grid(len(layers), panel_in=1.6)
    for layer, axes in zip(layers, panels, strict=True):
        split = layer.goodness
        assert split is not None
        for counts, name, look in (
            (split.positive, "positive (true label)", LINE_STYLES[2]),
            (split.negative, "negative (each wrong label)", LINE_STYLES[1]),
        ):
            shares = np.array(counts) / max(1, sum(counts))
            axes.stairs(shares, _edges(split), color=look.colour, linestyle=look.line, label=name)
        if split.threshold is not None and split.low <= split.threshold <= split.high:
            axes.axvline(split.threshold, color="0.4", linewidth=0.8, label="threshold")
        axes.set_title(f"layer {layer.number}")
        axes.set(xlabel="goodness", ylabel="share of the inputs")
    legend_above(figure, panels[0], 3)
    return figure


def _edges(split: GoodnessSplit) -> np.ndarray:
    return np.linspace(split.low, split.high, BINS + 1)


def _confusion(report: NetworkReport) -> Figure:
    """The matrix of the whole network: rows are shares of a label's images, mistakes in sight."""
    counts = np.array(report.confusion.counts)
    figure = Figure(figsize=(COLUMN_IN, COLUMN_IN), layout="constrained")
    axes = figure.add_subplot()
    shares = counts / np.maximum(1, counts.sum(1, keepdims=True))
    _cells(axes, shares, counts, "d")
    axes.set(xlabel="predicted", ylabel="true label")
    if len(counts) <= MOST_NUMBERS:
        names = [label_text(report.name(label)) for label in range(len(counts))]
        turned = 0 if max(map(len, names)) < 3 else 90
        axes.set_xticks(range(len(names)), names, rotation=turned)
        axes.set_yticks(range(len(names)), names)
    right = f"{report.confusion.correct} of {report.confusion.images} right"
    wins = report.confusion.winners
    most = (
        f"; {label_text(report.name(wins[0][0]))} wins most wrongly ({wins[0][1]})" if wins else ""
    )
    axes.set_title(f"{right}{most}")
    return figure


def _units(report: NetworkReport) -> Figure:
    """Shares of dead and always-on units and of active ones, and the cosine of each layer's
    gradient with backprop's.
    """
    known = [layer for layer in report.layers if layer.update_cosine is not None]
    figure, panels = grid(2 if known else 1, panel_in=1.8)
    numbers = np.array([layer.number for layer in report.layers])
    units = [layer.units for layer in report.layers]
    series = (
        ("dead", [len(each.dead) / max(1, each.units) for each in units]),
        ("always on", [len(each.always_on) / max(1, each.units) for each in units]),
        ("active at a time", [each.active_positive for each in units]),
    )
    for index, (name, shares) in enumerate(series):
        look = LINE_STYLES[index]
        panels[0].bar(
            numbers + 0.27 * (index - 1),
            [100 * share for share in shares],
            width=0.25,
            facecolor="white" if look.hatch else look.colour,
            edgecolor=look.colour,
            hatch=look.hatch,
            label=name,
        )
    panels[0].set(xlabel="layer", ylabel="% of the units", xticks=numbers)
    if known:
        cosines = [layer.update_cosine or 0.0 for layer in known]
        panels[1].bar([layer.number for layer in known], cosines, width=0.5, color="0.35")
        panels[1].axhline(0, color="0.4", linewidth=0.8)
        panels[1].set(xlabel="layer", ylabel="cosine with backprop", xticks=numbers)
    legend_above(figure, panels[0], 3)
    return figure


def _similarity(report: NetworkReport) -> Figure:
    """Linear CKA of every layer with every other."""
    values = np.array(report.similarity)
    figure = Figure(figsize=(COLUMN_IN, 0.85 * COLUMN_IN), layout="constrained")
    axes = figure.add_subplot()
    _cells(axes, values, values, ".2f")
    ticks = range(len(values))
    axes.set_xticks(ticks, [str(number + 1) for number in ticks])
    axes.set_yticks(ticks, [str(number + 1) for number in ticks])
    axes.set(xlabel="layer", ylabel="layer", title="similarity of the layers (linear CKA)")
    return figure


def _cells(axes: Axes, shades: np.ndarray, values: np.ndarray, spec: str) -> None:
    """A matrix as grey cells from 0 to 1, with its values in them where there is room."""
    axes.imshow(shades, cmap="Greys", vmin=0, vmax=1, interpolation="nearest")
    axes.grid(visible=False)
    if len(values) > MOST_NUMBERS:
        return
    for row, column in np.ndindex(values.shape):
        if not values[row, column]:
            continue
        colour = "white" if shades[row, column] > 0.55 else "black"
        text = format(values[row, column], spec)
        axes.text(column, row, text, ha="center", va="center", fontsize=6, color=colour)
