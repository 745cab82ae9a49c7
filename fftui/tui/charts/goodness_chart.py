"""The goodness of a layer against its threshold, or its loss where it learns without goodness."""

import math
from collections.abc import Sequence

from fftui.runs.layer_view import EpochPart, EpochView, LayerView
from fftui.runs.view import RunView
from fftui.tui.charts.cell_plot import Series
from fftui.tui.charts.chart_spec import ChartSpec, points_of
from fftui.tui.charts.epoch_axis import EpochAxis
from fftui.tui.charts.fitting import settled, window_for, zero_floor
from fftui.tui.glyphs import UNICODE

NOTES = {
    "waiting": "this layer has not begun to learn",
    "learning": "the first epoch is on its way",
    "paused": "paused in the first epoch",
}


def goodness_chart(view: RunView, selected: LayerView | None) -> ChartSpec:
    """Goodness⁺ and goodness⁻ of the layer `selected` against θ, by epoch."""
    if selected is None:
        error = view.result.error if view.result else None
        return ChartSpec(note=error or "nothing learns yet")
    who = selected.label if selected.number is None else f"layer {selected.number}"
    finished = tuple(e for e in selected.history if e.phase == selected.phase)
    epochs: tuple[EpochView | EpochPart, ...] = (*finished, *selected.under_way)
    if not epochs:
        note = NOTES.get(selected.state, "no epoch was finished")
        return ChartSpec(note=note, title=f"Goodness · {who}")
    # until one is finished, the first epoch has the whole width
    left, right = (1.0, float(max(selected.epochs, selected.epoch, 2))) if finished else (0.0, 1.0)
    offset = float(EpochAxis.of(view).epoch(selected.phase, selected.number, 0))
    if not any(_has_goodness(epoch) for epoch in epochs):
        points = points_of((e.at, e.loss) for e in epochs)
        loss = (Series("loss", points, "accent", "*"),)
        scaled = settled(loss)
        window = window_for(scaled, left=left, right=right, bottom=zero_floor(scaled))
        return ChartSpec(loss, window, f"Loss · {who}", offset=offset)
    series = _goodness_lines(epochs)
    if selected.threshold is not None:
        flat = ((left, selected.threshold), (right, selected.threshold))
        series.insert(0, Series(UNICODE.threshold, flat, "dim", ".", dotted=True))
    scaled = settled(series)
    values = [y for s in scaled for y in s.ys if math.isfinite(y)]
    # Zero is the natural floor of goodness, but not where it would press two close lines together.
    floor = None if values and min(values) > max(values) / 2 else zero_floor(scaled)
    window = window_for(scaled, left=left, right=right, bottom=floor)
    return ChartSpec(tuple(series), window, f"Goodness · {who}", offset=offset)


def _goodness_lines(epochs: Sequence[EpochView | EpochPart]) -> list[Series]:
    """The lines of negative and positive data; without negative data there is no g⁻."""
    negative = points_of((e.at, e.goodness_negative) for e in epochs)
    positive = points_of((e.at, e.goodness_positive) for e in epochs)
    lines = [
        Series(UNICODE.negative, negative, "second", "-"),
        Series(UNICODE.positive, positive, "accent", "+"),
    ]
    return [each for each in lines if each.last is not None]


def _has_goodness(epoch: EpochView | EpochPart) -> bool:
    return epoch.goodness_positive is not None
