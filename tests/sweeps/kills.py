"""`python -m tests.sweeps.kills --trials 30`: two processes carry out one sweep, are killed at
random moments and begun again; then says how many trials and runs there are, and what is wrong.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fftui import events as ev
from fftui.runs.finding import run_folders
from fftui.runs.journal import read_journal

PROCESSES = 2
CREATE_TRIAL = '{"op_code":4,'  # how Optuna's journal begins the line of a new trial
LOOK_EVERY_S = 0.05
SETTINGS = (
    "data.train_images=300",
    "data.validation_images=200",
    "data.test_images=200",
    "phases.0.epochs=20",
    "telemetry.idle_s=0",
    "checkpoint.every_s=0.1",
)
OVER = ("phases.0.learning_rate=log(1e-4,1e-1)", "model.layers.*.units=16|32|64")


@dataclass
class Sweep:
    """A sweep in the folder `runs`, and the processes that carry it out."""

    runs: Path
    trials: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def begun(self) -> int:
        """How many trials have begun."""
        journals = self.runs.glob(".sweeps/*/optuna.jsonl")
        return sum(each.read_text("utf-8").count(CREATE_TRIAL) for each in journals)

    def start(self) -> subprocess.Popen[bytes]:
        """Begin or go on with the sweep, as anyone would: by the same command."""
        words = ["sweep", "ff", "--data", "mnist-mini", "--trials", str(self.trials)]
        words += [word for each in SETTINGS for word in ("--set", each)]
        words += [word for each in OVER for word in ("--over", each)]
        log = self.runs.parent / f"process-{len(self.processes)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                _command(words), env=self._environment, stdout=output, stderr=subprocess.STDOUT
            )
        self.processes.append(process)
        return process

    def facts(self) -> dict[str, Any]:
        """What `fftui sweep show --json` says."""
        done = subprocess.run(
            _command(["sweep", "show", "--json"]),
            env=self._environment,
            capture_output=True,
            check=True,
        )
        facts: dict[str, Any] = json.loads(done.stdout)
        return facts

    @property
    def _environment(self) -> dict[str, str]:
        return os.environ | {"FFTUI_RUNS": str(self.runs), "OMP_NUM_THREADS": "1"}


def killed_at_random(sweep: Sweep, kills: int, seed: int) -> Iterator[str]:
    """Carry the sweep out, `kills` times with one process less for a moment: states each kill."""
    chance = random.Random(seed)
    after = sorted(chance.sample(range(1, sweep.trials), kills))
    running = [sweep.start() for _ in range(PROCESSES)]
    for number in after:
        while sweep.begun < number and any(each.poll() is None for each in running):
            time.sleep(LOOK_EVERY_S)
        time.sleep(chance.uniform(0.0, 3.0))
        at = chance.randrange(PROCESSES)
        running[at].kill()
        ended = running[at].wait()
        state = "killed" if ended < 0 else "had ended"
        yield f"process {at} {state} when {sweep.begun} trials had begun"
        running[at] = sweep.start()
    for process in running:
        if code := process.wait():
            yield f"WRONG a process ended with exit code {code}"


def problems_of(sweep: Sweep, facts: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a sweep that is over."""
    trials, looks = facts["trials"], facts["test_looks"]
    if [each["trial"] for each in trials] != list(range(sweep.trials)):
        yield f"{len(trials)} trials, and not {sweep.trials}"
    states = Counter(each["state"] for each in trials)
    if set(states) - {"finished", "pruned"}:
        yield f"trials are {dict(states)}"
    of_trials = [run for each in trials for run in each["runs"].split()]
    folders = [folder.id for folder in run_folders(sweep.runs)]
    if sorted(of_trials) != sorted(folders):
        yield f"{len(of_trials)} runs of trials, {len(folders)} in the folder"
    texts = Counter(_experiment(sweep.runs / run) for run in folders)
    yield from (f"{count} runs of one experiment" for count in texts.values() if count > 1)
    if len(looks) != 1 or looks[0]["trial"] != facts["winner"]["number"]:
        yield f"the test images were measured for trials {[each['trial'] for each in looks]}"
    finished = [each["validation_accuracy"] for each in trials if each["state"] == "finished"]
    if facts["winner"]["value"] != max(finished):
        yield "the winner is not the best trial"
    yield from (
        f"run {run.id} measured test images" for run in run_folders(sweep.runs) if _tests(run.path)
    )


def _experiment(run: Path) -> str:
    """What a run was asked to do, without its name."""
    lines = (run / "experiment.toml").read_text("utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith(("#", "name")))


def _tests(run: Path) -> bool:
    events = (event for _, event in read_journal(run / "journal.jsonl", ev.Evaluated))
    return any(isinstance(each, ev.Evaluated) and each.split == "test" for each in events)


def starts_of(run: Path) -> int:
    """How often a run was begun or resumed."""
    return sum(1 for _ in read_journal(run / "journal.jsonl", ev.RunStarted))


def _command(words: list[str]) -> list[str]:
    return [sys.executable, "-m", "fftui", *words]


def main() -> int:
    """Carry a sweep out with kills; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.sweeps.kills", description=__doc__)
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--in", dest="folder", type=Path, help="where; its files stay")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fftui-sweep-") as temporary:
        sweep = Sweep((asked.folder or Path(temporary)) / "runs", asked.trials)
        sweep.runs.mkdir(parents=True)
        begun = time.monotonic()
        wrong = []
        for line in killed_at_random(sweep, asked.kills, asked.seed):
            _say(line)
            wrong += [line] if line.startswith("WRONG") else []
        facts = sweep.facts()
        found = list(problems_of(sweep, facts))
        resumed = sum(starts_of(folder.path) > 1 for folder in run_folders(sweep.runs))
        _say(f"{time.monotonic() - begun:.0f} s, {resumed} runs were resumed")
        states = Counter(each["state"] for each in facts["trials"])
        _say(f"{len(facts['trials'])} trials: {dict(states)}; winner: {facts['winner']}")
        for each in found:
            _say(f"WRONG {each}")
        _say(f"{len(wrong) + len(found)} wrong")
        return 1 if wrong or found else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
