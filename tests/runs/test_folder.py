import os
import re
from datetime import timedelta
from pathlib import Path

import pytest

from fftui.errors import ExperimentError, RequestError, RunNotFoundError
from fftui.experiment import Experiment
from fftui.presets import list_presets, load_preset
from fftui.runs.folder import RunFolder, create, find_run, run_folders, runs_folder, slug
from fftui.runs.workspace import Workspace


def test_a_new_run_holds_what_was_asked_and_who_asked(
    folder: RunFolder, experiment: Experiment
) -> None:
    record = folder.record()
    assert re.fullmatch(r"\d{8}-\d{6}-tiny-mnist-mini-[0-9a-f]{4}", folder.id)
    assert (record.id, record.preset, record.data, record.status) == (
        folder.id,
        "quickstart",
        "mnist-mini",
        "running",
    )
    assert record.pid == os.getpid()
    assert folder.experiment() == experiment


@pytest.mark.parametrize("name", [preset.name for preset in list_presets()])
def test_every_preset_survives_its_own_file(name: str, tmp_path: Path) -> None:
    experiment = load_preset(name)
    assert create(Workspace(tmp_path), experiment).experiment() == experiment


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


def test_the_folder_of_images_that_was_asked_for_is_recorded(
    tmp_path: Path, experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FFTUI_DATA", raising=False)
    assert create(Workspace(tmp_path), experiment).record().data_dir is None
    monkeypatch.setenv("FFTUI_DATA", str(tmp_path))
    named = create(Workspace(tmp_path), experiment).record()
    assert named.data_dir == str(tmp_path)
    assert create(Workspace(tmp_path, Path("/given")), experiment).record().data_dir == "/given"
    assert named.images(None) == tmp_path
    assert named.images(Path("/given")) == Path("/given")
    assert named.model_copy(update={"data_dir": str(tmp_path / "moved")}).images(None) is None


def test_a_name_that_no_file_can_bear_is_kept_in_the_record(
    tmp_path: Path, experiment: Experiment
) -> None:
    folder = create(Workspace(tmp_path), experiment, name="θερμή")
    assert folder.id[16:].startswith("run-mnist-mini")
    assert folder.record().name == "θερμή"


def test_a_damaged_record_and_experiment_are_named(folder: RunFolder) -> None:
    folder.run_json.write_text('{"id": ')
    with pytest.raises(
        RunNotFoundError, match=r"run\.json is damaged .* fftui run --config .*experiment\.toml"
    ):
        folder.record()
    folder.experiment_path.write_text("name = ")
    with pytest.raises(ExperimentError, match=r"experiment\.toml is not valid TOML"):
        folder.experiment()


def test_a_runs_folder_that_cannot_be_made_is_refused(
    tmp_path: Path, experiment: Experiment
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RequestError, match="choose another folder with --runs"):
        create(Workspace(tmp_path / "file" / "runs"), experiment)


def test_where_runs_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FFTUI_RUNS", raising=False)
    assert runs_folder() == Path("runs")
    monkeypatch.setenv("FFTUI_RUNS", "/elsewhere")
    assert runs_folder() == Path("/elsewhere")
    assert runs_folder(Path("/here")) == Path("/here")
    monkeypatch.setenv("FFTUI_RUNS", "~/runs")
    assert runs_folder() == Path.home() / "runs"


@pytest.mark.parametrize(
    ("text", "name"), [("paper/ff", "paper-ff"), ("../../etc", "etc"), ("θ = 2", "2"), ("", "run")]
)
def test_names_become_safe_file_names(text: str, name: str) -> None:
    assert slug(text) == name
