"""The fate of a run whose terminal goes away, on a real pseudo-terminal."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from fftui import events as ev
from fftui.runs.control_file import request_and_wait
from fftui.runs.finding import run_folders
from fftui.runs.journal import read_journal
from fftui.runs.status import in_progress

from ..pseudo_terminal import PATIENCE_S, Child, start_on_terminal, until

pytest.importorskip("pty")

REAL = """
import sys
from pathlib import Path
from fftui.experiment.values import parse_overrides
from fftui.presets import load_preset
from fftui.runs.run_thread import RunThread
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace
from fftui.tui.app_runner import run_app

runs, epochs = Path(sys.argv[1]), sys.argv[2]
wanted = ["data.train_images=512", "data.test_images=100", "data.validation_images=0",
          "evaluation.images=50", "evaluation.final_train_images=0", "evaluation.every=0",
          "phases.0.batch_size=64",
          "model.layers=[{units = 16}, {units = 16}]", f"phases.0.epochs={epochs}"]
experiment = load_preset("quickstart", None, parse_overrides(wanted))
workspace = Workspace(runs, device="cpu")
carrier = RunThread(create(workspace, experiment), workspace)
carrier.start()
sys.exit(run_app(Workspace(runs, None, "cpu"), carrier))
"""

# A run that uses no processor time: what the process uses is used by the rest of the screen. It
# ends once there is a file `over`.
IDLE = """
import os, sys, threading, time
from pathlib import Path
from types import SimpleNamespace
from fftui.events import RunFinished
from fftui.runs.view import RunView
import fftui.tui.app as app
from fftui.runs.workspace import Workspace
from fftui.tui.app_runner import run_app

class Idle(threading.Thread):
    folder = SimpleNamespace(id="idle")
    view = RunView()
    paused = False
    wanted = threading.Event()
    def run(self):
        os.write(2, b"STRAY-FROM-C")
        over = Path(sys.argv[2])
        while not over.exists() and not self.wanted.wait(0.2):
            pass
        status = "finished" if over.exists() else "interrupted"
        self.view = RunView().after(time.time(), RunFinished(status, None, (), 1.0, None))
    def stop(self):
        self.wanted.set()

app.FFTUIApp.on_mount.__globals__["LOAD_TORCH_AFTER_S"] = 1e6  # torch would use the processor
idle = Idle()
threading.Timer(1.0, idle.start).start() if sys.argv[3:] else idle.start()
sys.exit(run_app(Workspace(Path(sys.argv[1]), None, "cpu"), idle))
"""


ATTACHED = """
import sys
from pathlib import Path
from fftui.runs.workspace import Workspace
from fftui.tui.app_runner import run_app

sys.exit(run_app(Workspace(Path(sys.argv[1])), attached=sys.argv[2]))
"""


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Starts `python -c code` on a pseudo-terminal; what is left at the end is killed."""
    children: list[Child] = []

    def start(code: str, *arguments: str) -> Child:
        children.append(start_on_terminal(code, [str(tmp_path / "runs"), *arguments], tmp_path))
        return children[-1]

    yield start
    for child in children:
        child.close()
    end_what_goes_on(tmp_path / "runs")


def end_what_goes_on(runs: Path) -> None:
    """Kill the processes of runs that belong to no terminal."""
    for folder in run_folders(runs) if runs.exists() else ():
        record = folder.record()
        if in_progress(folder, record):
            with contextlib.suppress(psutil.NoSuchProcess):
                psutil.Process(record.pid).kill()


def test_the_run_finishes_by_itself_when_the_terminal_is_closed(
    spawn: Callable[..., Child], tmp_path: Path
) -> None:
    child = spawn(REAL, "150")
    child.read_until(b"learning")
    child.hang_up()
    assert child.wait() == 0
    folder = run_folders(tmp_path / "runs")[0]
    assert folder.record().status == "finished"
    assert folder.table("epochs").is_file()
    assert [event.kind for _, event in read_journal(folder.journal)][-1] == "run-finished"


@pytest.mark.parametrize("how", ["closed", "signalled", "signalled, with nobody reading"])
def test_no_core_spins_after_the_terminal_is_gone(
    spawn: Callable[..., Child], tmp_path: Path, how: str
) -> None:
    child = spawn(IDLE, "over")
    child.read_until(b"Layers")
    if how == "closed":
        child.hang_up()
    else:
        if how == "signalled, with nobody reading":
            fill_until_blocked(child)
        os.kill(child.pid, signal.SIGHUP)
    until(lambda: used_in_a_second(child) < 0.1)  # at first the screen shuts down
    (tmp_path / "over").touch()
    assert child.wait() == 0


