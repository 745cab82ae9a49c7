"""A comparison of runs, read once."""

from collections.abc import Sequence
from dataclasses import dataclass

from fftui.comparison.compared import conditions_of, differing_settings
from fftui.comparison.lines import lines_of
from fftui.comparison.reader import ComparisonReader
from fftui.comparison.shown_comparison import ShownComparison
from fftui.runs.curve_metrics import XName, metric_called
from fftui.runs.folder import RunFolder


@dataclass(frozen=True)
class CompareRequest:
    """The metric of the lines (None: the usual one), a layer's number for that layer alone, the
    horizontal axis, and whether the seeds of an experiment are one condition.
    """

    metric: str | None = None
    layer: int | None = None
    x: XName = "epoch"
    folded: bool = False


def comparison_of(folders: Sequence[RunFolder], request: CompareRequest) -> ShownComparison:
    """The comparison of the runs in `folders`. Raises RequestError for an unknown metric or fewer
    than two runs, RunNotFoundError, OSError.
    """
    asked = None if request.metric is None else metric_called(request.metric)
    reader = ComparisonReader(folders)
    metric = asked or reader.usual_metric()
    conditions = conditions_of(reader.runs, folded=request.folded)
    return ShownComparison(
        conditions,
        differing_settings(conditions),
        reader.outcomes(conditions),
        metric,
        request.layer,
        lines_of(conditions, reader.runs, reader.curves(metric, request.layer)),
        request.x,
    )
