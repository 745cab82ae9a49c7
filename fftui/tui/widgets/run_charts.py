"""The charts of a run, made from its view: goodness against the threshold, and accuracy."""

import math
from collections.abc import Iterable

from fftui.runs.view import EpochView, LayerView, RunView
from fftui.text import format as fmt
from fftui.tui.glyphs import Glyphs
from fftui.tui.widgets.cell_plot import Point, Series, window_for
from fftui.tui.widgets.chart import Chart, ChartSpec

LABELLED_LAYERS = 6  # with more, only the selected layer's own accuracy carries a label


def goodness_spec(layer: LayerView, glyphs: Glyphs) -> ChartSpec | str:
    """Goodness⁺ and goodness⁻ of `layer` against θ; its loss where it learns without goodness."""
    if not layer.history:
        messages = {
            "waiting": "this layer has not begun to learn",
            "learning": "the first epoch is on its way",
        }
        return messages.get(layer.state, "no epoch was finished")
    right = float(max(layer.epochs, layer.epoch, 2))
    series = [
        Series(
            glyphs.negative,
            _points((e.epoch, e.goodness_negative) for e in layer.history),
            "second",
            "-",
        ),
        Series(
            glyphs.positive,
            _points((e.epoch, e.goodness_positive) for e in layer.history),
            "accent",
            "+",
        ),
    ]
    series = [s for s in series if s.last is not None]  # without negative data there is no g⁻
    if not series and not any(_has_goodness(e) for e in layer.history):
        loss = Series("loss", _points((e.epoch, e.loss) for e in layer.history), "accent", "*")
        return ChartSpec((loss,), window_for([loss], left=1, right=right, bottom=0))
    if layer.threshold is not None:
        flat = ((1.0, layer.threshold), (right, layer.threshold))
        series.insert(0, Series(glyphs.threshold, flat, "dim", ".", dotted=True))
    values = [y for s in series for _, y in s.points if math.isfinite(y)]
    # Zero is the natural floor of goodness, but not where it would press two close lines together.
    floor = None if values and min(values) > max(values) / 2 else 0.0
    return ChartSpec(tuple(series), window_for(series, left=1, right=right, bottom=floor))


def goodness_title(layer: LayerView | None) -> str:
    """The title of the chart of `goodness_spec`."""
    if layer is None:
        return "Goodness"
    what = (
        "Loss" if layer.history and not any(_has_goodness(e) for e in layer.history) else "Goodness"
    )
    who = layer.label if layer.number is None else f"layer {layer.number}"
    return f"{what} · {who}"


