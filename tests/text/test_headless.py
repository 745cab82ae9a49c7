"""Headless runs as a batch system, a terminal and a careless user treat them: real processes, real
signals.
"""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from fftui.events import EpochFinished
from fftui.runs.end_signals import END_SIGNALS
from fftui.runs.finding import run_folders
from fftui.runs.folder import RunFolder
from fftui.runs.journal import read_journal
from fftui.runs.kept_tables import are_current
from fftui.runs.status import current_record
from fftui.runs.tables import make_table

from ..warm import FFTUI, WarmProcess

PATIENCE_S = 90.0
SMALL = """
name = "tiny"
precision = "float32"
data = { name = "mnist-mini", normalisation = "unit", train_images = 512, test_images = 64 }
evaluation = { images = 32, final_train_images = 0 }
telemetry = { hz = 5.0 }
checkpoint = { every_s = 0.02 }
model = { layers = [{ units = 24 }, { units = 16 }] }
[[phases]]
rule = "forward-forward"
epochs = %d
batch_size = 64
threshold = 1.0
"""
# A training whose second step never ends; the file `stuck` tells when it has begun.
STUCK = """
import time
import fftui.learning.training as training
whole = training.Training.__next__
count = 0
def stuck(self):
    global count
    count += 1
    if count > 4:
        open("stuck", "w").close()
        time.sleep(600)
    return whole(self)
training.Training.__next__ = stuck
"""
# As on a full disk.
LIMITED = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))\n"


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    (tmp_path / "short.toml").write_text(SMALL % 2)
    (tmp_path / "long.toml").write_text(SMALL % 20)
    (tmp_path / "endless.toml").write_text(SMALL % 1_000_000)
    return tmp_path


@pytest.fixture
def begin(workdir: Path) -> Iterator[Callable[..., WarmProcess]]:
    """Starts fftui in `workdir`, after `code`; at the end of the test no process is left."""
    begun: list[WarmProcess] = []

    def start(*arguments: str, code: str = "") -> WarmProcess:
        program = code + FFTUI
        begun.append(WarmProcess(program, arguments, folder=workdir, environment=environment()))
        return begun[-1]

    yield start
    for process in begun:
        process.kill()
        process.wait()


def environment() -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("FFTUI_RUNS", "NO_COLOR", "FORCE_COLOR")
    }
    return kept | {"OMP_NUM_THREADS": "1", "PYTHONPATH": root, "TERM": "xterm", "COLUMNS": "100"}


def until(condition: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)  # conditions read whole journals
    return value


def the_run(workdir: Path) -> RunFolder:
    folders: list[RunFolder] = until(lambda: run_folders(workdir / "runs"))
    return folders[0]


def epochs_done(folder: RunFolder) -> int:
    return sum(isinstance(event, EpochFinished) for _, event in read_journal(folder.journal))


def finish(process: WarmProcess) -> tuple[int | None, str, str]:
    out, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out, err


def test_json_is_exactly_one_object_and_progress_is_lines(workdir: Path, begin: Any) -> None:
    code, out, err = finish(begin("run", "--config", "short.toml", "--json", "--name", "my run"))
    result = json.loads(out)
    folder = the_run(workdir)
    assert code == 0
    assert list(result) == [
        "run",
        "path",
        "status",
        "test_accuracy",
        "layers",
        "head_accuracy",
        "train_s",
    ]
    assert (result["run"], result["path"], result["status"]) == (
        folder.id,
        str(folder.path),
        "finished",
    )
    assert 0.0 <= result["test_accuracy"] <= 1.0
    assert len(result["layers"]) == 2
    assert "-my-run-mnist-mini-" in folder.id
    assert [line.startswith("layer 1/2  epoch 2/2  loss ") for line in err.splitlines()].count(
        True
    ) == 1
    assert "\x1b" not in err

    code, out, err = finish(begin("resume", "latest", "--headless"))
    assert code == 0
    assert "has already finished" in err
    assert "accuracy (test)" in out
    assert f"finished: test accuracy {100 * result['test_accuracy']:.2f} %" in out


def test_killed_at_any_moment_it_resumes_to_the_same_bits(workdir: Path, begin: Any) -> None:
    process = begin("run", "--config", "long.toml", "--headless")
    folder = the_run(workdir)
    until(lambda: epochs_done(folder) >= 3 and folder.checkpoint.exists())
    process.kill()
    process.wait()
    assert current_record(folder).status == "interrupted"
    assert epochs_done(folder) >= 3
    code, _, _ = finish(begin("resume", folder.id, "--json"))
    assert code == 0
    assert make_table(folder, "epochs").height == 40

    code, out, _ = finish(begin("run", "--config", str(folder.experiment_path), "--json"))
    assert code == 0
    whole = load_file(Path(json.loads(out)["path"]) / "checkpoint.safetensors")
    resumed = load_file(folder.checkpoint)
    assert all(resumed[name].equal(tensor) for name, tensor in whole.items())


