"""The accuracy of a run over all epochs: overall, on training images, and of each layer alone."""

import math
from collections.abc import Iterable, Sequence

from fftui.events import Evaluated
from fftui.runs.layer_view import LayerView
from fftui.runs.line_points import Point
from fftui.runs.view import RunView
from fftui.text import format as fmt
from fftui.tui.charts.cell_plot import Series
from fftui.tui.charts.chart_spec import ChartSpec, points_of
from fftui.tui.charts.epoch_axis import EpochAxis
from fftui.tui.charts.fitting import window_for

PAPER_NAMES = {"ff": "forward-forward"}  # in its Table 1
ALL_IMAGES = 0.8  # of the paper's training images: some are held out for validation
LABELLED_LAYERS = 6  # with more, only the selected layer's own accuracy carries a label


def accuracy_chart(view: RunView, selected: LayerView | None) -> ChartSpec:
    """Accuracy in percent over all epochs, with the layer `selected` in front of the others."""
    split, split_of_layers = eval_split(view), layers_split(view)
    title = "" if split_of_layers == split else f"Accuracy % · layers alone on {split_of_layers}"
    axis = EpochAxis.of(view)
    of_layers = [e for e in view.evaluations if e.split == split_of_layers]
    alone = _lines_of_layers(of_layers, axis, selected)
    evaluated = ((axis.epoch_of(e), e.accuracy) for e in view.evaluations if e.split == split)
    wanted = [
        *alone,
        Series("train", _percents(_train_accuracies(view, axis)), "second", "."),
        _head_line(of_layers, axis),
        Series(split, _percents(evaluated), "accent", "*"),
    ]
    series = tuple(each for each in wanted if each.points)
    if not series:
        return ChartSpec(note="accuracy appears with the first evaluated epoch", title=title)
    hidden = [s.name for s in alone if len(alone) > LABELLED_LAYERS and s.style != "text"]
    paper = _paper_line(view, axis.right)
    return ChartSpec(
        (*paper, *series),
        window_for(series, left=1, right=axis.right, bottom=_floor(series), top=100.0),
        title,
        format_value=_percent,
        unlabelled=frozenset(hidden),
        boundaries=axis.boundaries,
    )


def _paper_line(view: RunView, right: float) -> list[Series]:
    """The test accuracy that the paper reports for this experiment, where the run learns from about
    as many images.
    """
    # only this chart needs it, and only once a run has begun
    from fftui.studies.reported import reported  # noqa: PLC0415

    if view.started is None:
        return []
    method, data = view.started.experiment.rpartition("/")[2], view.started.data
    cell = reported("table-1", PAPER_NAMES.get(method, method), data) or reported(
        "notebooks", method, data
    )
    if cell is None or cell.test is None or view.started.train_images < ALL_IMAGES * cell.images:
        return []
    flat = ((1.0, cell.test), (right, cell.test))
    return [Series("paper", flat, "dim", ".", dotted=True)]


def eval_split(view: RunView) -> str:
    """The split whose accuracy is drawn: validation where there is one, else test."""
    if view.started is not None:
        return "validation" if view.started.validation_images else "test"
    return next((e.split for e in view.evaluations if e.split != "train"), "test")


def layers_split(view: RunView) -> str:
    """The split for the accuracy of each layer alone: the evaluated one, or train where only that
    is evaluated.
    """
    split = eval_split(view)
    followed = {e.split for e in view.evaluations if not e.final}
    return split if split in followed or "train" not in followed else "train"


def _lines_of_layers(
    evaluations: Sequence[Evaluated], axis: EpochAxis, selected: LayerView | None
) -> list[Series]:
    """One line for each layer's goodness alone, the selected layer's last, over the others."""
    lines = []
    for index in range(max((len(e.layer_accuracies) for e in evaluations), default=0)):
        points = _percents(
            (axis.epoch_of(e), e.layer_accuracies[index])
            for e in evaluations
            if len(e.layer_accuracies) > index
        )
        in_front = selected is not None and selected.number == index + 1
        sign = str((index + 1) % 10)
        lines.append(Series(f"layer {index + 1}", points, "text" if in_front else "dim", sign))
    return sorted(lines, key=lambda each: each.style == "text")


def _train_accuracies(view: RunView, axis: EpochAxis) -> list[tuple[int, float | None]]:
    """Training accuracies by epoch; layers in parallel share an epoch and its evaluation."""
    found = {
        axis.epoch(epoch.phase, row.number, epoch.epoch): epoch.accuracy
        for row in view.layers
        for epoch in row.history
        if epoch.accuracy is not None
    }
    return sorted(found.items())


def _head_line(evaluations: Sequence[Evaluated], axis: EpochAxis) -> Series:
    """The line of the softmax head, without points where the head is the prediction itself."""
    heads = [e for e in evaluations if e.head_accuracy not in (None, e.accuracy)]
    points = _percents((axis.epoch_of(e), e.head_accuracy) for e in heads)
    return Series("head", points, "good", "h", dotted=True)


def _floor(series: Sequence[Series]) -> float:
    """The bottom of the scale: it leaves out the worst tenth of the values, mostly first epochs,
    but holds the last value of every line.
    """
    values = sorted(y for s in series for _, y in s.points if math.isfinite(y))
    last = [s.last for s in series if s.last is not None]
    lowest = min([*values[len(values) // 10 :][:1], *last], default=0.0)
    step = 5 if lowest >= 80 else 20
    return max(0.0, min(95.0, math.floor(lowest / step) * step))


def _percents(pairs: Iterable[tuple[int, float | None]]) -> tuple[Point, ...]:
    return tuple((x, 100 * y) for x, y in points_of(pairs))


def _percent(value: float | None) -> str:
    if value is None:
        return fmt.MISSING
    return f"{value:.0f}" if value == round(value) else f"{value:.2f}"
