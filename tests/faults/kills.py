"""Kills at random moments, and before each call that changes a file; then the run is resumed and
compared with one that nobody killed.
"""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from .processes import Fault
from .situations import Trial, problems_of, random_for, resumed

KILLED_AGAIN = 0.3  # of those that are resumed
MORE_S = 1.1  # times as long as a whole run takes: some are killed after their end


def killed_at_random(trial: Trial, seed: int) -> Iterator[str]:
    """What is wrong after one or more kills at random moments, none of them known before."""
    chance = random_for(seed, trial.kind)
    runs = _folder(trial, f"random-{seed}")
    words = trial.begin_words(runs)
    while True:
        pid = trial.commands.start(words)
        _kill_after(pid, chance.uniform(0.0, MORE_S * trial.seconds))
        trial.commands.finish()
        if chance.random() > KILLED_AGAIN or not any(runs.glob("[!.]*")):
            break
        words = ["resume", next(runs.glob("[!.]*")).name, "--headless", "--runs", str(runs)]
    yield from problems_after_resume(trial, runs, f"{trial.kind}, seed {seed}")


def killed_before_call(trial: Trial, call: int) -> Iterator[str]:
    """What is wrong after a kill before the `call`-th change of a file, counted from 1."""
    runs = _folder(trial, f"call-{call}")
    trial.commands.run(trial.begin_words(runs), Fault(runs, "kill", call))
    yield from problems_after_resume(trial, runs, f"{trial.kind}, call {call}")


def _kill_after(pid: int, seconds: float) -> None:
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)  # it is a process until it is waited for


def problems_after_resume(trial: Trial, runs: Path, what: str) -> Iterator[str]:
    """What is wrong after the run in `runs` is resumed, or begun where there is none; the folder
    is deleted where nothing is.
    """
    done = resumed(trial, runs)
    if done.code != 0:
        yield f"{what}: exit code {done.code}: {done.err[-300:]}"
    if "Traceback" in done.err:
        yield f"{what}: a traceback: {done.err[-600:]}"
    found = problems_of(trial, runs)
    yield from (f"{what}: {each}" for each in found)
    if not found:
        shutil.rmtree(runs)


def _folder(trial: Trial, name: str) -> Path:
    """A folder of runs that is not there yet."""
    return trial.runs / name
