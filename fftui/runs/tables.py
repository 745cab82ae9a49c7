"""A run's tables, folded from its journal, with explicit schemas. Missing is null, never 0.

Where a resumed run did something again that was lost with its last sitting, the later event counts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Generic, Literal, TypeVar, get_args

import polars as pl
from pydantic import BaseModel

from fftui import events as ev
from fftui.runs.files import write_bytes
from fftui.runs.folder import RunFolder
from fftui.runs.journal import read_journal
from fftui.runs.standing import standing

TableName = Literal["epochs", "layers", "evaluations", "telemetry", "runs"]
TABLE_NAMES: tuple[TableName, ...] = get_args(TableName)
IN_FOLDER: tuple[TableName, ...] = ("epochs", "layers", "evaluations", "telemetry")
SETTING = "experiment."  # settings are columns named as `--set` names them, behind this

COUNT, REAL, TEXT, FLAG = pl.Int64(), pl.Float64(), pl.String(), pl.Boolean()
TIME = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Column:
    """One column: its name, its type, what it holds."""

    name: str
    dtype: pl.DataType
    meaning: str


@dataclass(frozen=True)
class Table:
    """A table: what one row is, and its columns in order."""

    row: str
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pl.Schema:
        """The columns as Polars takes them."""
        return pl.Schema({column.name: column.dtype for column in self.columns})


RUN = Column("run", TEXT, "id of the run")
PHASE = Column("phase", COUNT, "phase, from 1")
LAYER = Column("layer", COUNT, "layer, from 1; null: the network as a whole (backprop, or all layers in parallel)")
EPOCH = Column("epoch", COUNT, "epoch of the layer, from 1")

TABLES: Mapping[TableName, Table] = {
    "epochs": Table(
        "one epoch of one layer. Where layers learn in parallel an epoch has one row for each, with its loss and "
        "goodness, and one for the network, with all that they share",
        (
            RUN,
            PHASE,
            LAYER,
            EPOCH,
            Column("step", COUNT, "optimiser steps since the layer started; null where it shares them"),
            Column("loss", REAL, "mean loss over the epoch's images; of layers in parallel together: its sum"),
            Column("goodness_positive", REAL, "mean goodness of positive data; null for the network"),
            Column("goodness_negative", REAL, "mean goodness of negative data; null for the network"),
            Column("threshold", REAL, "θ; null where the loss has none"),
            Column("accuracy", REAL, "of the layers learned so far on the measured training images, 0 to 1"),
            Column("samples_per_s", REAL, "training images a second, wall time; null where it shares them"),
            Column("epoch_s", REAL, "wall time of the epoch's learning, seconds; null where it shares them"),
            Column("compute_s", REAL, "time on the device, seconds; null where it shares them"),
        ),
    ),
    "layers": Table(
        "one layer of one phase. Layers that learn in parallel share their time: it stands in one more row, the "
        "network's",
        (
            RUN,
            PHASE,
            LAYER,
            Column("label", TEXT, "inputs→units, or network"),
            Column("state", TEXT, "learning, learned or skipped"),
            Column("epochs", COUNT, "epochs finished"),
            Column("layer_s", REAL, "time the layer took to learn, seconds; null until it has learned, or if shared"),
            Column("epoch_s", REAL, "sum of its epochs' wall times, seconds; null if shared"),
            Column("compute_s", REAL, "sum of its epochs' times on the device, seconds; null if shared"),
            Column("loss", REAL, "of its last epoch"),
            Column("goodness_positive", REAL, "of its last epoch"),
            Column("goodness_negative", REAL, "of its last epoch"),
            Column("threshold", REAL, "θ; null where the loss has none"),
            Column(
                "train_accuracy",
                REAL,
                "of this layer's goodness alone (or the network), last measured on training images",
            ),
            Column("validation_accuracy", REAL, "the same on validation images"),
            Column("test_accuracy", REAL, "the same on the test images"),
        ),
    ),
    "evaluations": Table(
        "one measurement of accuracy on one split",
        (
            RUN,
            PHASE,
            Column("layer", COUNT, "layer that learned last, from 1; null at the end and where all learn together"),
            EPOCH,
            Column("split", TEXT, "train, validation or test"),
            Column(
                "final",
                FLAG,
                "true: at the end, the whole split (of train final_train_images); false: a few while learning",
            ),
            Column("accuracy", REAL, "of the layers learned so far, together, 0 to 1"),
            Column("layer_accuracies", pl.List(pl.Float64()), "of each layer's goodness alone, first to last"),
            Column("class_correct", pl.List(pl.Int64()), "images labelled rightly, per label"),
            Column("class_images", pl.List(pl.Int64()), "images measured, per label"),
            Column("evaluation_s", REAL, "wall time of the measurement, seconds"),
            Column(
                "head_accuracy", REAL, "of the softmax head in one pass; null where no head learns beside the layers"
            ),
        ),
    ),
    "telemetry": Table(
        "one look at the machine",
        (
            RUN,
            Column("time", TIME, "when, UTC"),
            Column("elapsed_s", REAL, "seconds since the run first started"),
            PHASE,
            LAYER,
            EPOCH,
            Column("process_cpu_percent", REAL, "of this process; 100 is one core"),
            Column("process_memory_bytes", COUNT, "resident memory of this process"),
            Column("host_cpu_percent", REAL, "of all cores together"),
            Column("host_memory_used_bytes", COUNT, "memory in use on the host"),
            Column("gpu_utilization_percent", REAL, "share of time in which a kernel ran"),
            Column("gpu_memory_utilization_percent", REAL, "share of time in which memory was read or written"),
            Column("gpu_memory_used_bytes", COUNT, "memory in use on the GPU, by all processes"),
            Column("gpu_memory_total_bytes", COUNT, "memory of the GPU"),
            Column("power_w", REAL, "power drawn by the GPU's board"),
            Column("power_limit_w", REAL, "the power it may draw"),
        ),
    ),
    "runs": Table(
        "one run",
        (
            RUN,
            Column("name", TEXT, "name given, else the experiment's"),
            Column("preset", TEXT, "preset it came from; null for a file"),
            Column("data", TEXT, "image set"),
            Column("status", TEXT, "running, paused, finished, interrupted or failed"),
            Column("started", TIME, "when it was first started, UTC"),
            Column("ended", TIME, "when it ended, UTC"),
            Column("device", TEXT, "what it learned on"),
            Column("precision", TEXT, "of its matrix products"),
            Column("test_accuracy", REAL, "of the whole network on the test images, 0 to 1"),
            Column("train_s", REAL, "time spent learning over all sittings, without evaluation, seconds"),
            Column(
                "layer_accuracies",
                pl.List(pl.Float64()),
                "of each layer's goodness alone on the test images, once finished",
            ),
            Column("error", TEXT, "why it failed, in one line"),
            Column("host", TEXT, "machine it ran on"),
            Column("source_revision", TEXT, "commit of the checkout it ran from; null when installed"),
            Column("path", TEXT, "its folder"),
        ),
    ),
}
SCHEMAS: Mapping[TableName, pl.Schema] = {name: table.schema for name, table in TABLES.items()}

Row = dict[str, Any]
EpochOfRow = ev.EpochFinished | ev.LayerMeans
E = TypeVar("E", EpochOfRow, ev.Evaluated)


def make_table(folder: RunFolder, name: TableName) -> pl.DataFrame:
    """Table `name` of a run, from its journal and record, sorted as it happened.

    Raises RunNotFoundError where the run has no record, OSError where its journal cannot be read.
    """
    if name == "runs":
        return _frame(name, [_run_row(folder)])
    return _table_of(name, _facts_of(folder), folder.id)


def write_tables(folder: RunFolder) -> None:
    """Write a run's tables as Parquet into its folder, each in one step. Raises OSError."""
    facts = _facts_of(folder)
    for name in IN_FOLDER:
        content = BytesIO()
        _table_of(name, facts, folder.id).write_parquet(content)
        write_bytes(folder.table(name), content.getvalue())