@pytest.mark.parametrize("number", [signal.SIGINT, *END_SIGNALS])
def test_one_signal_ends_it_gently(workdir: Path, begin: Any, number: signal.Signals) -> None:
    process = begin("run", "--config", "endless.toml", "--headless")
    folder = the_run(workdir)
    until(lambda: epochs_done(folder) >= 2)
    process.send_signal(number)
    code, out, err = finish(process)
    assert code == 130
    assert err.splitlines()[-1].endswith(f"fftui resume {folder.id} --headless")
    assert "interrupted" in out
    assert "accuracy (train)" in out  # measured while learning: not what the end would measure
    assert folder.record().layer_accuracies == ()
    assert "Traceback" not in err
    assert folder.record().status == "interrupted"
    assert folder.table("epochs").exists()
    assert folder.checkpoint.exists()


def test_a_second_interrupt_exits_now(workdir: Path, begin: Any) -> None:
    process = begin("run", "--config", "endless.toml", "--headless", code=STUCK)
    folder = the_run(workdir)
    until((workdir / "stuck").exists)
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):  # the batch is not over
        process.wait(1.0)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130
    assert current_record(folder).status == "interrupted"


def test_a_closed_terminal_ends_neither_the_run_nor_spins(workdir: Path) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(workdir)
        os.execve(
            sys.executable,
            [sys.executable, "-m", "fftui", "run", "--config", "long.toml", "--headless"],
            environment(),
        )
    folder = the_run(workdir)
    shown = b""
    while b"epoch" not in shown:
        shown += os.read(terminal, 4096)
    os.close(terminal)  # the kernel sends SIGHUP; every write answers with an error
    until(lambda: folder.record().status != "running")
    _, status, usage = os.wait4(pid, 0)
    assert folder.record().status == "finished"
    assert os.waitstatus_to_exitcode(status) == 0
    assert folder.table("epochs").exists()
    assert usage.ru_utime + usage.ru_stime < PATIENCE_S


def test_a_terminal_shows_a_bar_and_leaves_the_result(workdir: Path, on_terminal: Any) -> None:
    words = ["run", "--config", "short.toml", "--headless"]
    _, text = on_terminal(FFTUI, words, workdir, environment() | {"NO_COLOR": "1"})
    assert "layer 1/2 learned after 2 epochs" in text
    assert "finished: test accuracy" in text
    assert "\x1b[?25h" in text  # the cursor is back
    assert "\x1b[3" not in text.replace("\x1b[?", "")  # no colours


def test_a_full_disk_ends_with_one_line_and_exit_1(workdir: Path, begin: Any) -> None:
    at_once = ("--set", "checkpoint.keep_trying_s=0")
    words = ("run", "--config", "short.toml", "--headless", *at_once)
    code, out, err = finish(begin(*words, code=LIMITED))
    folder = the_run(workdir)
    assert code == 1
    assert "unsaved: test accuracy" in out
    assert "Traceback" not in err
    assert [
        line.endswith("learning goes on") for line in err.splitlines() if "checkpoint" in line
    ].count(True) == 1
    last = err.splitlines()[-1]
    assert last.startswith(f"fftui: run {folder.id} is unsaved: cannot write ")
    assert "make room" in last
    assert f"fftui resume {folder.id}" in last
    assert current_record(folder).status in ("unsaved", "interrupted")
    code, out, _ = finish(begin("resume", folder.id, "--headless"))
    assert code == 0
    assert "finished: test accuracy" in out
    assert are_current(folder)


def test_a_failed_run_is_one_line_and_a_log(workdir: Path, begin: Any) -> None:
    broken = STUCK.replace("time.sleep(600)", 'raise RuntimeError("the device fell\\n off")')
    code, out, err = finish(begin("run", "--config", "short.toml", "--json", code=broken))
    folder = the_run(workdir)
    assert code == 1
    assert json.loads(out)["status"] == "failed"
    assert "Traceback" not in err
    assert (
        f"fftui: run {folder.id} failed: RuntimeError: the device fell off" in err.splitlines()[-1]
    )
    assert "RuntimeError" in folder.error_log.read_text()


def test_missing_images_are_one_line_exit_2_and_no_run(workdir: Path, begin: Any) -> None:
    code, out, err = finish(
        begin(
            "run",
            "--preset",
            "paper/ff",
            "--headless",
            "--data-dir",
            str(workdir / "nowhere"),
            "--data",
            "mnist",
        )
    )
    assert (code, out) == (2, "")
    assert "fftui: mnist is not in" in err
    assert "fftui data get mnist" in err
    assert run_folders(workdir / "runs") == []


def test_a_crash_of_the_tables_is_one_line_exit_1_and_unsaved(workdir: Path, begin: Any) -> None:
    broken = """
import fftui.runs.tables as tables
def write_tables(*_):
    raise ValueError("no such column")
tables.write_tables = write_tables
"""
    code, out, err = finish(begin("run", "--config", "short.toml", "--json", code=broken))
    folder = the_run(workdir)
    assert code == 1
    assert json.loads(out)["status"] == folder.record().status == "unsaved"
    assert "Traceback" not in err
    assert "ValueError: no such column" in err
    assert f"fftui resume {folder.id}" in err.splitlines()[-1]
