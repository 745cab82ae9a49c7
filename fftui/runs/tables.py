"""A run's tables, folded from its journal, with explicit schemas. Missing is null, never 0.

Where a resumed run repeats what was lost with its last session, the later event counts.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from io import BytesIO
from operator import attrgetter
from typing import Generic, TypeVar

import polars as pl
from pydantic import BaseModel

from fftui import events as ev
from fftui.errors import one_of
from fftui.runs.annotations import readable_annotations
from fftui.runs.columns import SCHEMAS, SETTING
from fftui.runs.energy import EnergyFold, WindowEnergy
from fftui.runs.energy_rows import Row, energy_rows
from fftui.runs.files import write_bytes
from fftui.runs.folder import RunFolder
from fftui.runs.journal import read_journal
from fftui.runs.rightness import correct_of, depth_correct_of
from fftui.runs.status import current_record
from fftui.runs.table_names import IN_FOLDER, TABLE_NAMES, TableName

# columns of a layer that layers in parallel share
_SHARED = ("layer_s", "epoch_s", "compute_s", "data_s", "peak_memory_bytes")
EpochOfRow = ev.EpochFinished | ev.LayerMeans
E = TypeVar("E", EpochOfRow, ev.Evaluated)
SAMPLES_IN_CHUNK = 8192  # that are Python objects; the others are already columns


def make_table(folder: RunFolder, name: TableName) -> pl.DataFrame:
    """Table `name` of a run, from its journal and record, in the order of events.

    Raises RequestError for another name, RunNotFoundError where the run has no record, OSError
    where its journal cannot be read.
    """
    one_of("table", name, TABLE_NAMES)
    if name == "runs":
        return _frame(name, [_run_row(folder)])
    return table_of(name, _facts_of(folder), folder.id)


def write_tables(folder: RunFolder, ending: ev.RunFinished | None = None) -> None:
    """Write a run's tables as Parquet into its folder, each replaced in one step and dated as the
    journal it was made from; `ending` is the last event, where the journal lacks it.
    Raises OSError.
    """
    dated = folder.journal.stat().st_mtime_ns  # before it is read: later lines make a table old
    facts = _facts_of(folder)
    if ending is not None:
        facts.add(time.time(), ending)
    for name in IN_FOLDER:
        content = BytesIO()
        table = table_of(name, facts, folder.id)
        table.write_parquet(content, metadata={"fftui.format": str(ev.FORMAT)})
        write_bytes(folder.table(name), content.getvalue(), dated)


def while_learning(telemetry: pl.DataFrame) -> pl.DataFrame:
    """The rows of a telemetry table that were sampled while learning; of a journal that does not
    say what was done, those with a phase.
    """
    doing = pl.col("doing")
    learning = pl.when(doing.is_null()).then(pl.col("phase").is_not_null())
    return telemetry.filter(learning.otherwise(doing == "learning"))


def settings_of(folder: RunFolder) -> dict[str, object]:
    """Fields of a run's experiment by column name: `experiment.` and the path for `--set`. Raises
    FFTUIError.
    """
    return dict(_flat(SETTING.rstrip("."), folder.experiment()))


def unicode_text(text: str) -> str:
    """`text` as a column can hold it: a mark for the bytes of a name that are not UTF-8."""
    return text.encode("utf-8", "replace").decode()


class _Series(Generic[E]):
    """Events of one kind in order, the last of which a resumed run may repeat."""

    def __init__(self, series: Callable[[E], object]) -> None:
        self._series: Callable[[E], object] = series
        self._count = 0
        self._known: dict[object, list[tuple[int, E]]] = {}

    def add(self, event: E) -> None:
        """Append `event`; its series' events from that epoch on were lost with an earlier session
        and are removed.
        """
        known = self._known.setdefault(self._series(event), [])
        while known and (known[-1][1].phase, known[-1][1].epoch) >= (event.phase, event.epoch):
            known.pop()
        self._count += 1
        known.append((self._count, event))

    def __iter__(self) -> Iterator[E]:
        everything = [numbered for known in self._known.values() for numbered in known]
        return (event for _, event in sorted(everything, key=lambda numbered: numbered[0]))


class _Samples:
    """The telemetry of a run's process, or of its other ranks, as columns of table `name`, filled
    in chunks: a day has a million samples.
    """

    _names = tuple(field.name for field in fields(ev.TelemetrySampled))
    _schema = pl.Schema(
        {"at": pl.Float64(), "host_total": pl.Int64(), "rank": pl.Int64(), "host": pl.String()}
        | {n: SCHEMAS["telemetry"][n] for n in _names}
    )
    _values_of = staticmethod(attrgetter(*_names))

    def __init__(self, name: TableName) -> None:
        self._name = name
        self._rows: list[tuple[object, ...]] = []
        self._chunks: list[pl.DataFrame] = []

    def add(
        self,
        at: float,
        sample: ev.TelemetrySampled,
        host_total: int | None,
        rank: int = 0,
        host: str | None = None,
    ) -> None:
        """Append a sample taken at Unix time `at` on a host with `host_total` bytes of memory."""
        self._rows.append((at, host_total, rank, host, *self._values_of(sample)))
        if len(self._rows) >= SAMPLES_IN_CHUNK:
            self._settle()

    def frame(self, run: str, first_at: float) -> pl.DataFrame:
        """The telemetry table of `run`, whose first event was stated at Unix time `first_at`."""
        self._settle()
        at = pl.col("at")
        columns = [
            pl.lit(run).alias("run"),
            (at * 1e6).round().cast(pl.Int64).cast(pl.Datetime("us", "UTC")).alias("time"),
            (at - first_at).alias("elapsed_s"),
            _percent("gpu_memory_used_bytes", "gpu_memory_total_bytes"),
            _percent("host_memory_used_bytes", "host_total"),
        ]
        schema = SCHEMAS[self._name]
        return pl.concat(self._chunks).with_columns(columns).select(schema.names()).cast(schema)

    def _settle(self) -> None:
        self._chunks.append(pl.DataFrame(self._rows, schema=self._schema, orient="row"))
        self._rows = []


def _percent(used: str, total: str) -> pl.Expr:
    """The column of memory used in percent of what there is; null where there is none."""
    share = 100 * pl.col(used) / pl.col(total)
    return pl.when(pl.col(total) > 0).then(share).alias(used.replace("_bytes", "_percent"))


@dataclass(frozen=True)
class _Stage:
    """One stage: the layers that learn in parallel, if any, and its last event."""

    parallel: tuple[int, ...] = ()
    finished: ev.LayerFinished | None = None
    diverged: bool = False

    @property
    def state(self) -> str:
        """How it ended, or that it learns."""
        if self.diverged:
            return "diverged"
        if self.finished is None:
            return "learning"
        return "skipped" if self.finished.skipped else "learned"


class JournalFacts:
    """The events of a journal that enter tables, without those lost and repeated by a
    resumed run.
    """

    def __init__(self) -> None:
        self.first_at: float | None = None
        self.telemetry, self.ranks = _Samples("telemetry"), _Samples("ranks")
        self._machines: dict[int, ev.RankDescribed] = {}  # of the other ranks
        self.labels: tuple[str, ...] = ()
        self._host_total: int | None = None
        self._begin()

    def _begin(self) -> None:
        self.windows: list[WindowEnergy] = []
        # Unix seconds of the last checkpoint: what follows it is lost if the run is resumed
        self._saved_at = 0.0
        self._energy_fold = EnergyFold()
        self.stages: dict[tuple[int, int | None], _Stage] = {}
        self.epochs = _Series[EpochOfRow](lambda e: e.layer)
        self.evaluations = _Series[ev.Evaluated](lambda e: (e.layer, e.split, e.final))

    def add(self, at: float, event: ev.Event) -> None:
        """Add the journal's next event."""
        self.first_at = at if self.first_at is None else self.first_at
        self._energy_fold, measured = self._energy_fold.after(at, event)
        self.windows += measured
        match event:
            case ev.TelemetrySampled():
                self.telemetry.add(at, event, self._host_total)
            case ev.MachineDescribed():
                self._host_total = event.host_memory_total_bytes
            case ev.RankDescribed() | ev.RankSampled():
                self._add_rank(at, event)
            case ev.RunStarted():
                self.labels = event.layers
                self._energy_fold = EnergyFold()
                self.windows = [each for each in self.windows if self._survives_resume(each)]
                if not event.resumed:  # without a checkpoint a run starts over
                    self._begin()
            case ev.Checkpointed():
                self._saved_at = at
            case ev.LayerStarted() | ev.LayerFinished() | ev.LayerDiverged():
                self._add_stage(event)
            case ev.EpochFinished() | ev.LayerMeans():
                self.epochs.add(event)
            case ev.Evaluated():
                self.evaluations.add(event)

    def _add_rank(self, at: float, event: ev.RankDescribed | ev.RankSampled) -> None:
        if isinstance(event, ev.RankDescribed):
            self._machines[event.rank] = event
            return
        of = self._machines.get(event.rank)
        total, host = (of.machine.host_memory_total_bytes, of.host) if of else (None, None)
        self.ranks.add(at, event.sample, total, event.rank, host)

    def _add_stage(self, event: ev.LayerStarted | ev.LayerFinished | ev.LayerDiverged) -> None:
        key = event.phase, event.layer
        match event:
            case ev.LayerStarted():
                self.stages[key] = _Stage(event.parallel)
            case ev.LayerFinished():
                self.stages[key] = _Stage(self.stages.get(key, _Stage()).parallel, event)
            case ev.LayerDiverged():  # of layers in parallel one is named: all of them end
                for key, stage in self.stages.items():
                    if key == (event.phase, event.layer) or event.layer in stage.parallel:
                        self.stages[key] = replace(stage, diverged=key[0] == event.phase)

    def _survives_resume(self, measured: WindowEnergy) -> bool:
        """Whether a resumed run does not repeat the window."""
        return measured.window.doing == "rest" or measured.window.ended_at <= self._saved_at


