"""A comparison of runs, read once."""

from collections.abc import Sequence
from dataclasses import dataclass

from fftui.comparison.compared import conditions_of, differing_settings
from fftui.comparison.lines import lines_of
from fftui.comparison.reader import ComparisonReader
from fftui.comparison.shown_comparison import ShownComparison
from fftui.errors import RequestError
from fftui.runs.curve_metrics import CurveMetric, XName, metric_called
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
    """The comparison of the runs in `folders`. Raises RequestError for an unknown metric, fewer
    than two runs or one that cannot be read.
    """
    asked = None if request.metric is None else metric_called(request.metric)
    reader = ComparisonReader(folders)
    try:
        return _read(reader, asked, request)
    except OSError as error:
        msg = f"cannot read {error.filename or 'the runs'}: {error.strerror}"
        raise RequestError(msg) from error


def _read(
    reader: ComparisonReader, asked: CurveMetric | None, request: CompareRequest
) -> ShownComparison:
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
