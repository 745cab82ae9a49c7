import os
import re
from pathlib import Path

import pytest

from fftui.errors import RequestError
from fftui.experiment import Experiment
from fftui.presets import list_presets, load_preset
from fftui.runs.folder import RunFolder
from fftui.runs.new_folder import create, slug
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


def test_a_runs_folder_that_cannot_be_made_is_refused(
    tmp_path: Path, experiment: Experiment
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RequestError, match="choose another folder with --runs"):
        create(Workspace(tmp_path / "file" / "runs"), experiment)


@pytest.mark.parametrize(
    ("text", "name"), [("paper/ff", "paper-ff"), ("../../etc", "etc"), ("θ = 2", "2"), ("", "run")]
)
def test_names_become_safe_file_names(text: str, name: str) -> None:
    assert slug(text) == name
