"""A run of another process, for real: started in the background, paused, continued and stopped."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from fftui.presets import load_preset
from fftui.runs.folder import RunFolder
from fftui.runs.new_folder import create
from fftui.runs.status import current_record, in_progress
from fftui.runs.workspace import Workspace

from ..warm import FFTUI, WarmProcess

PATIENCE_S = 120.0
ENDLESS = (
    "run", "--preset", "quickstart", "--device", "cpu",
    "--set", "data.train_images=256", "--set", "data.test_images=64",
    "--set", "evaluation.every=0", "--set", "model.layers=[{units = 16}]",
    "--set", "phases.0.epochs=1000000",
)  # fmt: skip
START = """
import sys
from pathlib import Path
from fftui.runs.folder import RunFolder
from fftui.text.detached import start_detached

start_detached(RunFolder(Path(sys.argv[1])), *sys.argv[2:])
"""


class Done(NamedTuple):
    returncode: int | None
    stdout: str
    stderr: str


Call = Callable[..., Done]


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """Runs a command in a process of its own, without a terminal."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("FFTUI_")
    } | {
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path]),
        "OMP_NUM_THREADS": "1",
    }

    def run(*words: str) -> Done:
        process = WarmProcess(FFTUI, words, folder=tmp_path, environment=environment)
        out, err = process.communicate(PATIENCE_S)
        return Done(process.returncode, out, err)

    return run


@pytest.fixture
def detached(call: Call, tmp_path: Path) -> Iterator[RunFolder]:
    """An endless run in the background; it is killed after the test."""
    done = call(*ENDLESS, "--detach")
    assert done.returncode == 0, done.stderr
    folder = RunFolder(tmp_path / "runs" / done.stdout.strip())
    assert f"fftui attach {folder.id}" in done.stderr
    yield folder
    if in_progress(folder, folder.record()):
        psutil.Process(folder.record().pid).kill()


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def test_a_run_in_the_background_obeys_the_commands(call: Call, detached: RunFolder) -> None:
    pid = detached.record().pid
    assert os.getsid(pid) == pid  # no terminal's hang-up reaches it
    paused = call("pause")
    assert (paused.returncode, paused.stdout) == (0, "")
    assert detached.id in paused.stderr
    until(lambda: current_record(detached).status == "paused")
    assert call("continue", detached.id).returncode == 0
    until(lambda: current_record(detached).status == "running")
    assert call("stop", "--runs", "runs").returncode == 0
    until(lambda: "interrupted; go on with: fftui resume" in detached.output_log.read_text())
    assert detached.record().status == "interrupted"
    assert detached.checkpoint.exists()

    again = call("stop", detached.id)
    assert again.returncode == 2
    assert f"is interrupted; go on with it: fftui resume {detached.id}" in again.stderr
    resumed = call("resume", detached.id, "--detach")
    assert (resumed.returncode, resumed.stdout.strip()) == (0, detached.id)
    assert detached.record().pid != pid
    skipped = call("skip")
    assert skipped.returncode == 0
    until(lambda: current_record(detached).status == "finished")


@pytest.mark.parametrize("command", ["attach", "pause", "continue", "stop", "skip"])
def test_nothing_that_runs_is_an_error_that_says_so(call: Call, command: str) -> None:
    done = call(command)
    assert done.returncode == 2
    assert done.stderr.startswith("fftui: nothing is running in runs;")


def test_attaching_without_a_terminal_says_what_to_type(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "one"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(
        '{"id": "one", "name": "one", "data": "mnist", "pid": 1, "status": "finished",'
        ' "started": "2026-11-01T00:00:00Z"}'
    )
    done = call("attach", "one")
    assert done.returncode == 2
    assert "try: fftui show one" in done.stderr


def test_a_run_that_is_refused_says_why_and_leaves_nothing(call: Call, tmp_path: Path) -> None:
    done = call(*ENDLESS, "--device", "cuda:7", "--detach")
    assert done.returncode == 2
    assert "cuda:7" in done.stderr
    assert list((tmp_path / "runs").iterdir()) == []


def test_the_result_of_a_run_in_the_background_cannot_be_had_at_once(call: Call) -> None:
    done = call(*ENDLESS, "--detach", "--json")
    assert done.returncode == 2
    assert "fftui show RUN --json" in done.stderr


def test_runs_that_wait_in_the_background_begin_in_their_turn(call: Call, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "runs", device="cpu")
    experiment = load_preset(
        "quickstart",
        overrides={
            "data.train_images": 256,
            "data.test_images": 64,
            "evaluation.every": 0,
            "model.layers": [{"units": 16}],
            "phases.0.epochs": 1,
        },
    )
    endless = experiment.changed({"phases.0.epochs": 1_000_000})
    first = create(workspace, endless)
    others = [create(workspace, experiment, status="waiting") for _ in range(2)]
    then = [f"--then={each.path}" for each in others]
    subprocess.run([sys.executable, "-c", START, str(first.path), *then], check=True)
    until(lambda: {each.record().pid for each in others} == {first.record().pid})
    assert [current_record(each).status for each in others] == ["waiting", "waiting"]
    assert call("stop", first.id).returncode == 0  # that run alone
    until(lambda: [current_record(each).status for each in others] == ["finished", "finished"])
    assert current_record(first).status == "interrupted"
    assert others[0].record().ended < others[1].record().started
    # said after the record is written
    until(lambda: "test accuracy" in others[0].output_log.read_text())
    until(lambda: others[1].id in others[1].output_log.read_text())
