"""Runs in processes of their own, for real: what they hold, how they end, and who may end them."""

import multiprocessing
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from fftui import events as ev
from fftui.experiment import Experiment, ForwardForward, FullyConnected, Model
from fftui.runs import run_process
from fftui.runs.end_signals import END_SIGNALS
from fftui.runs.folder import RunFolder
from fftui.runs.journal import read_journal
from fftui.runs.new_folder import create
from fftui.runs.run_process import RunProcess
from fftui.runs.status import current_record
from fftui.runs.workspace import Workspace

PATIENCE_S = 300.0  # for the first one, which loads torch, on a machine that does other things
MB = 1_000_000
Begin = Callable[..., RunProcess]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "runs", device="cpu")


@pytest.fixture
def begin(workspace: Workspace) -> Iterator[Begin]:
    """Begins a run in a process; those that go on are stopped after the test."""
    begun: list[RunProcess] = []

    def start(experiment: Experiment) -> RunProcess:
        process = RunProcess(create(workspace, experiment), workspace)
        process.start()
        begun.append(process)
        return process

    yield start
    for process in begun:
        process.stop()
        process.join(PATIENCE_S)


@pytest.fixture
def endless(small: Any) -> Experiment:
    """Goes on until it is stopped."""
    return small.experiment(phases=(ForwardForward(epochs=1_000_000, batch_size=64),))


def followed(process: RunProcess, until: Callable[[RunProcess], object] = lambda _: False) -> None:
    """Follow the run to its end, or until a condition holds."""
    end = time.monotonic() + PATIENCE_S
    while process.is_alive() and not until(process):
        assert time.monotonic() < end, "waited too long"
        process.join(0.05)


def steps(process: RunProcess) -> bool:
    return process.view.progress is not None


def test_it_is_followed_to_its_end(small: Any, begin: Begin) -> None:
    process = begin(small.experiment())
    assert process.is_alive()
    assert process.pid not in (None, os.getpid())
    followed(process)
    record = process.folder.record()
    assert process.view.result is not None
    assert (process.view.status, record.status, record.pid) == ("finished", "finished", process.pid)
    assert (process.refused, process.problems) == (None, ())
    assert process.folder.table("epochs").exists()
    assert process.view.result.test_accuracy == record.test_accuracy


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux only")
def test_no_run_inherits_what_the_one_before_it_took(small: Any, begin: Begin) -> None:
    wide = Model(layers=(FullyConnected(units=20_000),))
    records = []
    for experiment in (small.experiment(model=wide), small.experiment(seed=1)):
        process = begin(experiment)
        followed(process)
        records.append(process.folder.record())
    large, little = records
    assert large.memory_above_bytes is not None
    assert little.memory_above_bytes is not None
    assert large.memory_above_bytes > 150 * MB > little.memory_above_bytes
    assert little.memory_before_bytes == pytest.approx(large.memory_before_bytes, abs=20 * MB)


def test_signals_of_the_terminal_do_not_end_it_but_stop_does(
    endless: Experiment, begin: Begin
) -> None:
    process = begin(endless)
    followed(process, steps)
    assert process.pid is not None
    for number in (signal.SIGINT, signal.SIGHUP):
        os.kill(process.pid, number)
    done = process.view.progress and process.view.progress.done
    followed(process, lambda it: it.view.progress and it.view.progress.done != done)
    assert process.is_alive()
    process.stop()
    followed(process)
    assert process.view.status == process.folder.record().status == "interrupted"
    assert process.folder.checkpoint.exists()


def test_it_goes_on_from_its_checkpoint(small: Any, workspace: Workspace, begin: Begin) -> None:
    process = begin(small.experiment(phases=(ForwardForward(epochs=60, batch_size=16),)))
    followed(process, steps)
    process.stop()
    followed(process)
    assert process.view.status == "interrupted"
    again = RunProcess(process.folder, workspace, resume=True)
    again.start()
    followed(again)
    assert again.view.status == "finished"
    assert again.view.started is not None
    assert again.view.started.resumed


