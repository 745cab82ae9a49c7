"""The registry of charts. A chart is one entry here and one function, which is loaded when it is
first drawn; `register_chart` adds one from outside the package.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from fftui.errors import RequestError
from fftui.runs.layer_view import LayerView
from fftui.runs.view import RunView
from fftui.tui.charts.chart_spec import ChartSpec

ChartFunction = Callable[[RunView, LayerView | None], ChartSpec]
LEARNING = ("layers", "evaluations", "phase", "result", "started")  # what most charts are made from


@dataclass(frozen=True)
class ChartInfo:
    """A chart: its name, its title, what it shows, and its function or `module:name`, which gets
    a run's view and the selected layer. It is drawn again when one of the `parts`, fields of
    `RunView`, has changed.
    """

    name: str
    title: str
    function: ChartFunction | str
    help: str = ""
    parts: tuple[str, ...] = LEARNING


CHARTS = {
    chart.name: chart
    for chart in (
        ChartInfo(
            "goodness",
            "Goodness",
            "fftui.tui.charts.goodness_chart:goodness_chart",
            "mean goodness of positive and of negative data, epoch by epoch. The dotted line is"
            " the threshold.",
        ),
        ChartInfo(
            "accuracy",
            "Accuracy %",
            "fftui.tui.charts.accuracy_chart:accuracy_chart",
            "accuracy in percent over all epochs: training images, the evaluated split, and each"
            " layer's goodness alone. Vertical lines mark where the next layer began; the dotted"
            " line is the test accuracy that the paper reports for this experiment.",
        ),
        ChartInfo(
            "loss",
            "Loss",
            "fftui.tui.charts.progress_charts:loss_chart",
            "the loss of each layer over all epochs.",
        ),
        ChartInfo(
            "speed",
            "Learning speed",
            "fftui.tui.charts.progress_charts:speed_chart",
            "training images per second of learning, by epoch.",
        ),
    )
}


def register_chart(
    name: str,
    title: str,
    function: ChartFunction | str,
    *,
    help: str = "",
    parts: Sequence[str] = LEARNING,
) -> None:
    """Add a chart to the live screen and the study screen, after those that are there.

    Args:
        name: a name that no other chart has.
        title: the title of the pane; the function may return another in its `ChartSpec`.
        function: takes the `RunView` and the selected `LayerView` (None before the first event)
            and returns a `ChartSpec`; or `module:name`, which is loaded when it is first drawn.
        help: one sentence for the help screen.
        parts: the fields of `RunView` that the chart is made from.

    Raises RequestError where the name is taken or a part is no field of `RunView`.
    """
    if name in CHARTS:
        msg = f"chart {name!r} is registered already: choose another name"
        raise RequestError(msg)
    if unknown := [part for part in parts if part not in RunView.__dataclass_fields__]:
        msg = f"chart {name!r}: RunView has no field {unknown[0]!r}"
        raise RequestError(msg)
    CHARTS[name] = ChartInfo(name, title, function, help, tuple(parts))


def make_chart(chart: ChartInfo, view: RunView, selected: LayerView | None) -> ChartSpec:
    """What `chart` shows of `view`; a note with the error where its function fails."""
    try:
        return _function_of(chart)(view, selected)
    except Exception as error:  # noqa: BLE001 - a chart from outside must not end the screen
        return ChartSpec(note=f"chart {chart.name} failed: {type(error).__name__}: {error}")


@cache
def _function_of(chart: ChartInfo) -> ChartFunction:
    if not isinstance(chart.function, str):
        return chart.function
    module, _, name = chart.function.partition(":")
    function: ChartFunction = getattr(import_module(module), name)
    return function
