import os
from pathlib import Path

import pytest

from fftui.errors import RequestError
from fftui.runs.files import (
    check_writable,
    remove_leftovers,
    replace_with,
    write_bytes,
    write_output,
)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_bytes(path, b"old")

    def half(beside: Path) -> None:
        beside.write_bytes(b"ha")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        replace_with(path, half)

    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_new_content_takes_the_place_of_the_old(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_bytes(path, b"a longer old content")
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_where_no_file_can_be_put_is_said_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_writable(tmp_path / "new.csv")
    check_writable(Path("/dev/null"))
    with pytest.raises(
        RequestError, match=r"there is no folder .*absent; name another file with -o"
    ):
        check_writable(tmp_path / "absent" / "a.csv")
    with pytest.raises(RequestError, match="it is a folder"):
        check_writable(tmp_path)
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(RequestError, match="it may not be written"):
        check_writable(tmp_path / "new.csv")


def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    write_output(tmp_path / "table", b"x")
    assert (tmp_path / "table").read_bytes() == b"x"
    with pytest.raises(RequestError, match="cannot write"):
        write_output(tmp_path / "nowhere" / "table", b"x")


def test_what_dead_processes_left_is_removed_and_what_is_being_written_stays(
    tmp_path: Path,
) -> None:
    no_process = 2**22 + 1  # more than Linux ever gives
    dead, living = (tmp_path / f".run.json.{pid}.new" for pid in (no_process, os.getpid()))
    reused = tmp_path / f".checkpoint.safetensors.{os.getpid()}.new"
    other, folder = tmp_path / ".my-notes.new", tmp_path / f".run.{no_process}.new"
    for path in (dead, living, reused, other):
        path.touch()
    os.utime(reused, (1.0, 1.0))  # before this process began
    folder.mkdir()
    (folder / "experiment.toml").touch()
    remove_leftovers(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([living, other])
