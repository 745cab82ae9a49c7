"""The commands that a run's last lines name."""

from pathlib import Path

import pytest

from fftui.runs.folder import RunFolder
from fftui.text.run_result import command_for, command_from_anywhere


def test_a_command_for_another_login_says_where_the_run_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FFTUI_RUNS", raising=False)
    folder = RunFolder(tmp_path / "runs" / "a")
    assert command_for("attach", folder) == "fftui attach a"
    named = f"fftui attach a --runs {tmp_path}/runs"
    assert command_from_anywhere("attach", folder) == named
    monkeypatch.setenv("FFTUI_RUNS", "runs")  # of this folder alone
    assert command_from_anywhere("attach", folder) == named
    monkeypatch.setenv("FFTUI_RUNS", str(tmp_path / "runs"))
    assert command_from_anywhere("attach", folder) == "fftui attach a"
