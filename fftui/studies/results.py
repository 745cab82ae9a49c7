"""Results of a study's runs: a table of its trials and one of its conditions. Accuracies are
fractions of 1.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from fftui.experiment.cost import cost_of
from fftui.runs.finished_tables import finished_table
from fftui.runs.status import is_live
from fftui.runs.tables import while_learning
from fftui.studies.matching import KnownRun, KnownRuns
from fftui.studies.study import Condition, Study, Trial

COUNT, REAL, TEXT = pl.Int64(), pl.Float64(), pl.String()

# Of one run, behind the columns of its condition. Telemetry is of learning alone.
MEASURES: dict[str, pl.DataType] = {
    "test_accuracy": REAL,  # of the whole network, on the test images
    # on the training images measured at the end (evaluation.final_train_images)
    "train_accuracy": REAL,
    "layer_accuracies": pl.List(REAL),  # of each layer's goodness alone, on the test images
    "head_accuracy": REAL,  # of the softmax head in one pass, on the test images
    "train_s": REAL,  # learning, over all sessions, without evaluation
    # mean wall time of an epoch of one layer (or of all, where they learn together)
    "epoch_s": REAL,
    "compute_s": REAL,  # mean time on the device of the same, without data_s
    "data_s": REAL,  # mean time of sampling, augmenting and selecting its images
    "evaluation_s": REAL,  # measuring accuracy, all of it
    "e2e_s": REAL,  # the whole run: setting up, reading images, learning, evaluation
    # highest sample while learning: of the GPU, or where none learned, of the process
    "memory_bytes": COUNT,
    "memory_before_bytes": COUNT,  # held before images and network
    "peak_memory_bytes": COUNT,  # most held while a layer learned, by torch or of the process
    "memory_above_bytes": COUNT,  # the same less memory_before_bytes
    # telemetry: means while learning
    "gpu_memory_used_percent": REAL,  # the paper's memory_usage
    "host_memory_used_percent": REAL,
    "epochs": REAL,  # that were finished, of each layer that learns alone, added up
    "epochs_asked": REAL,  # the same as the experiment has them
    "updates": COUNT,  # optimiser steps: of each layer, added up
    "cpu_percent": REAL,  # mean of this process; 100 is one core
    "gpu_utilization_percent": REAL,
    "gpu_memory_utilization_percent": REAL,
    "power_w": REAL,  # mean of the GPU's board
    "energy_j": REAL,  # of learning: the GPU's board if available, else the CPU's packages
    "energy_j_per_sample": REAL,  # the same for each training image seen
    "flops": REAL,  # of the products of learning, by arithmetic
}
REPRODUCED_WITHIN = 0.005  # under the published accuracy, a fraction of 1
HIGHEST = ("memory_bytes", "memory_before_bytes", "peak_memory_bytes", "memory_above_bytes")
AVERAGED = [
    name for name, dtype in MEASURES.items() if dtype.is_numeric() and name != "test_accuracy"
]


def trials_table(study: Study, runs_dir: Path) -> pl.DataFrame:
    """One row a finished trial: its condition's columns, `seed`, `run`, then `MEASURES`.

    Raises RequestError where `runs_dir` cannot be read.
    """
    known = KnownRuns.of(runs_dir)
    measured: dict[str, dict[str, Any]] = {}  # a run may serve several conditions
    rows = []
    for trial in study.trials:
        run = known.of_experiment(trial.experiment)
        if run is None or run.status != "finished":
            continue
        if run.folder.id not in measured:
            measured[run.folder.id] = _measures(run)
        own = {"seed": trial.experiment.seed, "run": run.folder.id}
        rows.append({**dict(trial.condition.values), **own, **measured[run.folder.id]})
    schema = condition_schema(study.conditions) | {"seed": COUNT, "run": TEXT} | MEASURES
    return pl.DataFrame({name: [row.get(name) for row in rows] for name in schema}, schema=schema)


def summary_table(study: Study, runs_dir: Path) -> pl.DataFrame:
    """One row a condition, those without a finished trial too.

    Columns: the condition's; `seeds` finished; mean `test_accuracy` and its 95 % interval `low` to
    `high` over seeds (Student's t; null for one seed); the means of the other measures
    (of bytes the highest); the paper's accuracies as `paper` and `paper_train`; `source` and
    `outcome` of a figure published elsewhere; and `note`, which says what is missing. Raises as
    `trials_table`.
    """
    known, trials = KnownRuns.of(runs_dir), trials_table(study, runs_dir)
    rows = []
    for condition in study.conditions:
        note = missing([trial for trial in study.trials if trial.condition == condition], known)
        summary = _summary(trials.filter(_of(condition, trials)))
        rows.append(
            {
                **dict(condition.values),
                **summary,
                "paper": _fraction(condition.paper),
                "paper_train": _fraction(condition.paper_train),
                "source": condition.source or None,
                "outcome": _outcome(condition, summary, note),
                "note": note,
            }
        )
    schema = {
        **condition_schema(study.conditions),
        **dict.fromkeys(["seeds"], COUNT),
        **dict.fromkeys(["test_accuracy", "low", "high", *AVERAGED], REAL),
        **dict.fromkeys(["paper", "paper_train"], REAL),
        **dict.fromkeys(["source", "outcome", "note"], TEXT),
    }
    return pl.DataFrame({name: [row.get(name) for row in rows] for name in schema}, schema=schema)


def condition_schema(conditions: Sequence[Condition]) -> dict[str, pl.DataType]:
    """The columns of a study's conditions, in order; numbers are real where any of them is."""
    values: dict[str, list[object]] = {}
    for condition in conditions:
        for column, value in condition.values:
            values.setdefault(column, []).append(value)
    return {column: _dtype(each) for column, each in values.items()}


def interval(values: Sequence[float]) -> tuple[float | None, float | None]:
    """The 95 % confidence interval of the mean of `values`, by Student's t; nothing from fewer than
    two.
    """
    if len(values) < 2:
        return None, None
    # a quarter of a second that only a table needs
    from scipy.special import stdtrit  # noqa: PLC0415

    count, mean = len(values), math.fsum(values) / len(values)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (count - 1))
    half = float(stdtrit(count - 1, 0.975)) * deviation / math.sqrt(count)
    return mean - half, mean + half


