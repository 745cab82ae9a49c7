"""How torch's threads wait is chosen before torch is loaded, unless the user has chosen."""

import os
import subprocess
import sys

import pytest

from fftui import waiting

# what a library's process says of itself, and the process that it starts
STARTS = """
import os, sys
from fftui.runs import run_process
from fftui.waiting import NAMES

def here():
    return [name for name in NAMES if name in os.environ]

if __name__ == "__main__":
    with run_process._STARTING, run_process._without_main():
        run_process._start_helpers()
    context = run_process._context()
    ours, its = context.Pipe()
    code = "import os; from fftui.waiting import CHOSEN; its.send(os.environ.keys() >= {*CHOSEN})"
    with run_process._without_main():
        process = context.Process(target=exec, args=(code, {"its": its}))
        process.start()
    print(here(), ours.recv())
"""


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has said how threads wait, and nothing of a test stays."""
    for name in waiting.NAMES:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def settings() -> dict[str, str]:
    return {name: os.environ[name] for name in waiting.NAMES if name in os.environ}


@pytest.mark.parametrize("name", waiting.NAMES)
def test_what_the_user_has_set_stays(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setenv(name, "7")
    waiting.choose_waiting()
    with waiting.waiting_chosen():
        assert settings() == {name: "7"}
    assert settings() == {name: "7"}


def test_nothing_is_set_that_a_loaded_torch_would_not_see(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", sys)
    waiting.choose_waiting()
    assert settings() == {}


@pytest.mark.skipif(sys.platform != "linux", reason="runs are forked on Linux")
def test_processes_of_runs_wait_so_and_the_script_that_starts_them_as_before() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STARTS], capture_output=True, text=True, check=True, timeout=170
    )
    assert done.stdout.strip() == "[] True"


@pytest.mark.parametrize(
    ("platform", "environment", "words"),
    [
        ("linux", {}, "awake, asleep beside others"),
        ("linux", {"KMP_BLOCKTIME": "3"}, "awake, asleep beside others"),
        ("linux", {"OMP_WAIT_POLICY": "passive"}, "asleep"),
        ("linux", {"OMP_WAIT_POLICY": "ACTIVE"}, "awake"),
        (
            "linux",
            {"GOMP_SPINCOUNT": "9", "OMP_WAIT_POLICY": "passive"},
            "9 turns awake, then asleep",
        ),
        ("darwin", {"KMP_BLOCKTIME": "3"}, "3 ms awake, then asleep"),
        ("darwin", {}, "default"),
    ],
)
def test_it_is_said_in_words(
    platform: str, environment: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert waiting.waiting_in_words() == words
