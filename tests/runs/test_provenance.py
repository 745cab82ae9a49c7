import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import fftui
from fftui.runs.provenance import is_alive, machine, process_start, source_revision, versions


def test_this_process_is_there_under_its_own_start_only() -> None:
    start = process_start(os.getpid())
    assert start is not None
    assert is_alive(os.getpid(), start)
    assert not is_alive(os.getpid(), start - 100)


def test_a_process_that_ended_is_gone_even_before_it_is_waited_for() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.read()  # closed when the child ends
    child.stdout.close()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # a zombie from here on
    assert process_start(child.pid) is None
    child.wait()
    assert not is_alive(child.pid, None)


def test_how_threads_wait_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    assert machine()["thread_waiting"] == "asleep"


def test_what_made_a_run_is_named() -> None:
    assert {"python", "fftui", "torch", "polars"} <= versions().keys()
    assert machine()["cores"] >= 1  # type: ignore[operator]
    revision = source_revision()
    assert revision is None or len(revision.split("-")[0]) == 40


def test_the_revision_of_a_checkout_is_asked_for_without_a_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "fftui" / "__init__.py"
    module.parent.mkdir()
    module.write_text("")
    monkeypatch.setattr(fftui, "__file__", str(module))
    assert source_revision() is None, "no checkout"
    git(tmp_path, "init", "--quiet")
    assert source_revision() is None, "no commit yet"
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=n", "-c", "user.email=e@e", "commit", "--quiet", "-m", "first")
    commit = git(tmp_path, "rev-parse", "HEAD").strip()
    assert source_revision() == commit
    os.utime(module, (0, 0))  # git would write its index again, under a lock
    index = (tmp_path / ".git" / "index").read_bytes()
    assert source_revision() == commit
    assert (tmp_path / ".git" / "index").read_bytes() == index
    (module.parent / "new.py").write_text("")
    assert source_revision() == commit, "a file that git does not know changes nothing"
    module.write_text("changed = 1\n")
    assert source_revision() == f"{commit}-dirty"


def git(checkout: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(checkout), *words], capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize("files", [(), ("stat",), ("meminfo",), ("stat", "meminfo")])
def test_a_proc_without_its_files_refuses_no_run(
    tmp_path: Path, files: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(tmp_path))
    for name in files:
        (tmp_path / name).write_text("")
    assert machine()["host"]
    assert process_start(os.getpid()) is None
    assert is_alive(os.getpid(), 12.0), "nobody knows that it is another one"
    assert not is_alive(2**22 + 1, 12.0)


@pytest.mark.parametrize("pid", [0, -1, -(2**40), 2**40])
def test_a_number_that_is_no_process_is_not_alive(pid: int) -> None:
    assert not is_alive(pid, None)
