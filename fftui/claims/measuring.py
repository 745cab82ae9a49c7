"""What finished runs asked of the machine: times, memory, power and curves, from their tables
(Polars).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from fftui.claims.estimates import Repeats
from fftui.claims.outcomes import Curve, LayerMeasures, Measures
from fftui.events import MachineDescribed
from fftui.runs.finished_tables import finished_table
from fftui.runs.journal import read_journal
from fftui.runs.run_record import RunRecord
from fftui.runs.tables import while_learning
from fftui.studies.matching import KnownRun

# Of the machine's processors, what other processes may use beside a run that is timed.
MOST_BESIDE_PERCENT = 10.0
KEY = ("phase", "layer", "epoch")


@dataclass(frozen=True)
class RunTables:
    """The tables of a finished run; telemetry is of learning alone."""

    run: KnownRun

    @cached_property
    def epochs(self) -> pl.DataFrame:
        """Epochs that have times of their own: not those of layers that share the network's."""
        return finished_table(self.run.folder, "epochs").drop_nulls("epoch_s")

    @cached_property
    def layers(self) -> pl.DataFrame:
        """Layers, or networks, that have times of their own."""
        return finished_table(self.run.folder, "layers").drop_nulls("layer_s")

    @cached_property
    def evaluations(self) -> pl.DataFrame:
        """Every measurement of accuracy."""
        return finished_table(self.run.folder, "evaluations")

    @cached_property
    def telemetry(self) -> pl.DataFrame:
        """The samples taken while something learned."""
        return while_learning(finished_table(self.run.folder, "telemetry"))

    @cached_property
    def processors(self) -> int | None:
        """All processors of its machine, whether it might use them or not; None where telemetry
        does not say.
        """
        for _, event in read_journal(self.run.folder.journal, MachineDescribed):
            if isinstance(event, MachineDescribed):
                return event.cores
        return None

    @cached_property
    def energy(self) -> pl.DataFrame:
        """Energy by span: of the GPU's board where it was measured, else of the CPU's packages."""
        table = finished_table(self.run.folder, "energy")
        source = pl.lit(self.run.record.energy_source, dtype=pl.String)
        return table.filter(pl.col("source") == source)


def measures_of(runs: Sequence[RunTables]) -> Measures:
    """What the runs of one set-up asked of the machine, a repeat a run."""
    records = [each.run.record for each in runs]
    return Measures(
        e2e_s=_repeats([each.e2e_s for each in records]),
        train_s=_repeats([each.train_s for each in records]),
        data_s=_repeats([_sum(each.layers["data_s"]) for each in runs]),
        memory_bytes=_repeats([each.memory_above_bytes for each in records]),
        power_w=_repeats([_mean(_power(each)) for each in runs]),
        power_spread_w=_repeats([_deviation(_power(each)) for each in runs]),
        layers=tuple(_layers(runs)),
        curves=tuple(filter(None, map(_curve, runs))),
        disturbed=_disturbed(runs),
        shares=tuple(dict.fromkeys(map(_share, records))),
    )


def losses_of(run: RunTables) -> tuple[float, ...]:
    """The last training loss of each phase."""
    last = (
        run.epochs.drop_nulls("loss")
        .group_by("phase", maintain_order=True)
        .agg(pl.col("loss").last())
    )
    return tuple(last["loss"])


def _layers(runs: Sequence[RunTables]) -> Iterator[LayerMeasures]:
    """What each layer that learned alone took; none where the runs differ in their layers."""
    keys = [[*each.layers.select("phase", "layer", "label").iter_rows()] for each in runs]
    if any(each != keys[0] for each in keys):
        return
    for at, (phase, layer, label) in enumerate(keys[0]):
        yield LayerMeasures(
            title=label or f"layer {layer}",
            epoch_s=_repeats([_epoch_seconds(each.layers.row(at, named=True)) for each in runs]),
            power_w=_repeats([_layer_power(each, phase, layer) for each in runs]),
            utilization_percent=_telemetry(runs, "gpu_utilization_percent", phase, layer),
            memory_utilization_percent=_telemetry(
                runs, "gpu_memory_utilization_percent", phase, layer
            ),
            peak_memory_bytes=_repeats([each.layers["peak_memory_bytes"][at] for each in runs]),
        )


