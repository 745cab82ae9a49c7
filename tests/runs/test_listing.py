from pathlib import Path

import pytest

from fftui.errors import RunNotFoundError
from fftui.experiment import Experiment
from fftui.runs.folder import create
from fftui.runs.journal import JournalWriter
from fftui.runs.listing import damaged_runs, find_running, list_runs, newest_running
from fftui.runs.workspace import Workspace


def test_runs_are_listed_newest_first_with_their_current_status(
    tmp_path: Path, experiment: Experiment
) -> None:
    old, new = (create(Workspace(tmp_path), experiment, name=name) for name in ("old", "new"))
    old.write_record(old.record().model_copy(update={"process_started": 1.0}))
    damaged = create(Workspace(tmp_path), experiment)
    damaged.run_json.write_text("{")
    (tmp_path / "not-a-run").mkdir()
    assert [(run.id, run.status) for run in list_runs(tmp_path)] == [
        (new.id, "running"),
        (old.id, "interrupted"),
    ]
    assert damaged_runs(tmp_path) == [damaged]
    assert list_runs(tmp_path / "absent") == []


def test_the_newest_run_that_a_process_holds_is_the_one_meant(
    tmp_path: Path, experiment: Experiment
) -> None:
    old, new, over = (create(Workspace(tmp_path), experiment, name=name) for name in "abc")
    for folder in (old, new, over):
        folder.write_record(folder.record().model_copy(update={"process_started": 1.0}))
    assert newest_running(tmp_path) is None
    with pytest.raises(RunNotFoundError, match="nothing is running in"):
        find_running(tmp_path, None)
    writers = [JournalWriter(folder.journal) for folder in (old, new)]
    assert find_running(tmp_path, None) == newest_running(tmp_path) == new
    assert find_running(tmp_path, over.id) == over
    for writer in writers:
        writer.close()