def settings_of(folder: RunFolder) -> dict[str, object]:
    """Every field of a run's experiment by its column: `experiment.` and the path `--set` takes. Raises FFTUIError."""
    return dict(_flat(SETTING.rstrip("."), folder.experiment()))


class _Series(Generic[E]):
    """Events of one kind in order, of which a resumed run may do the last ones again."""

    def __init__(self, series: Callable[[E], object]) -> None:
        self._series: Callable[[E], object] = series
        self._count = 0
        self._known: dict[object, list[tuple[int, E]]] = {}

    def add(self, event: E) -> None:
        """Append `event`; what is known of its series from that epoch on was lost with an earlier sitting."""
        known = self._known.setdefault(self._series(event), [])
        while known and (known[-1][1].phase, known[-1][1].epoch) >= (event.phase, event.epoch):
            known.pop()
        self._count += 1
        known.append((self._count, event))

    def __iter__(self) -> Iterator[E]:
        everything = [numbered for known in self._known.values() for numbered in known]
        return (event for _, event in sorted(everything, key=lambda numbered: numbered[0]))


@dataclass(frozen=True)
class _Stretch:
    """The layers that learn in parallel, if any, and how they or the one layer came to an end."""

    parallel: tuple[int, ...] = ()
    finished: ev.LayerFinished | None = None


