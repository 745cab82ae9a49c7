"""What a shell completes."""

from pathlib import Path

import pytest

from fftui.cli.options import (
    complete_data,
    complete_drawn,
    complete_preset,
    complete_run,
    complete_study,
)
from fftui.presets import load_preset
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace


def test_completion_offers_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FFTUI_RUNS", str(tmp_path))
    folder = create(Workspace(tmp_path), load_preset("quickstart"))
    assert complete_run("2") == [folder.id]
    assert complete_run("la") == ["latest"]
    assert "paper/ff" in complete_preset("paper")
    assert complete_data("mnist") == ["mnist-mini", "mnist"]
    assert complete_study("hyb") == ["hybrid"]
    assert complete_drawn("2") == [folder.id]


def test_a_runs_folder_that_cannot_be_read_completes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FFTUI_RUNS", str(tmp_path / "file"))
    assert complete_run("") == ["latest"]