def used_in_a_second(child: Child) -> float:
    """Processor seconds."""
    before = child.cpu_s()
    time.sleep(1.0)
    return child.cpu_s() - before


def fill_until_blocked(child: Child) -> None:
    """Make the screen write more than the terminal holds, and read none of it."""
    for columns in (200, 90, 210, 95, 220, 100):
        child.resize(columns, 50)
        time.sleep(0.15)


def test_termination_stops_the_run_with_a_checkpoint(
    spawn: Callable[..., Child], tmp_path: Path
) -> None:
    child = spawn(REAL, "100000")
    child.read_until(b"learning")
    time.sleep(1.0)
    os.kill(child.pid, signal.SIGTERM)
    assert child.wait() == 130
    folder = run_folders(tmp_path / "runs")[0]
    assert folder.record().status == "interrupted"
    assert folder.checkpoint.is_file()


def test_termination_stops_the_run_though_nobody_reads_the_terminal(
    spawn: Callable[..., Child], tmp_path: Path
) -> None:
    child = spawn(REAL, "100000")
    child.read_until(b"learning")
    fill_until_blocked(child)
    os.kill(child.pid, signal.SIGTERM)
    assert child.process.wait(PATIENCE_S) == 130
    folder = run_folders(tmp_path / "runs")[0]
    assert folder.record().status == "interrupted"
    assert folder.checkpoint.is_file()


def test_quitting_may_leave_the_run_learning_and_ctrl_c_stops_it(
    spawn: Callable[..., Child],
) -> None:
    child = spawn(IDLE, "over")
    child.read_until(b"Layers")
    os.write(child.master, b"q")
    child.read_until(b"Quit?")
    os.write(child.master, b"k")
    child.read_until(b"goes on learning")
    os.write(child.master, b"\x03")
    assert child.wait() == 130


def test_a_screen_closed_after_its_run_has_finished_is_no_interruption(
    spawn: Callable[..., Child], tmp_path: Path
) -> None:
    (tmp_path / "over").touch()
    child = spawn(IDLE, "over")
    child.read_until(b"finished")
    os.kill(child.pid, signal.SIGINT)
    assert child.wait() == 0


def test_stray_output_does_not_reach_the_screen(spawn: Callable[..., Child]) -> None:
    child = spawn(IDLE, "over", "later")
    child.read_until(b"Layers")
    time.sleep(1.5)
    os.write(child.master, b"q")
    child.read_until(b"Quit?")
    os.write(child.master, b"s")
    assert child.wait() == 130
    left = child.seen.index(b"\x1b[?1049l")
    assert b"STRAY-FROM-C" not in child.seen[:left]
    assert b"STRAY-FROM-C" in child.seen[left:]


def test_a_run_of_another_process_is_watched_and_obeys_several_screens(
    spawn: Callable[..., Child], tmp_path: Path
) -> None:
    owner = spawn(REAL, "1000000")
    owner.read_until(b"learning")
    (folder,) = run_folders(tmp_path / "runs")
    until(lambda: list(read_journal(folder.journal, ev.Stepped)))
    watchers = [spawn(ATTACHED, folder.id) for _ in range(2)]
    for watcher in watchers:
        watcher.read_until(b"Pause")  # the keys of a run that obeys
    os.write(watchers[0].master, b"p")
    for child in (owner, *watchers):
        child.read_until(b"paused")
    assert folder.record().status == "paused"
    os.write(watchers[1].master, b"p")
    until(lambda: folder.record().status == "running")
    os.write(watchers[0].master, b"q")
    assert watchers[0].wait() == 0
    assert folder.record().status == "running"
    os.kill(owner.pid, signal.SIGKILL)
    watchers[1].read_until(b"R resumes it")
    os.write(watchers[1].master, b"q")
    assert watchers[1].wait() == 0


def test_a_run_is_handed_over_to_the_background(
    spawn: Callable[..., Child], tmp_path: Path
) -> None:
    screen = spawn(REAL, "1000000")
    screen.read_until(b"learning")
    (folder,) = run_folders(tmp_path / "runs")
    until(lambda: list(read_journal(folder.journal, ev.Stepped)))
    os.write(screen.master, b"D")
    screen.read_until(b"fftui attach")
    assert screen.wait() == 0
    record = folder.record()
    try:
        assert in_progress(folder, record)
        assert record.pid != screen.pid
        assert os.getsid(record.pid) == record.pid
        started = [event.resumed for _, event in read_journal(folder.journal, ev.RunStarted)]
        assert started == [False, True]
        request_and_wait(folder, "stop")
        until(lambda: folder.record().status == "interrupted")
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(record.pid).kill()
