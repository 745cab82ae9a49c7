import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fftui.errors import RequestError
from fftui.runs.folder import RunFolder
from fftui.studies.report import MEASURES, as_facts, as_file, table_for_people
from fftui.studies.results import summary_table
from fftui.studies.study import Study

Finished = Callable[..., RunFolder]


@pytest.fixture
def runs(tmp_path: Path, study: Study, finished_run: Finished) -> Path:
    for trial, accuracy in zip(study.trials, (0.90, 0.70, 0.92, 0.74), strict=True):
        finished_run(trial.experiment, accuracy)
    return tmp_path / "runs"


def test_people_read_percent_beside_the_papers(study: Study, runs: Path) -> None:
    head, rows = table_for_people(study, runs)
    assert head == [
        "data",
        "units",
        "test accuracy %",
        "paper %",
        "train accuracy %",
        "learned for",
        "seeds",
    ]
    assert rows == [
        ["mnist-mini", "8", "91.00 ± 12.71", "90.00", "97.00", "1.5 s", "2"],
        ["mnist-mini", "9", "72.00 ± 25.41", "90.00", "97.00", "1.5 s", "2"],
    ]


def test_before_anything_has_run_there_is_a_table_too(study: Study, tmp_path: Path) -> None:
    head, rows = table_for_people(study, tmp_path / "nowhere")
    assert head == ["data", "units", "test accuracy %", "paper %", "note"]
    assert [row[-1] for row in rows] == ["2 not run"] * 2


def test_a_study_without_trials_has_an_empty_table(small: Any, tmp_path: Path) -> None:
    assert table_for_people(small.study(), tmp_path) == ([], [])
    assert as_file(small.study(), tmp_path, "text") == b""


def test_files_for_people_and_for_machines(study: Study, runs: Path) -> None:
    assert (
        as_file(study, runs, "text")
        .decode()
        .splitlines()[1]
        .startswith("mnist-mini  8      91.00 ± 12.71")
    )
    assert "| mnist-mini | 8 | 91.00 ± 12.71 | 90.00 |" in as_file(study, runs, "markdown").decode()
    assert r"\toprule" in as_file(study, runs, "latex").decode()
    assert pl.read_csv(as_file(study, runs, "csv"))["test_accuracy"].to_list() == pytest.approx(
        [0.91, 0.72]
    )
    assert json.loads(as_file(study, runs, "json"))[0]["paper"] == 0.9
    assert pl.read_parquet(io.BytesIO(as_file(study, runs, "parquet"))).equals(
        summary_table(study, runs)
    )


def test_a_row_a_trial(study: Study, runs: Path) -> None:
    assert pl.read_csv(as_file(study, runs, "csv", trials=True)).height == 4
    lines = as_file(study, runs, "text", trials=True).decode().splitlines()
    assert lines[0].split() == [
        "data",
        "units",
        "seed",
        "test",
        "accuracy",
        "%",
        "train",
        "accuracy",
        "%",
        "learned",
        "for",
        "run",
    ]
    assert len(lines) == 5


def test_as_json_holds_everything(study: Study, runs: Path) -> None:
    facts = json.loads(json.dumps(as_facts(study, runs)))
    assert list(facts) == ["study", "title", "question", "notes", "conditions", "trials"]
    assert [len(facts["conditions"]), len(facts["trials"])] == [2, 4]
    assert facts["notes"] == ["svhn is not on this machine: skipped"]


def test_every_measure_can_be_shown(small: Any, runs: Path, study: Study) -> None:
    head, rows = table_for_people(small.study(*study.trials, measures=tuple(MEASURES)), runs)
    named = ["epoch", "epoch on device", "epochs", "of epochs", "updates", "operations"]
    assert head[6:-1] == named
    assert rows[0][6:-1] == ["0.50 s", "0.25 s", "2", "2", "4", "6.4e6"]


def test_an_unknown_format_names_the_nearest(study: Study, runs: Path) -> None:
    with pytest.raises(RequestError, match="did you mean 'markdown'"):
        as_file(study, runs, "markdwn")
