"""The curves of a run (`fftui.runs.curve_metrics`), from its tables. NumPy joins and counts the
columns that it takes: of many runs Polars would need longer to plan what it does than to do it.
"""

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fftui.runs.curve_metrics import CurveMetric, RunCurve
from fftui.runs.growing_tables import GrowingTables
from fftui.runs.tables import while_learning

_Kept = tuple[tuple[pl.DataFrame, pl.DataFrame], RunCurve | None]  # from which tables, and what
CURVES_KEPT = 6  # of a run: one of 10,000 epochs takes half a megabyte
# An epoch of a layer as one number, by which tables are joined.
LAYERS_IN_KEY, EPOCHS_IN_KEY = 1 << 16, 1 << 32
GOODNESS = ("goodness_positive", "goodness_negative")

Places = tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]  # epochs, steps, seconds
Integers = NDArray[np.int64]
Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class _Values:
    """Values of a metric (NaN: the loss was not finite), each at a place of an axis, from 0."""

    at_N: Integers
    values_N: Reals


@dataclass(frozen=True)
class _Axis:
    """The epochs of a run, or of one layer, in order: their rows in this table of epochs, their
    phases and keys, and the steps and seconds that each took.
    """

    table: pl.DataFrame
    rows_E: Integers
    phases_E: Integers
    keys_E: Integers
    steps_E: Reals
    seconds_E: Reals

    @cached_property
    def places(self) -> Places:
        """Epoch, step and second of each."""
        count, steps_E = len(self.rows_E), self.steps_E
        even = count > 0 and bool((steps_E == steps_E[0]).all())
        steps = _multiples(float(steps_E[0]), count) if even else _reals(np.cumsum(steps_E))
        return _multiples(1.0, count), steps, _reals(np.cumsum(self.seconds_E))

    def places_of(self, at_N: Integers) -> Places:
        """Those at some places: where it is each once, the same objects."""
        everywhere = len(at_N) == len(self.rows_E) and bool((np.diff(at_N) > 0).all())
        return self.places if everywhere else self._at(at_N)

    def _at(self, at_N: Integers) -> Places:
        steps_E, seconds_E = np.cumsum(self.steps_E), np.cumsum(self.seconds_E)
        return _reals(at_N + 1.0), _reals(steps_E[at_N]), _reals(seconds_E[at_N])

    def find(self, keys_N: Integers) -> tuple[Integers, Flags]:
        """The place of each key, and whether it is there."""
        if not len(self.keys_E):
            return np.zeros(len(keys_N), np.int64), np.zeros(len(keys_N), np.bool_)
        if np.array_equal(keys_N, self.keys_E):  # measured after each epoch
            return np.arange(len(keys_N)), np.ones(len(keys_N), np.bool_)
        order_E = np.argsort(self.keys_E, kind="stable")
        sorted_E = self.keys_E[order_E]
        at_N = np.minimum(np.searchsorted(sorted_E, keys_N), len(sorted_E) - 1)
        return order_E[at_N], sorted_E[at_N] == keys_N


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
        found = made(table, axis, metric, layer)
        if not len(found.at_N) or bool(np.isnan(found.values_N).all()):
            return None
        epochs, steps, seconds = axis.places_of(found.at_N)
        return RunCurve(epochs, steps, seconds, _reals(found.values_N * metric.factor))

    def _axis(self, layer: int | None) -> _Axis:
        epochs = self.tables.table("epochs")
        found = self._axes.get(layer)
        if found is None or found.table is not epochs:
            found = self._axes[layer] = _axis(epochs) if layer is None else _axis_of(epochs, layer)
        return found


def points_of(tables: GrowingTables, metric: CurveMetric) -> int:
    """How many values a run's tables have of a metric. Raises OSError."""
    table = tables.table(metric.table)
    if metric.table == "evaluations":
        return int((table["split"] == metric.column).sum())
    column = table["goodness_positive" if metric.name == "separation" else metric.column]
    return len(column) - column.null_count()


def layers_of(tables: GrowingTables) -> int:
    """The number of the highest layer that has learned an epoch; 0 where none has."""
    highest = tables.table("epochs")["layer"].max()
    return highest if isinstance(highest, int) else 0


