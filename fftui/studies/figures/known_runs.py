"""The runs of a folder as the figures need them: tables of one run, and of each method of a
study.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from fftui.runs.folder import RunFolder
from fftui.runs.run_record import RunRecord
from fftui.runs.tables import make_table
from fftui.studies.figures.curve_figures import RunTables
from fftui.studies.figures.method_runs import FIGURE_SETS, PER_IMAGE, MethodRun, TimeShares
from fftui.studies.figures.style import label_text
from fftui.studies.results import trials_table
from fftui.studies.small_scale import small_scale_changes
from fftui.studies.study import Condition, Scale, Study, Trial, experiment_of
from fftui.studies.study_catalogue import StudyInfo


def studied(info: StudyInfo, scale: Scale, seeds: int) -> Study:
    """The study `info` on every set of the paper's figures and on the set that stands in for MNIST,
    with backprop behind the paper's input pipeline beside it.
    """
    study = info.build(scale, FIGURE_SETS, seeds, asked=FIGURE_SETS)
    return replace(study, trials=(*study.trials, *_behind_pipeline(scale, seeds)))


def method_runs(study: Study, runs_dir: Path) -> list[MethodRun]:
    """Of every data set and method of a study the finished run whose time is the median's (of an
    even number the shorter one's), with its tables. Raises RequestError as `trials_table`.
    """
    trials = trials_table(study, runs_dir)
    return [
        _method_run(own.sort("e2e_s", nulls_last=True), runs_dir)
        for _, own in trials.group_by(["data", "method"], maintain_order=True)
    ]


def run_tables(folder: RunFolder) -> RunTables:
    """A run's tables. Raises RunNotFoundError where its record cannot be read."""
    record = folder.record()
    epochs, layers, evaluations, telemetry = (
        make_table(folder, name) for name in ("epochs", "layers", "evaluations", "telemetry")
    )
    return RunTables(
        folder.id,
        label_text(f"{record.name}, {record.data}"),
        record.data,
        epochs,
        layers,
        evaluations,
        telemetry,
    )


def _behind_pipeline(scale: Scale, seeds: int) -> Iterator[Trial]:
    for data in FIGURE_SETS:
        changes: dict[str, Any] = small_scale_changes(PER_IMAGE, data) if scale == "quick" else {}
        condition = Condition((("data", data), ("method", PER_IMAGE)))
        trial = Trial(condition, experiment_of(PER_IMAGE, data, changes))
        yield from (trial.at_seed(seed) for seed in range(seeds))


def _method_run(own: pl.DataFrame, runs_dir: Path) -> MethodRun:
    """The median of the runs of one method on one set, sorted by time."""
    times = own["e2e_s"].drop_nulls().to_list()
    row = own.row(max(0, (len(times) - 1) // 2), named=True)
    folder = RunFolder(runs_dir / row["run"])
    tables, record = run_tables(folder), folder.record()
    return MethodRun(
        row["method"],
        tables,
        _time_shares(record, tables.epochs),
        (times[0], times[-1]) if len(times) > 1 else None,
        row["gpu_memory_used_percent"],
        row["memory_above_bytes"],
        record.device,
    )


def _time_shares(record: RunRecord, epochs: pl.DataFrame) -> TimeShares | None:
    """What the run's time went into; None where its journal does not say."""
    e2e_s, train_s, evaluation_s = record.e2e_s, record.train_s, record.evaluation_s
    if e2e_s is None or train_s is None or evaluation_s is None:
        return None
    learning_s = max(0.0, train_s - math.fsum(epochs["data_s"].drop_nulls()))
    return TimeShares(learning_s, max(0.0, e2e_s - learning_s - evaluation_s), evaluation_s)