def accuracy_spec(view: RunView, selected: LayerView | None, glyphs: Glyphs) -> ChartSpec | str:
    """Accuracy in percent over all epochs: each layer's goodness alone, the training data, and the
    evaluated split.
    """
    offsets, right = _offsets(view)
    split = eval_split(view)
    evaluated = [e for e in view.evaluations if e.split == split]
    train = {  # layers in parallel share an epoch and its evaluation
        offsets.get((e.phase, row.number), 0) + e.epoch: e.accuracy
        for row in view.layers
        for e in row.history
        if e.accuracy is not None
    }
    newest_epoch = max(
        (offsets.get((row.phase, row.number), 0) + row.epoch for row in view.layers if row.phase),
        default=0,
    )
    # An evaluation of the whole network, at the end of a phase, is drawn at the newest epoch.
    at = {
        id(e): (
            newest_epoch
            if e.final or (e.phase, e.layer) not in offsets
            else offsets[e.phase, e.layer] + e.epoch
        )
        for e in view.evaluations
    }
    alone: list[Series] = []
    of_layers = [e for e in view.evaluations if e.split == layers_split(view)]
    numbers = range(1, max((len(e.layer_accuracies) for e in of_layers), default=0) + 1)
    for number in numbers:
        points = (
            (at[id(e)], e.layer_accuracies[number - 1])
            for e in of_layers
            if len(e.layer_accuracies) >= number
        )
        is_selected = selected is not None and selected.number == number
        alone.append(
            Series(
                f"layer {number}",
                _percents(points),
                "text" if is_selected else "dim",
                str(number % 10),
            )
        )
    alone.sort(key=lambda s: s.style == "text")
    heads = [e for e in of_layers if e.head_accuracy not in (None, e.accuracy)]
    series = [
        *alone,
        Series("train", _percents(sorted(train.items())), "second", "."),
        Series(
            "head", _percents((at[id(e)], e.head_accuracy) for e in heads), "good", "h", dotted=True
        ),
        Series(split, _percents((at[id(e)], e.accuracy) for e in evaluated), "accent", "*"),
    ]
    series = [s for s in series if s.points]
    if not series:
        return "accuracy appears with the first evaluated epoch"
    # The scale leaves out the worst tenth, mostly first epochs, but holds the last value of every
    # line.
    values = sorted(y for s in series for _, y in s.points if math.isfinite(y))
    lowest = min(
        [*values[len(values) // 10 :][:1], *(s.last for s in series if s.last is not None)],
        default=0.0,
    )
    step = 5 if lowest >= 80 else 20
    bottom = max(0.0, min(95.0, math.floor(lowest / step) * step))
    many = len(numbers) > LABELLED_LAYERS
    hidden = frozenset(s.name for s in alone if many and s.style != "text")
    window = window_for(series, left=1, right=max(right, 2.0), bottom=bottom, top=100.0)
    return ChartSpec(tuple(series), window, format_value=_percent, unlabelled=hidden)


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


class GoodnessChart(Chart):
    """Goodness⁺ and goodness⁻ of the selected layer against θ."""

    HELP = (
        "Mean goodness of positive and of negative data, epoch by epoch. The dotted line is the"
        " threshold."
    )

    _shown: tuple[object, ...] = ()

    def show(self, view: RunView, selected: LayerView | None) -> None:
        """Show the layer `selected` of `view`."""
        made_from = (selected, view.result)
        if _same(made_from, self._shown):
            return
        self._shown = made_from
        if selected is None:
            error = view.result.error if view.result else None
            self.show_spec(error or "nothing learns yet", "Goodness")
        else:
            self.show_spec(goodness_spec(selected, self.glyphs), goodness_title(selected))


class AccuracyChart(Chart):
    """Accuracy of the run: overall, on training images, and of each layer alone."""

    HELP = (
        "Accuracy in percent over all epochs: training images, the evaluated split, and each"
        " layer's goodness alone."
    )

    _shown: tuple[object, ...] = ()

    def show(self, view: RunView, selected: LayerView | None) -> None:
        """Show the accuracies of `view`, with those of `selected` in front."""
        made_from = (view.layers, view.evaluations, view.phase, selected)
        if _same(made_from, self._shown):
            return
        self._shown = made_from
        split = layers_split(view)
        title = (
            "Accuracy %" if split == eval_split(view) else f"Accuracy % · layers alone on {split}"
        )
        self.show_spec(accuracy_spec(view, selected, self.glyphs), title)


def _offsets(view: RunView) -> tuple[dict[tuple[int | None, int | None], int], float]:
    """The epochs before each (phase, layer), and those of the whole run as far as they
    are known.
    """
    offsets: dict[tuple[int | None, int | None], int] = {}
    total = 0
    for stage in view.stages:
        offsets |= dict.fromkeys(
            ((stage.phase, number) for number in (stage.layer, *stage.parallel)), total
        )
        total += stage.epochs
    phase = view.phase
    if phase is not None and any(
        stage.phase == phase.phase and stage.layer is not None for stage in view.stages
    ):  # one layer after the other
        layers_left = [
            row for row in view.layers if row.number and (phase.phase, row.number) not in offsets
        ]
        total += phase.epochs * len(layers_left)
    return offsets, float(total)


def _has_goodness(epoch: EpochView) -> bool:
    return epoch.goodness_positive is not None


def _same(a: tuple[object, ...], b: tuple[object, ...]) -> bool:
    """Whether two tuples hold the same objects: views share the parts that did not change."""
    return len(a) == len(b) and all(x is y for x, y in zip(a, b, strict=True))


def _points(pairs: Iterable[tuple[int, float | None]]) -> tuple[Point, ...]:
    return tuple((float(x), math.nan if y is None else float(y)) for x, y in pairs)


def _percents(pairs: Iterable[tuple[int, float | None]]) -> tuple[Point, ...]:
    return tuple((x, 100 * y) for x, y in _points(pairs))


def _percent(value: float | None) -> str:
    if value is None:
        return fmt.MISSING
    return f"{value:.0f}" if value == round(value) else f"{value:.2f}"
