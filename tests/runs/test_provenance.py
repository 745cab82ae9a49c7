import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

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
