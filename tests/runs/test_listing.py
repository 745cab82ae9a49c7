from pathlib import Path

import pytest

from fftui.errors import RunNotFoundError
from fftui.experiment import Experiment
from fftui.runs.annotations import annotate
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.listing import RunListing, find_running, list_runs, newest_running
from fftui.runs.new_folder import create
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
    assert list_runs(tmp_path / "absent") == []
    (listed,) = [run for run in RunListing(tmp_path).read() if run.record is None]
    assert listed.id == damaged.id
    assert "run.json is damaged" in listed.problem


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


def test_only_what_has_changed_is_read_again(tmp_path: Path, experiment: Experiment) -> None:
    folders = [create(Workspace(tmp_path), experiment, name=name) for name in "ab"]
    for folder in folders:
        folder.write_record(folder.record().model_copy(update={"status": "finished"}))
    listing = RunListing(tmp_path)
    before = {run.id: run for run in listing.read()}
    annotate(folders[0].path, name="renamed")
    after = {run.id: run for run in listing.read()}
    assert after[folders[1].id] is before[folders[1].id]
    renamed = after[folders[0].id].record
    assert renamed is not None
    assert renamed.name == "renamed"
    folders[1].run_json.unlink()
    assert [run.id for run in listing.read()] == [folders[0].id]


def test_a_run_that_is_learning_is_followed(tmp_path: Path, experiment: Experiment, facts) -> None:
    folder = create(Workspace(tmp_path), experiment)
    listing, writer = RunListing(tmp_path), JournalWriter(folder.journal)
    writer.append(facts.step(2))
    (run,) = listing.read()
    assert run.is_running
    assert run.progress is not None
    assert (run.progress.fraction, run.diverged) == (0.25, False)
    writer.append(facts.epoch(1, 1, loss=float("nan")))
    (run,) = listing.read()
    assert run.diverged
    assert listing.read()[0] is run
    writer.close()
    folder.write_record(folder.record().model_copy(update={"process_started": 1.0}))
    (run,) = listing.read()
    assert run.record is not None
    assert run.record.status == "interrupted"