def _facts_of(folder: RunFolder) -> JournalFacts:
    facts = JournalFacts()
    for at, event in read_journal(folder.journal):
        facts.add(at, event)
    return facts


def table_of(name: TableName, facts: JournalFacts, run: str) -> pl.DataFrame:
    """Table `name` (not `runs`) of the run with these facts."""
    run = unicode_text(run)
    if name in ("telemetry", "ranks"):
        samples = facts.telemetry if name == "telemetry" else facts.ranks
        return samples.frame(run, facts.first_at or 0.0)
    return _frame(name, [{"run": run, **row} for row in _ROWS[name](facts)])


def _epoch_rows(facts: JournalFacts) -> Iterator[Row]:
    evaluation_s: dict[tuple[int, int | None, int], float] = {}
    for evaluated in facts.evaluations:
        if not evaluated.final:
            key = (evaluated.phase, evaluated.layer, evaluated.epoch)
            evaluation_s[key] = evaluation_s.get(key, 0.0) + evaluated.evaluation_s
    for event in facts.epochs:
        own = isinstance(event, ev.EpochFinished)
        taken_s = evaluation_s.get((event.phase, event.layer, event.epoch), 0.0)
        yield vars(event) | {"evaluation_s": taken_s if own else None}


def _image_rows(facts: JournalFacts) -> Iterator[Row]:
    for evaluated in facts.evaluations:
        correct_N, depth_LN = correct_of(evaluated), depth_correct_of(evaluated)
        if correct_N is None:
            continue
        depths = [()] * len(correct_N) if depth_LN is None else depth_LN.T.tolist()
        for image, (right, at_depths) in enumerate(zip(correct_N.tolist(), depths, strict=True)):
            yield {
                "split": evaluated.split,
                "image": image,
                "correct": right,
                "depth_correct": at_depths,
            }


