"""Runs that are deleted, restored and removed."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from fftui.errors import RequestError, RunNotFoundError
from fftui.experiment import Experiment
from fftui.runs import files
from fftui.runs.annotations import annotate, read_annotations
from fftui.runs.finding import run_folders
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.listing import RunListing
from fftui.runs.new_folder import create
from fftui.runs.trash import delete, deleted_runs, find_deleted, purge, restore
from fftui.runs.workspace import Workspace


@pytest.fixture
def over(tmp_path: Path, experiment: Experiment) -> list[RunFolder]:
    """Two runs that are over."""
    folders = [create(Workspace(tmp_path), experiment, name=name) for name in "ab"]
    for folder in folders:
        folder.write_record(folder.record().model_copy(update={"status": "finished"}))
    return folders


def test_a_deleted_run_can_be_restored(over: list[RunFolder], tmp_path: Path) -> None:
    content = {path.name: path.read_bytes() for path in over[0].path.iterdir()}
    delete(over)
    assert run_folders(tmp_path) == RunListing(tmp_path).read() == []
    assert {run.id for run in deleted_runs(tmp_path)} == {folder.id for folder in over}
    assert restore(find_deleted(tmp_path, over[0].id)) == over[0]
    assert {path.name: path.read_bytes() for path in over[0].path.iterdir()} == content
    purge(deleted_runs(tmp_path))
    assert deleted_runs(tmp_path) == []
    assert run_folders(tmp_path) == [over[0]]
    with pytest.raises(RunNotFoundError, match="no deleted run"):
        find_deleted(tmp_path, over[1].id)


def test_a_run_is_not_moved_while_its_annotations_are_written(
    over: list[RunFolder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was half-written would come back with the run, beside no annotations."""
    writes, go_on = threading.Event(), threading.Event()
    replace_with = files.replace_with

    def slow(path: Path, write: Callable[[Path], None]) -> None:
        def held(beside: Path) -> None:
            write(beside)
            writes.set()
            assert go_on.wait(10)

        replace_with(path, held)

    monkeypatch.setattr(files, "replace_with", slow)
    tags = threading.Thread(target=annotate, args=(over[0].path,), kwargs={"add_tags": ("kept",)})
    deletes = threading.Thread(target=delete, args=(over[:1],))
    tags.start()
    assert writes.wait(10)
    deletes.start()
    deletes.join(0.3)
    assert deletes.is_alive()
    go_on.set()
    tags.join()
    deletes.join()
    restored = restore(find_deleted(tmp_path, over[0].id)).path
    assert read_annotations(restored).tags == ("kept",)
    assert not [path.name for path in restored.iterdir() if path.name.startswith(".")]


def test_a_running_run_is_never_deleted(over: list[RunFolder], tmp_path: Path) -> None:
    over[1].write_record(over[1].record().model_copy(update={"status": "running"}))
    writer = JournalWriter(over[1].journal)
    with pytest.raises(RequestError, match="is in use by process"):
        delete(over)
    over[1].run_json.write_text("{")
    with pytest.raises(RequestError, match="is in use by another process"):
        delete(over)
    writer.close()
    assert len(run_folders(tmp_path)) == 2
    assert len(delete(over)) == 2


def test_all_or_none_are_deleted(over: list[RunFolder], tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="nothing was deleted"):
        delete([over[0], RunFolder(tmp_path / "gone")])
    assert over[0].run_json.exists()


def test_a_run_is_not_restored_over_another(over: list[RunFolder], tmp_path: Path) -> None:
    delete(over[:1])
    over[0].path.mkdir()
    with pytest.raises(RequestError, match="the run in the trash"):
        restore(deleted_runs(tmp_path)[0])


def test_the_beginning_of_an_id_is_enough_where_it_is_one(
    over: list[RunFolder], tmp_path: Path
) -> None:
    delete(over)
    with pytest.raises(RunNotFoundError, match="may be any of 2 deleted runs"):
        find_deleted(tmp_path, over[0].id[:8])
    assert find_deleted(tmp_path, over[0].id[:-1]).id == over[0].id