def missing(trials: Sequence[Trial], known: KnownRuns) -> str:
    """How many of a condition's trials have not finished, by reason; empty where all have."""
    counts: dict[str, int] = {}
    for trial in trials:
        run = known.of_experiment(trial.experiment)
        if run is None:
            word = "not run"
        elif run.status == "failed":
            word = f"failed ({run.record.error})" if run.record.error else "failed"
        else:
            word = "under way" if is_live(run.record) else run.status
        if word != "finished":
            counts[word] = counts.get(word, 0) + 1
    return "; ".join(f"{count} {word}" for word, count in counts.items())


def _measures(run: KnownRun) -> dict[str, Any]:
    epochs, evaluations, telemetry = (
        finished_table(run.folder, name) for name in ("epochs", "evaluations", "telemetry")
    )
    final = evaluations.filter(pl.col("final"))
    test, train = (final.filter(pl.col("split") == split).tail(1) for split in ("test", "train"))
    steps = (
        epochs.group_by("phase", "layer").agg(pl.col("step").max())["step"].sum()
        if epochs.height
        else None
    )
    telemetry, experiment = while_learning(telemetry), run.folder.experiment()
    on_gpu = telemetry["gpu_memory_used_bytes"].max()
    return {
        "test_accuracy": run.record.test_accuracy,
        "train_accuracy": train["accuracy"].item() if train.height else None,
        "layer_accuracies": list(run.record.layer_accuracies),
        "head_accuracy": test["head_accuracy"].item()
        if test.height and "head_accuracy" in test.columns
        else None,
        "train_s": run.record.train_s,
        "epoch_s": epochs["epoch_s"].mean(),
        "compute_s": epochs["compute_s"].mean(),
        "data_s": epochs["data_s"].mean(),
        "evaluation_s": run.record.evaluation_s,
        "e2e_s": run.record.e2e_s,
        "memory_bytes": telemetry["process_memory_bytes"].max() if on_gpu is None else on_gpu,
        "memory_before_bytes": run.record.memory_before_bytes,
        "peak_memory_bytes": run.record.peak_memory_bytes,
        "memory_above_bytes": run.record.memory_above_bytes,
        "gpu_memory_used_percent": telemetry["gpu_memory_used_percent"].mean(),
        "host_memory_used_percent": telemetry["host_memory_used_percent"].mean(),
        "epochs": epochs["epoch_s"].count(),  # null in the rows of layers that share an epoch
        "epochs_asked": sum(
            phase.epochs * phase.stages(experiment.model) for phase in experiment.phases
        ),
        "updates": steps,
        "cpu_percent": telemetry["process_cpu_percent"].mean(),
        "gpu_utilization_percent": telemetry["gpu_utilization_percent"].mean(),
        "gpu_memory_utilization_percent": telemetry["gpu_memory_utilization_percent"].mean(),
        "power_w": telemetry["power_w"].mean(),
        "energy_j": run.record.energy_j,
        "energy_j_per_sample": run.record.energy_j_per_sample,
        "flops": cost_of(experiment).flops,
    }


def _outcome(condition: Condition, summary: dict[str, Any], note: str) -> str | None:
    """Whether a figure published elsewhere was reproduced; None where there is none."""
    if not condition.source or condition.paper is None:
        return None
    if note or summary["test_accuracy"] is None:
        return "not run to the end"
    published, low, high = condition.paper / 100, summary["low"], summary["high"]
    inside = low is not None and low <= published <= high
    near = summary["test_accuracy"] >= published - REPRODUCED_WITHIN
    return "reproduced" if near or inside else "not reproduced"


def _of(condition: Condition, trials: pl.DataFrame) -> pl.Expr:
    return pl.all_horizontal(
        pl.col(column).eq_missing(pl.lit(value)) for column, value in condition.values
    )


def _summary(trials: pl.DataFrame) -> dict[str, Any]:
    accuracies = trials["test_accuracy"].drop_nulls().to_list()
    low, high = interval(accuracies)
    means = {
        name: trials[name].max() if name in HIGHEST else trials[name].mean() for name in AVERAGED
    }
    mean = math.fsum(accuracies) / len(accuracies) if accuracies else None
    return {"seeds": trials.height, "test_accuracy": mean, "low": low, "high": high, **means}


def _dtype(values: Sequence[object]) -> pl.DataType:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int}:
        return COUNT
    return REAL if kinds and kinds <= {int, float} else TEXT


def _fraction(percent: float | None) -> float | None:
    return None if percent is None else percent / 100