def _layer_rows(facts: JournalFacts) -> Iterator[Row]:
    epochs, evaluations = list(facts.epochs), list(facts.evaluations)
    for (phase, layer), stage in facts.stages.items():
        measured = [each for each in evaluations if each.phase == phase]
        for number in (*stage.parallel, layer):
            own = [e for e in epochs if (e.phase, e.layer) == (phase, number)]
            row = _layer_row(facts.labels, number, stage) | _totals(own)
            if number == layer:
                row["evaluation_s"] = _evaluation_s(layer, measured)
            else:  # parallel layers share the time and memory in the network's row
                row |= dict.fromkeys(_SHARED)
            yield {"phase": phase, **row, **_accuracies(number, measured)}


def _evaluation_s(layer: int | None, measured: Sequence[ev.Evaluated]) -> float:
    """Seconds of measuring accuracy while `layer` learned."""
    return sum(e.evaluation_s for e in measured if e.layer == layer and not e.final)


def _accuracies(layer: int | None, measured: Sequence[ev.Evaluated]) -> Row:
    """The columns of a layer's row with its last accuracy on each split."""
    found = ((each.split, _accuracy_of(layer, each)) for each in measured)
    return {f"{split}_accuracy": value for split, value in found if value is not None}


def _layer_row(labels: Sequence[str], layer: int | None, stage: _Stage) -> Row:
    finished = stage.finished
    return {
        "layer": layer,
        "label": _label_of(layer, labels),
        "state": stage.state,
        "layer_s": finished.layer_s if finished else None,
        "peak_memory_bytes": finished.peak_memory_bytes if finished else None,
    }