def _reals(values: NDArray[np.floating[Any]]) -> tuple[float, ...]:
    return tuple(values.tolist())


@lru_cache(maxsize=16)
def _multiples(number: float, count: int) -> tuple[float, ...]:
    """The first multiples of a number: many runs have the same epochs and steps."""
    return _reals(number * np.arange(1, count + 1))


# Where no value is missing, Polars is asked for nothing: it would plan a query for each column.


def _integers(table: pl.DataFrame, name: str) -> Integers:
    """A column, 0 where it has no value: of a layer, the network."""
    column = table[name]
    return (column.fill_null(0) if column.null_count() else column).to_numpy()


def _known(column: pl.Series) -> Flags:
    """Where a column has a value."""
    if column.null_count():
        return column.is_not_null().to_numpy()
    return np.ones(len(column), np.bool_)


def _keys(phases_N: Integers, stages_N: Integers | int, epochs_N: Integers) -> Integers:
    """Phase, layer (0: the network) and epoch as one number each."""
    return (phases_N * LAYERS_IN_KEY + stages_N) * EPOCHS_IN_KEY + epochs_N


def _key_columns(table: pl.DataFrame) -> tuple[Integers, Integers, Integers]:
    """The phase, the layer and the epoch of each row."""
    return _integers(table, "phase"), _integers(table, "layer"), _integers(table, "epoch")


def _axis(epochs: pl.DataFrame) -> _Axis:
    """All epochs of a run."""
    phases, stages, numbers = _key_columns(epochs)
    rows = _own(epochs)
    keys = _keys(phases, stages, numbers)[rows]
    seconds = epochs["epoch_s"].to_numpy()[rows]
    return _Axis(epochs, rows, phases[rows], keys, _steps(epochs, rows, keys), seconds)


def _own(epochs: pl.DataFrame) -> Integers:
    """The rows of whole epochs: layers in parallel share one."""
    return np.flatnonzero(_known(epochs["epoch_s"]))


def _steps(epochs: pl.DataFrame, rows_E: Integers, keys_E: Integers) -> Reals:
    """The steps that each epoch took: they are counted since its layer began."""
    layers_E = keys_E // EPOCHS_IN_KEY
    counted_E = _integers(epochs, "step")[rows_E].astype(np.float64)
    order_E = np.argsort(layers_E, kind="stable")
    sorted_E, before_E = counted_E[order_E], np.zeros(len(rows_E))
    goes_on_E = layers_E[order_E][1:] == layers_E[order_E][:-1]
    before_E[order_E[1:]] = np.where(goes_on_E, sorted_E[:-1], 0.0)
    return counted_E - before_E


def _axis_of(epochs: pl.DataFrame, layer: int) -> _Axis:
    """The epochs of one layer: its own, and those that it shared with others."""
    phases, stages, numbers = _key_columns(epochs)
    own, steps = _own(epochs), np.zeros(epochs.height)
    steps[own] = _steps(epochs, own, _keys(phases, stages, numbers)[own])
    seconds = epochs["epoch_s"].fill_null(0.0).to_numpy().copy()
    keys = _keys(phases, stages, numbers)
    is_own = np.zeros(epochs.height, np.bool_)
    is_own[own] = True
    beside = np.flatnonzero((stages == layer) & ~is_own)
    keys[beside] = _keys(phases[beside], 0, numbers[beside])
    whole = own[stages[own] == 0]
    at, there = _Axis(epochs, whole, phases[whole], keys[whole], steps, seconds).find(keys[beside])
    beside, of = beside[there], whole[at[there]]
    steps[beside], seconds[beside] = steps[of], seconds[of]
    rows = np.concatenate((own[stages[own] == layer], beside))
    rows = rows[np.lexsort((numbers[rows], phases[rows]))]
    return _Axis(epochs, rows, phases[rows], keys[rows], steps[rows], seconds[rows])