def _epoch_seconds(layer: dict[str, float | None]) -> float | None:
    """Time on the device of one epoch of a row of the table `layers`."""
    compute_s, epochs = layer["compute_s"], layer["epochs"]
    return compute_s / epochs if compute_s is not None and epochs else None


def _layer_power(run: RunTables, phase: int, layer: int | None) -> float | None:
    rows = run.energy.filter(_is_of(phase, layer), pl.col("span") == "layer")
    return _mean(rows["power_w"])


def _telemetry(
    runs: Sequence[RunTables], metric: str, phase: int, layer: int | None
) -> Repeats | None:
    return _repeats([_mean(each.telemetry.filter(_is_of(phase, layer))[metric]) for each in runs])


def _is_of(phase: int, layer: int | None) -> pl.Expr:
    return (pl.col("phase") == phase) & pl.col("layer").eq_missing(pl.lit(layer))


def _power(run: RunTables) -> pl.Series:
    """Samples of the power of what learned: the GPU's board, else the CPU's packages."""
    board = run.telemetry["power_w"]
    return board if board.count() else run.telemetry["cpu_power_w"]


def _curve(run: RunTables) -> Curve | None:
    """How the validation accuracy rose; None where it was not measured while learning."""
    measured = run.evaluations.filter(~pl.col("final"), pl.col("split") == "validation").select(
        *KEY, "accuracy"
    )
    rows = _elapsed(run).join(measured, on=KEY, how="inner", nulls_equal=True).sort("train_s")
    if not rows.height:
        return None
    return Curve(*(tuple(rows[name]) for name in ("accuracy", "train_s", "data_s")))


def _elapsed(run: RunTables) -> pl.DataFrame:
    """Seconds of learning, and of them for the images of batches, until the end of each epoch.

    What a layer needs before its first epoch counts: its time less that of its epochs.
    """
    before = run.layers.select(
        "phase",
        "layer",
        (pl.col("layer_s") - pl.col("epoch_s")).clip(lower_bound=0.0).cum_sum().alias("before_s"),
    )
    epochs = run.epochs.join(before, on=["phase", "layer"], nulls_equal=True, maintain_order="left")
    return epochs.select(
        *KEY,
        (pl.col("epoch_s").cum_sum() + pl.col("before_s")).alias("train_s"),
        pl.col("data_s").fill_null(0.0).cum_sum().alias("data_s"),
    )


def _share(record: RunRecord) -> str:
    """The cores that a run might use, in words, and how many processes shared it."""
    cores = record.machine.get("cores")
    each = "an unknown number of cores" if cores is None else f"{cores} core{'s' * (cores != 1)}"
    return each if record.processes == 1 else f"{record.processes} processes with {each} each"


def _disturbed(runs: Sequence[RunTables]) -> str:
    """What else ran beside the runs, or that it is not known; empty where the machine was quiet."""
    beside = [_beside_percent(each) for each in runs]
    known = [each for each in beside if each is not None]
    if len(known) < len(beside):
        return "it was not measured whether the machine was quiet"
    most = max(known)
    if most <= MOST_BESIDE_PERCENT:
        return ""
    return f"other processes used up to {most:.0f} % of the machine beside the runs"


def _beside_percent(run: RunTables) -> float | None:
    """Mean share of the machine's processors that others used while it learned."""
    if not run.processors:
        return None
    beside = pl.col("host_cpu_percent") - pl.col("process_cpu_percent") / run.processors
    return _mean(run.telemetry.select(beside.clip(lower_bound=0.0)).to_series())


def _repeats(values: Sequence[float | None]) -> Repeats | None:
    """A repeat a run; None where one was not measured."""
    known = tuple(each for each in values if each is not None)
    return Repeats(known) if known and len(known) == len(values) else None


def _of_column(fold: Callable[[pl.Series], object], column: pl.Series) -> float | None:
    value = fold(column)
    return float(value) if isinstance(value, int | float) else None


def _mean(column: pl.Series) -> float | None:
    return _of_column(pl.Series.mean, column)


def _deviation(column: pl.Series) -> float | None:
    return _of_column(pl.Series.std, column)


def _sum(column: pl.Series) -> float | None:
    return _of_column(pl.Series.sum, column) if column.count() else None
