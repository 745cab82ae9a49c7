from datetime import timedelta
from pathlib import Path

import pytest

from fftui.errors import RequestError, RunNotFoundError
from fftui.experiment import Experiment
from fftui.runs.finding import find_run, run_folders, runs_folder
from fftui.runs.folder import RunFolder
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace


def test_a_run_is_found_by_id_prefix_path_and_latest(
    tmp_path: Path, experiment: Experiment
) -> None:
    first = create(Workspace(tmp_path), experiment, name="first")
    second = create(Workspace(tmp_path), experiment, name="second")
    assert find_run(tmp_path, first.id) == first
    assert find_run(tmp_path, second.id[:-3]) == second
    assert find_run(tmp_path, str(first.path)) == first
    assert find_run(tmp_path, "latest") == second
    assert run_folders(tmp_path) == [second, first]


def test_the_nearest_run_is_named_where_none_is_meant(
    tmp_path: Path, experiment: Experiment
) -> None:
    first = create(Workspace(tmp_path), experiment, name="first")
    with pytest.raises(RunNotFoundError, match=first.id):
        find_run(tmp_path, first.id[:-1] + "x")
    with pytest.raises(RunNotFoundError, match="no runs in"):
        find_run(tmp_path / "elsewhere", "latest")


def test_a_prefix_of_several_is_refused_with_their_ids(
    tmp_path: Path, experiment: Experiment
) -> None:
    folders = [create(Workspace(tmp_path), experiment) for _ in range(2)]
    with pytest.raises(RunNotFoundError, match="any of 2 runs") as refusal:
        find_run(tmp_path, "2")
    assert all(folder.id in str(refusal.value) for folder in folders)


def test_a_name_that_only_one_run_has_finds_it(tmp_path: Path, experiment: Experiment) -> None:
    named = create(Workspace(tmp_path), experiment, name="second try")
    create(Workspace(tmp_path), experiment, name="third try")
    create(Workspace(tmp_path), experiment, name="third try")
    assert find_run(tmp_path, "second try").id == named.id
    with pytest.raises(RunNotFoundError, match="any of 2 runs"):
        find_run(tmp_path, "third try")


def test_what_is_near_no_run_is_given_none(tmp_path: Path, experiment: Experiment) -> None:
    create(Workspace(tmp_path), experiment)
    with pytest.raises(RunNotFoundError, match=r"no run 'qqq' in .*; fftui runs lists all"):
        find_run(tmp_path, "qqq")
    with pytest.raises(RunNotFoundError, match=r"is a folder, but no run: it has no run\.json"):
        find_run(tmp_path, f"{tmp_path}/")


def test_the_latest_is_the_one_started_last_whatever_it_is_called(
    tmp_path: Path, experiment: Experiment
) -> None:
    late, early = (
        create(Workspace(tmp_path), experiment, name="late"),
        create(Workspace(tmp_path), experiment, name="early"),
    )
    started = early.record().started - timedelta(hours=1)
    early.write_record(early.record().model_copy(update={"started": started}))
    renamed = RunFolder(late.path.rename(tmp_path / "a-name-of-its-own"))
    assert find_run(tmp_path, "latest") == renamed
    assert run_folders(tmp_path) == [renamed, early]


def test_a_file_is_no_runs_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RequestError, match=r"cannot read the runs in .*file: Not a directory"):
        run_folders(tmp_path / "file")


def test_where_runs_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FFTUI_RUNS", raising=False)
    assert runs_folder() == Path("runs")
    monkeypatch.setenv("FFTUI_RUNS", "/elsewhere")
    assert runs_folder() == Path("/elsewhere")
    assert runs_folder(Path("/here")) == Path("/here")
    monkeypatch.setenv("FFTUI_RUNS", "~/runs")
    assert runs_folder() == Path.home() / "runs"
