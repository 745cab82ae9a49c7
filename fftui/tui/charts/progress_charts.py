"""What every epoch of a run cost and brought: the loss of each layer, and images per second."""

from collections.abc import Iterator, Sequence

from fftui.runs.layer_view import LayerView
from fftui.runs.view import RunView
from fftui.tui.charts.cell_plot import Series
from fftui.tui.charts.chart_spec import ChartSpec, points_of
from fftui.tui.charts.epoch_axis import EpochAxis
from fftui.tui.charts.fitting import settled, window_for, zero_floor


def loss_chart(view: RunView, selected: LayerView | None) -> ChartSpec:
    """The loss of each layer over all epochs, with the layer `selected` in front."""
    axis = EpochAxis.of(view)
    lines = []
    for layer in view.layers:
        finished = ((axis.epoch(e.phase, layer.number, e.epoch), e.loss) for e in layer.history)
        before = axis.epoch(layer.phase, layer.number, 0)
        points = points_of((*finished, *((before + e.at, e.loss) for e in layer.under_way)))
        if points:
            name = layer.label if layer.number is None else f"layer {layer.number}"
            in_front = selected is not None and selected.number == layer.number
            sign = str((layer.number or 0) % 10)
            lines.append(Series(name, points, "accent" if in_front else "text", sign))
    lines.sort(key=lambda each: each.style == "accent")
    return _over_epochs(lines, axis, "the loss appears with the first epoch")


def speed_chart(view: RunView, selected: LayerView | None) -> ChartSpec:
    """Training images per second of learning, by epoch; layers in parallel share them."""
    axis = EpochAxis.of(view)
    images = view.started.train_images if view.started is not None else 0
    found = {
        epoch: images / seconds
        for epoch, seconds in _epoch_seconds(view, axis)
        if images and seconds
    }
    line = Series("images/s", points_of(sorted(found.items())), "accent", "*")
    return _over_epochs([line] if found else [], axis, "the speed appears with the first epoch")


def _epoch_seconds(view: RunView, axis: EpochAxis) -> Iterator[tuple[int, float]]:
    for layer in view.layers:
        for epoch in layer.history:
            if epoch.epoch_s:
                yield axis.epoch(epoch.phase, layer.number, epoch.epoch), epoch.epoch_s


def _over_epochs(lines: Sequence[Series], axis: EpochAxis, note: str) -> ChartSpec:
    if not lines:
        return ChartSpec(note=note)
    # until one is finished, the first epoch has the whole width
    left, right = (1.0, axis.right) if axis.newest else (0.0, 1.0)
    scaled = settled(lines)
    window = window_for(scaled, left=left, right=right, bottom=zero_floor(scaled))
    return ChartSpec(tuple(lines), window, boundaries=axis.boundaries)