@pytest.mark.parametrize("number", END_SIGNALS)
def test_what_a_batch_system_sends_ends_it_gently(
    endless: Experiment, begin: Begin, number: signal.Signals
) -> None:
    process = begin(endless)
    followed(process, steps)
    assert process.pid is not None
    os.kill(process.pid, number)
    followed(process)
    assert process.view.status == "interrupted"


def test_a_process_that_dies_is_a_failure_that_says_how(endless: Experiment, begin: Begin) -> None:
    process = begin(endless)
    followed(process, steps)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    followed(process)
    assert process.view.result is not None
    assert process.view.result.status == "failed"
    assert "ended by signal 9" in str(process.view.result.error)
    assert current_record(process.folder).status == "interrupted"


def test_it_is_started_anew_where_there_is_no_server(
    small: Any, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_process, "_context", lambda: multiprocessing.get_context("spawn"))
    process = begin(small.experiment())
    followed(process)
    assert process.view.status == process.folder.record().status == "finished"


def test_a_refused_run_says_why_and_leaves_nothing(small: Any, tmp_path: Path) -> None:
    experiment = small.experiment()
    absent = experiment.changed({"data.name": "fashion-mnist"})
    workspace = Workspace(tmp_path / "runs", tmp_path / "no data", "cpu")
    process = RunProcess(create(workspace, absent), workspace)
    process.start()
    followed(process)
    assert "fashion-mnist" in str(process.refused)
    assert not process.folder.path.exists()


PARENT = """
import sys, time
from pathlib import Path
{before}
from fftui.runs.folder import RunFolder
from fftui.runs.run_process import RunProcess
from fftui.runs.workspace import Workspace

folder = RunFolder(Path(sys.argv[1]))
process = RunProcess(folder, Workspace(folder.path.parent, device="cpu"))
process.start()  # this script has no guard: its main module is not loaded again
while process.view.progress is None:
    process.join(0.05)
print(process.pid, flush=True)
time.sleep(600)
"""


AS_IT_IS = ""
SCREEN_HAS_STDERR = """
class Captured:  # as Textual's
    def write(self, text): ...
    def flush(self): ...
    def fileno(self): return -1
sys.stderr = Captured()
"""
CTRL_C_WHILE_LOADING = """
import os, signal, threading
from multiprocessing.forkserver import _forkserver as server
def interrupt():
    while server._forkserver_pid is None:
        time.sleep(0.001)
    os.kill(server._forkserver_pid, signal.SIGINT)
threading.Thread(target=interrupt).start()
"""


@pytest.mark.parametrize("before", [AS_IT_IS, SCREEN_HAS_STDERR, CTRL_C_WHILE_LOADING])
def test_when_its_parent_is_killed_it_ends_too_with_a_checkpoint(
    before: str, endless: Experiment, workspace: Workspace, tmp_path: Path
) -> None:
    if before == CTRL_C_WHILE_LOADING and sys.platform != "linux":
        pytest.skip("there is no server")
    script = tmp_path / "parent.py"
    script.write_text(PARENT.format(before=before))
    folder: RunFolder = create(workspace, endless)
    parent = subprocess.Popen(
        [sys.executable, str(script), str(folder.path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent:
        pid = parent.stdout.readline()
        assert pid, "the parent could not start the run"
        child = psutil.Process(int(pid))
        parent.kill()
    psutil.wait_procs([child], timeout=PATIENCE_S)
    assert current_record(folder).status == "interrupted"
    assert folder.checkpoint.exists()
    (end,) = [
        event for _, event in read_journal(folder.journal) if isinstance(event, ev.RunFinished)
    ]
    assert end.status == "interrupted"


def test_a_process_computes_with_its_share_of_the_cores(workspace: Workspace, small: Any) -> None:
    process = RunProcess(create(workspace, small.experiment()), workspace, threads=1)
    process.start()
    followed(process)
    assert process.folder.record().device == f"cpu {platform.machine()}, 1 thread"
