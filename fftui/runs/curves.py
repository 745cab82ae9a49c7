"""The curves of a run (`fftui.runs.curve_metrics`), from its tables (Polars)."""

import math
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from fftui.runs.curve_metrics import CurveMetric, RunCurve
from fftui.runs.growing_tables import GrowingTables
from fftui.runs.tables import while_learning

_Kept = tuple[tuple[pl.DataFrame, pl.DataFrame], RunCurve | None]  # from which tables, and what
# An epoch of a layer as one number, by which tables are joined faster than by three columns.
PLACES = ("at_epoch", "at_step", "at_s")
CURVES_KEPT = 6  # of a run: one of 10,000 epochs takes half a megabyte
LAYERS_IN_KEY, EPOCHS_IN_KEY = 1 << 16, 1 << 32


@dataclass(frozen=True)
class _Axis:
    """The epochs of a run or layer, from this table, and their places as numbers."""

    table: pl.DataFrame
    epochs: pl.DataFrame

    @cached_property
    def places(self) -> tuple[tuple[float, ...], ...]:
        """Epoch, step and second of each."""
        return tuple(_numbers(self.epochs, name) for name in PLACES)

    def places_of(self, points: pl.DataFrame) -> tuple[tuple[float, ...], ...]:
        """The places of `points`: where they are those of all epochs, the same objects."""
        if points["at_epoch"].equals(self.epochs["at_epoch"]):
            return self.places
        return tuple(_numbers(points, name) for name in PLACES)


class RunCurves:
    """The curves of a run, each made again only once its tables have changed; the last few are
    kept.
    """

    def __init__(self, tables: GrowingTables) -> None:
        self.tables = tables
        self._axes: dict[int | None, _Axis] = {}
        self._kept: dict[tuple[str, int | None], _Kept] = {}

    def curve(self, metric: CurveMetric, layer: int | None) -> RunCurve | None:
        """The curve of the run, of its `layer` (from 1) alone or of all of them; None where the run
        has no value of it. Raises OSError.
        """
        key, tables = (metric.name, layer), self.tables
        made_from = (tables.table("epochs"), tables.table(metric.table))
        kept = self._kept.pop(key, None)
        if kept is None or any(a is not b for a, b in zip(kept[0], made_from, strict=True)):
            kept = made_from, self._made(metric, layer)
        self._kept[key] = kept
        if len(self._kept) > CURVES_KEPT:
            del self._kept[next(iter(self._kept))]
        return kept[1]

    def _made(self, metric: CurveMetric, layer: int | None) -> RunCurve | None:
        axis, table = self._axis(layer), self.tables.table(metric.table)
        made = {"evaluations": _evaluated, "telemetry": _means}.get(metric.table, _of_epochs)
        points = made(table, axis.epochs, metric, layer)
        points = points.with_columns(pl.col("value").cast(pl.Float64) * metric.factor)
        points = points.drop_nulls(["value", "at_epoch"]).sort("at_epoch", maintain_order=True)
        if not points.height or bool(points["value"].is_nan().all()):
            return None
        epoch, step, second = axis.places_of(points)
        return RunCurve(epoch, step, second, _numbers(points, "value"))

    def _axis(self, layer: int | None) -> _Axis:
        epochs = self.tables.table("epochs")
        found = self._axes.get(layer)
        if found is None or found.table is not epochs:
            axis = _axis(epochs) if layer is None else _axis_of(epochs, layer)
            found = self._axes[layer] = _Axis(epochs, axis)
        return found


def _numbers(table: pl.DataFrame, name: str) -> tuple[float, ...]:
    return tuple(table[name].cast(pl.Float64).to_list())


def points_of(tables: GrowingTables, metric: CurveMetric) -> int:
    """How many values a run's tables have of a metric. Raises OSError."""
    table = tables.table(metric.table)
    if metric.table == "evaluations":
        return table.filter(pl.col("split") == metric.column).height
    column = "goodness_positive" if metric.name == "separation" else metric.column
    return table[column].drop_nulls().len()


def layers_of(tables: GrowingTables) -> int:
    """The number of the highest layer that has learned an epoch; 0 where none has."""
    highest = tables.table("epochs")["layer"].max()
    return highest if isinstance(highest, int) else 0


def _with_key(table: pl.DataFrame, stage: pl.Expr | None = None) -> pl.DataFrame:
    """The table with the layer that its rows are of as `stage` (0 is the network; or as given), and
    with the `key` of phase, stage and epoch.
    """
    stage = pl.col("layer").fill_null(0) if stage is None else stage
    layers = pl.col("phase") * LAYERS_IN_KEY + stage
    return table.with_columns(
        stage.alias("stage"), (layers * EPOCHS_IN_KEY + pl.col("epoch")).alias("key")
    )


