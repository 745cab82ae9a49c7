"""Runs of nodes that do not see the runs folder; on Ray: `python -m tests.ray_nodes`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fftui import events as ev
from fftui.errors import RequestError
from fftui.executors.shipped import Carried, run_there, shipment_of, take_back
from fftui.executors.submitted import SubmittedRun
from fftui.runs.annotations import annotate
from fftui.runs.finished_tables import finished_table
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace
from fftui.runs.zip_export import write_zip


@pytest.fixture
def folder(tmp_path: Path, small: Any) -> RunFolder:
    return create(Workspace(tmp_path / "runs", device="cpu"), small.experiment())


class Node:
    """A node that sees no folder of this machine's path; its tasks are over at once."""

    def __init__(self, folder: RunFolder, nowhere: Path) -> None:
        self.folder, self.path = folder, str(nowhere / folder.id)

    def submit(self, words: Sequence[str]) -> "Node":
        there = replace(shipment_of(self.folder), path=self.path)
        words = [self.path if word == str(self.folder.path) else word for word in words]
        self.carried: Carried = run_there(there, words, 1)
        return self

    def is_over(self) -> bool:
        return True

    def cancel(self) -> None:
        raise NotImplementedError

    def end(self) -> tuple[int | None, str]:
        annotate(self.folder.path, note="written meanwhile")
        assert self.carried.archive is not None
        take_back(self.carried.archive, self.folder)
        return self.carried.code, self.carried.said


def test_a_node_without_the_folder_sends_the_run_back_whole(
    folder: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    worker = SubmittedRun(folder, Node(folder, tmp_path / "nowhere").submit)
    worker.start()
    worker.join()
    assert worker.refused is None
    assert worker.view.result and worker.view.result.status == "finished"
    assert folder.record().status == "finished"
    assert folder.checkpoint.exists()
    assert finished_table(folder, "epochs").height > 0
    assert "written meanwhile" in (folder.path / "annotations.json").read_text()
    assert [each.name for each in folder.path.parent.iterdir()] == [folder.id]


def archive_of(folder: RunFolder, to: Path) -> bytes:
    """The archive of a run that has begun and ended."""
    journal = JournalWriter(folder.journal)
    journal.append(ev.RunFinished("finished", 0.9, (), 1.0, None))
    journal.close()
    folder.write_record(folder.record().model_copy(update={"status": "finished"}))
    write_zip([folder], to)
    return to.read_bytes()


@pytest.mark.parametrize("kind", ["no archive", "another run", "another experiment"])
def test_what_comes_back_is_not_taken_at_its_word(
    folder: RunFolder, tmp_path: Path, small: Any, kind: str
) -> None:
    elsewhere = Workspace(tmp_path / "elsewhere", device="cpu")
    came = b"PK no archive"
    if kind != "no archive":
        other = create(elsewhere, small.experiment(seed=7 if kind == "another experiment" else 0))
        if kind == "another experiment":
            named = RunFolder(other.path.rename(other.path.parent / folder.id))
            named.write_record(named.record().model_copy(update={"id": folder.id}))
            other = named
        came = archive_of(other, tmp_path / "other.zip")
    before = {each.name: each.read_bytes() for each in folder.path.iterdir()}
    with pytest.raises(RequestError, match=r"another run|no archive of runs"):
        take_back(came, folder)
    assert {each.name: each.read_bytes() for each in folder.path.iterdir()} == before
    assert [each.name for each in folder.path.parent.iterdir()] == [folder.id]