class _Facts:
    """What counts of a journal."""

    def __init__(self) -> None:
        self.first_at: float | None = None
        self.telemetry: list[tuple[float, ev.TelemetrySampled]] = []
        self.labels: tuple[str, ...] = ()
        self._begin()

    def _begin(self) -> None:
        self.stretches: dict[tuple[int, int | None], _Stretch] = {}
        self.epochs = _Series[EpochOfRow](lambda e: e.layer)
        self.evaluations = _Series[ev.Evaluated](lambda e: (e.layer, e.split, e.final))

    def add(self, at: float, event: ev.Event) -> None:
        """Take in the next event."""
        self.first_at = at if self.first_at is None else self.first_at
        match event:
            case ev.RunStarted():
                self.labels = event.layers
                if not event.resumed:  # without a checkpoint a run begins again
                    self._begin()
            case ev.LayerStarted():
                self.stretches[event.phase, event.layer] = _Stretch(event.parallel)
            case ev.LayerFinished():
                parallel = self.stretches.get((event.phase, event.layer), _Stretch()).parallel
                self.stretches[event.phase, event.layer] = _Stretch(parallel, event)
            case ev.EpochFinished() | ev.LayerMeans():
                self.epochs.add(event)
            case ev.Evaluated():
                self.evaluations.add(event)
            case ev.TelemetrySampled():
                self.telemetry.append((at, event))


def _facts_of(folder: RunFolder) -> _Facts:
    facts = _Facts()
    for at, event in read_journal(folder.journal):
        facts.add(at, event)
    return facts


def _table_of(name: TableName, facts: _Facts, run: str) -> pl.DataFrame:
    match name:
        case "epochs":
            rows = [asdict(event) for event in facts.epochs]
        case "evaluations":
            rows = [asdict(event) for event in facts.evaluations]
        case "layers":
            rows = list(_layer_rows(facts))
        case _:
            first_at = facts.first_at or 0.0
            rows = [
                {"time": datetime.fromtimestamp(at, UTC), "elapsed_s": at - first_at, **asdict(event)}
                for at, event in facts.telemetry
            ]
    return _frame(name, [{"run": run, **row} for row in rows])


def _layer_rows(facts: _Facts) -> Iterator[Row]:
    epochs, evaluations = list(facts.epochs), list(facts.evaluations)
    for (phase, layer), stretch in facts.stretches.items():
        for number in (*stretch.parallel, layer):
            row = _layer_row(facts.labels, number, stretch.finished)
            row |= _learned([epoch for epoch in epochs if (epoch.phase, epoch.layer) == (phase, number)])
            if number != layer:  # their time is that of the network's row
                row |= dict.fromkeys(("layer_s", "epoch_s", "compute_s"))
            for measured in evaluations:
                if measured.phase == phase:
                    accuracy = _accuracy_of(number, measured)
                    row |= {} if accuracy is None else {f"{measured.split}_accuracy": accuracy}
            yield {"phase": phase, **row}


def _layer_row(labels: Sequence[str], layer: int | None, finished: ev.LayerFinished | None) -> Row:
    return {
        "layer": layer,
        "label": "network" if layer is None else labels[layer - 1],
        "state": "learning" if finished is None else "skipped" if finished.skipped else "learned",
        "layer_s": finished.layer_s if finished else None,
    }


def _learned(epochs: Sequence[EpochOfRow]) -> Row:
    """What a row's own epochs come to."""
    timed = [epoch for epoch in epochs if isinstance(epoch, ev.EpochFinished)]
    row: Row = {
        "epochs": len(epochs),
        "epoch_s": sum(epoch.epoch_s for epoch in timed),
        "compute_s": sum(epoch.compute_s for epoch in timed),
    }
    if epochs:
        of_last = ("loss", "goodness_positive", "goodness_negative", "threshold")
        row |= {name: getattr(epochs[-1], name) for name in of_last}
    return row


def _accuracy_of(layer: int | None, measured: ev.Evaluated) -> float | None:
    if layer is None:
        return measured.accuracy if measured.layer is None else None
    return measured.layer_accuracies[layer - 1] if layer <= len(measured.layer_accuracies) else None


def _run_row(folder: RunFolder) -> Row:
    record = standing(folder)
    row = record.model_dump(exclude={"machine", "versions"})
    row |= {"run": folder.id, "path": str(folder.path)}
    return row | {"host": record.machine.get("host")}


def _frame(name: TableName, rows: Sequence[Row]) -> pl.DataFrame:
    schema = SCHEMAS[name]
    columns = {column: [row.get(column) for row in rows] for column in schema}
    return pl.DataFrame(columns, schema=schema)


def _flat(path: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, BaseModel):
        for field in type(value).model_fields:
            yield from _flat(f"{path}.{field}", getattr(value, field))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _flat(f"{path}.{index}", item)
    else:
        yield path, value