def _own(epochs: pl.DataFrame) -> pl.DataFrame:
    """The rows of whole epochs, with the steps that each took: layers in parallel share one."""
    own = _with_key(epochs).filter(pl.col("epoch_s").is_not_null())
    before = pl.col("step").shift(1, fill_value=0).over("phase", "stage")
    return own.with_columns((pl.col("step") - before).alias("steps"))


def _placed(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with their places: epochs, steps and seconds, each counted up."""
    return rows.with_columns(
        pl.int_range(1, pl.len() + 1).alias("at_epoch"),
        pl.col("steps").cum_sum().alias("at_step"),
        pl.col("epoch_s").cum_sum().alias("at_s"),
    )


def _axis(epochs: pl.DataFrame) -> pl.DataFrame:
    """All epochs of a run with their places; of layers in parallel with the mean of their
    goodness.
    """
    own = _placed(_own(epochs))
    goodness = ("goodness_positive", "goodness_negative")
    shared = epochs.filter(pl.col("epoch_s").is_null(), pl.col("layer").is_not_null())
    if not shared.height:
        return own
    means = (
        _with_key(shared, pl.lit(0, pl.Int64))
        .group_by("key")
        .agg(pl.col(name).mean() for name in goodness)
    )
    joined = own.join(means, on="key", how="left", suffix="_mean", maintain_order="left")
    return joined.with_columns(pl.coalesce(name, f"{name}_mean").alias(name) for name in goodness)


def _axis_of(epochs: pl.DataFrame, layer: int) -> pl.DataFrame:
    """The epochs of one layer with their places since its first one."""
    own = _own(epochs)
    alone = own.filter(pl.col("stage") == layer)
    shared = epochs.filter(pl.col("layer") == layer, pl.col("epoch_s").is_null())
    whole = own.filter(pl.col("stage") == 0).select("key", "steps", "epoch_s")
    beside = _with_key(shared.drop("epoch_s"), pl.lit(0, pl.Int64))
    beside = beside.join(whole, on="key", how="inner", maintain_order="left")
    both = pl.concat([alone, beside.select(alone.columns)])
    return _placed(both.sort("phase", "epoch", maintain_order=True))


def _of_epochs(
    epochs: pl.DataFrame, axis: pl.DataFrame, metric: CurveMetric, layer: int | None
) -> pl.DataFrame:
    """The value of each epoch. Where the loss was not finite, nor are the others."""
    column = pl.col(metric.column)
    if metric.column == "separation":
        column = pl.col("goodness_positive") - pl.col("goodness_negative")
    diverged = pl.when(pl.col("loss").is_null()).then(pl.lit(math.nan))
    return axis.with_columns(diverged.otherwise(column).alias("value"))


def _evaluated(
    evaluations: pl.DataFrame, axis: pl.DataFrame, metric: CurveMetric, layer: int | None
) -> pl.DataFrame:
    """Accuracies of the whole network, or of one layer's goodness alone. What was measured at the
    end of a phase stands at its last epoch, where nothing was before: it is of the whole split, and
    beside accuracies of a few images it would be a jump that nothing has learned.
    """
    value = pl.col("accuracy")
    if layer is not None:
        value = pl.col("layer_accuracies").list.get(layer - 1, null_on_oob=True)
    found = _with_key(
        evaluations.filter(pl.col("split") == metric.column).select(
            "phase", "layer", "epoch", "final", value.alias("value")
        )
    )
    measured = found.filter(~pl.col("final")).join(
        axis.select("key", *PLACES), on="key", how="left", maintain_order="left"
    )
    ends = axis.group_by("phase").agg(pl.col(name).max() for name in PLACES)
    before = found.filter(~pl.col("final")).select("phase").unique()
    final = found.filter(pl.col("final")).join(before, on="phase", how="anti")
    final = final.join(ends, on="phase", how="left", maintain_order="left")
    return pl.concat([measured, final.select(measured.columns)])


def _means(
    telemetry: pl.DataFrame, axis: pl.DataFrame, metric: CurveMetric, layer: int | None
) -> pl.DataFrame:
    """The mean of each epoch while it learned."""
    samples = while_learning(telemetry).drop_nulls(["phase", "epoch", metric.column])
    value = pl.col(metric.column).cast(pl.Float64).mean().alias("value")
    means = _with_key(samples).group_by("key").agg(value)
    return axis.select("key", *PLACES).join(means, on="key", how="left", maintain_order="left")
