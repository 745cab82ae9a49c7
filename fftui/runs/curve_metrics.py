"""The metrics of which a run has curves, and a curve: values by epoch, optimiser step or second.

Epochs are counted over all stages of a run one after the other, as on the live charts; those of one
layer from its own first one. Missing values have no point; a loss that was not finite is NaN.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, get_args

from fftui.errors import one_of
from fftui.events import METRICS as SAMPLED
from fftui.runs.line_points import Points

if TYPE_CHECKING:
    from fftui.runs.table_names import TableName

XName = Literal["epoch", "step", "seconds"]
X_NAMES: tuple[XName, ...] = get_args(XName)
# units of what was sampled, by the end of its name: as written, and the divisor
UNITS = {
    "percent": ("%", 1.0),
    "bytes": ("GB", 1e9),
    "w": ("W", 1.0),
    "c": ("°C", 1.0),
    "mhz": ("MHz", 1.0),
}


@dataclass(frozen=True)
class CurveMetric:
    """What a curve shows: its name, its title with the unit, the table and column that it is read
    from (of evaluations, the split), and by what values are multiplied.
    """

    name: str
    title: str
    table: "TableName"
    column: str
    factor: float = 1.0

    @property
    def exported_name(self) -> str:
        """The name of a column with its values as they are shown."""
        if self.name.endswith("_bytes"):
            return f"{self.name.removesuffix('bytes')}gb"
        return f"{self.name}_percent" if self.table == "evaluations" else self.name


def _sampled() -> list[CurveMetric]:
    """The metrics of the machine that are drawn: means of each epoch."""
    found = []
    for name, metric in SAMPLED.items():
        unit, divisor = UNITS.get(name.rpartition("_")[2], ("", 1.0))
        if metric.name:
            title = f"{metric.name}, {unit}".rstrip(", ")
            found.append(CurveMetric(name, title, "telemetry", name, 1 / divisor))
    return found


CURVE_METRICS: Mapping[str, CurveMetric] = {
    metric.name: metric
    for metric in (
        CurveMetric("test_accuracy", "test accuracy, %", "evaluations", "test", 100),
        CurveMetric(
            "validation_accuracy", "validation accuracy, %", "evaluations", "validation", 100
        ),
        CurveMetric("train_accuracy", "training accuracy, %", "evaluations", "train", 100),
        CurveMetric("loss", "loss", "epochs", "loss"),
        CurveMetric(
            "goodness_positive", "goodness of positive data", "epochs", "goodness_positive"
        ),
        CurveMetric(
            "goodness_negative", "goodness of negative data", "epochs", "goodness_negative"
        ),
        CurveMetric("separation", "separation g⁺−g⁻", "epochs", "separation"),
        CurveMetric("samples_per_s", "training images a second", "epochs", "samples_per_s"),
        CurveMetric("epoch_s", "time of an epoch, s", "epochs", "epoch_s"),
        CurveMetric("compute_s", "time on the device of an epoch, s", "epochs", "compute_s"),
        CurveMetric("data_s", "time for the images of an epoch, s", "epochs", "data_s"),
        CurveMetric("evaluation_s", "time of measuring accuracy, s", "epochs", "evaluation_s"),
        CurveMetric("dead_units", "units never active, %", "epochs", "dead_units", 100),
        CurveMetric("always_on_units", "units always active, %", "epochs", "always_on_units", 100),
        *_sampled(),
    )
}
USUAL = ("validation_accuracy", "test_accuracy", "train_accuracy", "loss")  # to begin with


@dataclass(frozen=True)
class RunCurve:
    """Values of a metric in order, each with its epoch, optimiser step and second of learning."""

    epochs: tuple[float, ...]
    steps: tuple[float, ...]
    seconds: tuple[float, ...]
    values: tuple[float, ...]

    def points(self, x: XName) -> Points:
        """The points of the curve by `x`, the same object at each call."""
        found = self._points.get(x)
        if found is None:
            found = self._points[x] = Points(self.xs(x), self.values)
        return found

    @cached_property
    def _points(self) -> dict[XName, Points]:
        return {}

    def xs(self, x: XName) -> tuple[float, ...]:
        """Where the values stand by `x`."""
        return {"epoch": self.epochs, "step": self.steps, "seconds": self.seconds}[x]


def metric_called(name: str) -> CurveMetric:
    """The metric of that name. Raises RequestError, with the nearest name, where there is none."""
    return CURVE_METRICS[one_of("metric", name, CURVE_METRICS)]
