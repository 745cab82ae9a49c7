import errno
import os
import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from fftui.doctor.checks import Check
from fftui.doctor.storage_section import storage_section


def checks(folder: Path) -> dict[str, Check]:
    return {check.key: check for check in storage_section(folder).checks}


def test_a_folder_that_is_there_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    found = checks(tmp_path)
    assert [check.state for check in found.values()] == ["ok", "ok", "ok"]
    assert found["folder"].value == {"path": str(tmp_path), "exists": True, "writable": True}
    assert set(found["disk"].value) == {"total_bytes", "free_bytes"}  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    found = checks(tmp_path / "deep" / "runs")
    assert found["folder"].state == "ok"
    assert "the first run makes it" in found["folder"].text
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written_it_is_broken(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = checks(tmp_path / "file" / "runs")
    assert list(found) == ["folder", "disk"]
    assert found["folder"].state == "broken"
    assert "choose another with --runs or FFTUI_RUNS" in found["folder"].advice


def test_a_full_or_read_only_disk_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> object:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert "read-only file system" in checks(tmp_path)["folder"].advice


def test_little_space_and_no_locks_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _: SimpleNamespace(total=9_000_000_000, free=5_000_000)
    )
    found = checks(tmp_path)
    assert (found["locks"].state, found["locks"].text) == (
        "missing",
        "do not work: no locks available",
    )
    assert (found["disk"].state, found["disk"].text) == ("note", "5.0 MB free of 9.0 GB")
