from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.runs.folder import RunFolder
from fftui.runs.tables import write_tables
from fftui.studies.results import MEASURES, condition_schema, interval, summary_table, trials_table
from fftui.studies.study import Condition, Study

Finished = Callable[..., RunFolder]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def test_one_row_a_finished_trial(study: Study, runs: Path, finished_run: Finished) -> None:
    folder = finished_run(study.trials[1].experiment, 0.92)
    finished_run(study.trials[2].experiment, status="failed")
    table = trials_table(study, runs)
    assert table.columns == ["data", "units", "seed", "run", *MEASURES]
    assert table.height == 1
    row = table.row(0, named=True)
    assert (row["units"], row["seed"], row["run"]) == (9, 0, folder.id)
    assert (row["test_accuracy"], row["train_accuracy"], row["layer_accuracies"]) == (
        0.92,
        0.97,
        [0.92],
    )
    assert (row["train_s"], row["epoch_s"], row["compute_s"], row["updates"]) == (1.5, 0.5, 0.25, 4)
    assert row["memory_bytes"] is row["power_w"] is row["head_accuracy"] is None


def test_tables_written_at_the_end_say_the_same_as_the_journal(
    study: Study, runs: Path, finished_run: Finished
) -> None:
    folder = finished_run(study.trials[0].experiment)
    before = trials_table(study, runs)
    write_tables(folder)
    assert trials_table(study, runs).equals(before)
    pl.DataFrame({"of another version": [1]}).write_parquet(folder.table("epochs"))
    assert trials_table(study, runs).equals(before)
    write_tables(folder)
    folder.journal.unlink()
    assert trials_table(study, runs).equals(before)


def test_a_summary_has_mean_interval_and_the_paper(
    study: Study, runs: Path, finished_run: Finished
) -> None:
    for trial, accuracy in zip(study.trials, (0.90, 0.70, 0.92, 0.74), strict=True):
        finished_run(trial.experiment, accuracy)
    table = summary_table(study, runs)
    first = table.row(0, named=True)
    assert (first["units"], first["seeds"], first["paper"], first["paper_train"]) == (
        8,
        2,
        0.9,
        None,
    )
    assert first["test_accuracy"] == pytest.approx(0.91)
    # t(0.975, 1) = 12.706; the standard error of 0.90 and 0.92 is 0.01.
    assert (first["low"], first["high"]) == (
        pytest.approx(0.91 - 0.12706, abs=1e-4),
        pytest.approx(1.03706, abs=1e-4),
    )
    assert table["note"].to_list() == ["", ""]
    assert table["test_accuracy"].to_list() == pytest.approx([0.91, 0.72])


def test_a_summary_says_what_is_missing(study: Study, runs: Path, finished_run: Finished) -> None:
    finished_run(study.trials[0].experiment)
    finished_run(study.trials[3].experiment, status="failed")
    table = summary_table(study, runs)
    assert table["seeds"].to_list() == [1, 0]
    assert table["low"].to_list() == [None, None]
    assert table["test_accuracy"].to_list() == [0.9, None]
    assert table["note"].to_list() == ["1 not run", "1 not run; 1 failed (it broke)"]


@pytest.mark.parametrize(
    ("published", "accuracies", "outcome"),
    [
        (91.0, (0.90, 0.91), "reproduced"),  # 0.5 points under it
        (99.0, (0.80, 0.90), "reproduced"),  # two seeds this far apart exclude nothing
        (92.0, (0.910, 0.911), "not reproduced"),
        (91.0, (0.95, None), "not run to the end"),
    ],
)
def test_a_figure_published_elsewhere_is_reproduced_or_not(
    study: Study,
    runs: Path,
    finished_run: Finished,
    published: float,
    accuracies: tuple[float | None, ...],
    outcome: str,
) -> None:
    condition = replace(study.conditions[0], paper=published, source="Author 2022")
    mine = [each for each in study.trials if each.condition == study.conditions[0]]
    study = replace(study, trials=tuple(replace(each, condition=condition) for each in mine))
    for trial, accuracy in zip(study.trials, accuracies, strict=True):
        if accuracy is not None:
            finished_run(trial.experiment, accuracy)
    row = summary_table(study, runs).row(0, named=True)
    assert (row["source"], row["outcome"]) == ("Author 2022", outcome)
    assert trials_table(study, runs)["flops"].to_list()[0] > 0


def test_one_run_serves_all_conditions_that_ask_for_it(
    small: Any, runs: Path, finished_run: Finished
) -> None:
    study = small.study(small.trial(8, what="one"), small.trial(8, what=None))
    finished_run(study.trials[0].experiment)
    assert trials_table(study, runs)["what"].to_list() == ["one", None]
    assert summary_table(study, runs)["seeds"].to_list() == [1, 1]


def test_without_runs_a_table_still_has_its_columns(study: Study, runs: Path) -> None:
    assert trials_table(study, runs).schema == condition_schema(study.conditions) | {
        "seed": pl.Int64(),
        "run": pl.String(),
        **MEASURES,
    }
    assert summary_table(study, runs)["seeds"].to_list() == [0, 0]


def test_columns_have_the_type_of_their_values() -> None:
    conditions = [
        Condition((("a", "x"), ("b", 1), ("c", 1), ("d", None))),
        Condition((("c", 0.5),)),
    ]
    assert condition_schema(conditions) == {
        "a": pl.String(),
        "b": pl.Int64(),
        "c": pl.Float64(),
        "d": pl.String(),
    }


@given(st.lists(st.floats(0, 1), min_size=2, max_size=9))
def test_the_interval_is_students(values: list[float]) -> None:
    low, high = interval(values)
    assert low is not None
    assert high is not None
    from scipy import stats  # noqa: PLC0415 - seconds, which every worker would wait for

    error = float(stats.sem(values))
    expected = (
        stats.t.interval(0.95, len(values) - 1, sum(values) / len(values), error)
        if error > 0
        else (low, high)
    )
    assert (low, high) == (
        pytest.approx(expected[0], abs=1e-9),
        pytest.approx(expected[1], abs=1e-9),
    )
    assert low <= high


def test_one_seed_has_no_interval() -> None:
    assert interval([0.5]) == interval([]) == (None, None)
