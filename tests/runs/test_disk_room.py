from pathlib import Path
from types import SimpleNamespace

import pytest

from fftui.errors import RequestError
from fftui.experiment import Experiment
from fftui.experiment.disk_cost import disk_of
from fftui.runs.disk_room import DiskRoom, free_bytes, refuse_without_room, room_warning
from fftui.runs.finding import run_folders
from fftui.runs.new_folder import create
from fftui.runs.run_thread import RunThread
from fftui.runs.workspace import Workspace


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A disk with a number of bytes free."""
    disk = SimpleNamespace(free=1e12)
    monkeypatch.setattr("shutil.disk_usage", lambda _: disk)
    return disk


def test_no_run_is_made_where_its_weights_do_not_fit(
    tmp_path: Path, experiment: Experiment, free: SimpleNamespace
) -> None:
    free.free = disk_of(experiment).weights - 1
    with pytest.raises(
        RequestError, match=r"its weights take .* kB on the disk, and .* kB are free"
    ):
        create(Workspace(tmp_path), experiment)
    assert run_folders(tmp_path) == []
    free.free = disk_of(experiment).weights
    refuse_without_room(experiment, DiskRoom.of(tmp_path))


def test_what_may_not_fit_is_warned_of_in_the_run(
    tmp_path: Path, experiment: Experiment, free: SimpleNamespace
) -> None:
    assert not room_warning(experiment, DiskRoom.of(tmp_path))
    free.free = disk_of(experiment).checkpoint
    assert "may not fit on the disk" in room_warning(experiment, DiskRoom.of(tmp_path))
    workspace = Workspace(tmp_path, device="cpu")
    thread = RunThread(create(workspace, experiment), workspace)
    thread.run()
    assert any("may not fit on the disk" in line.text for line in thread.view.log)
    assert thread.view.status == "finished"


def test_a_folder_that_is_not_there_yet_is_on_the_disk_of_its_parents(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "new" / "runs") == pytest.approx(free_bytes(tmp_path), rel=0.5)
    (tmp_path / "file").touch()
    assert free_bytes(tmp_path / "file" / "runs") is None