def _label_of(layer: int | None, labels: Sequence[str]) -> str | None:
    """The label of a layer's row; None for a layer that the run's start does not list."""
    if layer is None:
        return "network"
    return labels[layer - 1] if layer <= len(labels) else None


def _totals(epochs: Sequence[EpochOfRow]) -> Row:
    """The columns of a layer's row that are sums over its epochs or values of the last one."""
    timed = [epoch for epoch in epochs if isinstance(epoch, ev.EpochFinished)]
    data_s = [epoch.data_s for epoch in timed if epoch.data_s is not None]
    row: Row = {
        "epochs": len(epochs),
        "epoch_s": sum(epoch.epoch_s for epoch in timed),
        "compute_s": sum(epoch.compute_s for epoch in timed),
        # journals of before it was measured have none
        "data_s": sum(data_s) if len(data_s) == len(timed) else None,
    }
    if epochs:
        of_last = ("loss", "goodness_positive", "goodness_negative", "threshold")
        row |= {name: getattr(epochs[-1], name) for name in of_last}
    return row


def _accuracy_of(layer: int | None, measured: ev.Evaluated) -> float | None:
    if layer is None:
        return measured.accuracy if measured.layer is None else None
    return measured.layer_accuracies[layer - 1] if layer <= len(measured.layer_accuracies) else None


_ROWS: dict[TableName, Callable[[JournalFacts], Iterable[Row]]] = {
    "epochs": _epoch_rows,
    "energy": lambda facts: energy_rows(facts.windows),
    "evaluations": lambda facts: map(vars, facts.evaluations),
    "images": _image_rows,
    "layers": _layer_rows,
}


def _run_row(folder: RunFolder) -> Row:
    record = current_record(folder)
    row = record.model_dump(exclude={"machine", "versions"})
    row |= {"run": unicode_text(folder.id), "path": unicode_text(str(folder.path))}
    annotations = readable_annotations(folder.path)
    row |= {"tags": annotations.tags, "note": annotations.note or None}
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