def _of_epochs(
    epochs: pl.DataFrame, axis: _Axis, metric: CurveMetric, layer: int | None
) -> _Values:
    """The value of each epoch. Where the loss was not finite, nor are the others."""
    names = GOODNESS if metric.column == "separation" else (metric.column,)
    columns = [_epoch_column(axis, name, layer) for name in names]
    missing_E = np.any([nulls for _, nulls in columns], axis=0)
    values_E = columns[0][0] - columns[1][0] if len(columns) > 1 else columns[0][0]
    diverged_E = ~_known(epochs["loss"])[axis.rows_E]
    at_N = np.flatnonzero(diverged_E | ~missing_E)
    return _Values(at_N, np.where(diverged_E, math.nan, values_E)[at_N])


def _epoch_column(axis: _Axis, name: str, layer: int | None) -> tuple[Reals, Flags]:
    """A column of an axis, and where it has no value. Of all layers in parallel together the
    goodness is the mean of theirs.
    """
    epochs, column = axis.table, axis.table[name]
    if name == "epoch_s":
        return axis.seconds_E, np.zeros(len(axis.rows_E), np.bool_)
    values_E = column.to_numpy().astype(np.float64)[axis.rows_E]
    nulls_E = ~_known(column)[axis.rows_E]
    if layer is not None or name not in GOODNESS or not nulls_E.any():
        return values_E, nulls_E
    shared = epochs.filter(
        pl.col("epoch_s").is_null(), pl.col("layer").is_not_null(), column.is_not_null()
    )
    phases, _, numbers = _key_columns(shared)
    at_M, means_M = _mean_at(axis, _keys(phases, 0, numbers), shared[name].to_numpy())
    beside_E, there_E = values_E.copy(), np.zeros(len(nulls_E), np.bool_)
    beside_E[at_M], there_E[at_M] = means_M, True
    return np.where(nulls_E, beside_E, values_E), nulls_E & ~there_E


def _mean_at(axis: _Axis, keys_N: Integers, values_N: Reals) -> tuple[Integers, Reals]:
    """The places that the keys name, in order, and the mean of the values at each."""
    at_N, there_N = axis.find(keys_N)
    places_M, of_N = np.unique(at_N[there_N], return_inverse=True)
    sums_M = np.bincount(of_N, values_N[there_N], len(places_M))
    return places_M, sums_M / np.bincount(of_N, minlength=len(places_M))


def _evaluated(
    evaluations: pl.DataFrame, axis: _Axis, metric: CurveMetric, layer: int | None
) -> _Values:
    """Accuracies of the whole network, or of one layer's goodness alone. What was measured at the
    end of a phase stands at its last epoch, where nothing was before: it is of the whole split, and
    beside accuracies of a few images it would be a jump that nothing has learned.
    """
    values = evaluations["accuracy"]
    if layer is not None:
        values = evaluations["layer_accuracies"].list.get(layer - 1, null_on_oob=True)
    phases, stages, numbers = _key_columns(evaluations)
    of_split = _known(evaluations["split"]) & (evaluations["split"] == metric.column).to_numpy()
    final = _known(evaluations["final"]) & evaluations["final"].to_numpy()
    known = _known(values)
    measured = np.flatnonzero(of_split & ~final)
    at, there = axis.find(_keys(phases, stages, numbers)[measured])
    ends = np.flatnonzero(of_split & final & ~np.isin(phases, phases[measured]))
    own, from_end = np.unique(axis.phases_E[::-1], return_index=True)
    ends = ends[np.isin(phases[ends], own)]
    at_ends = len(axis.phases_E) - 1 - from_end[np.searchsorted(own, phases[ends])]
    rows, places = np.concatenate((measured[there], ends)), np.concatenate((at[there], at_ends))
    return _in_order(places[known[rows]], values.to_numpy()[rows[known[rows]]])


def _in_order(at_N: Integers, values_N: Reals) -> _Values:
    order_N = np.argsort(at_N, kind="stable")
    return _Values(at_N[order_N], values_N[order_N])


def _means(telemetry: pl.DataFrame, axis: _Axis, metric: CurveMetric, layer: int | None) -> _Values:
    """The mean of each epoch while it learned."""
    samples = while_learning(telemetry).drop_nulls(["phase", "epoch", metric.column])
    keys_N = _keys(*_key_columns(samples))
    values_N = samples[metric.column].cast(pl.Float64).to_numpy()
    return _Values(*_mean_at(axis, keys_N, values_N))
