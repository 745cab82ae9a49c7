"""The short version; `python -m tests.faults --minutes 60` is the long one."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fftui.experiment import LAYERS, PHASES
from fftui.runs.finding import run_folders

from .kills import killed_at_random, killed_before_call
from .processes import Fault
from .situations import Trial, kinds, problems_of, random_for

KINDS = [kind for kind, _ in kinds()]
TrialOf = Callable[[str], Trial]


@pytest.mark.parametrize("kind", [KINDS[0], "hybrid"])
def test_a_run_killed_at_a_random_moment_goes_on_as_if_nothing_had_been(
    trial_of: TrialOf, kind: str
) -> None:
    assert list(killed_at_random(trial_of(kind), seed=1)) == []


@pytest.mark.parametrize("part", range(6))
def test_a_run_killed_before_a_change_of_a_file_does_too(trial_of: TrialOf, part: int) -> None:
    """One call of each sixth: the beginning, the middle and the end of a run."""
    trial = trial_of(KINDS[0])
    sixth = trial.calls // 6
    call = part * sixth + random_for(part, "call").randint(1, sixth)
    assert list(killed_before_call(trial, call)) == []


def test_a_run_killed_before_it_has_appeared_is_none_and_the_next_one_sweeps(
    trial_of: TrialOf,
) -> None:
    trial = trial_of(KINDS[0])
    runs = trial.runs / "not-begun"
    trial.commands.run(trial.begin_words(runs), Fault(runs, "kill", 4))
    assert list(runs.glob(".*.new"))
    assert run_folders(runs) == []
    assert trial.commands.run(trial.begin_words(runs)).code == 0
    assert problems_of(trial, runs) == []


def test_every_rule_and_every_layer_is_a_kind_of_run() -> None:
    assert {f"{rule} {layer}" for rule in PHASES.names for layer in LAYERS.names} < set(KINDS)


def test_what_was_lost_is_found(trial_of: TrialOf) -> None:
    """The comparison sees a missing row, other weights and what is left over."""
    trial = trial_of(KINDS[0])
    runs = trial.runs / "seen"
    assert trial.commands.run(trial.begin_words(runs)).code == 0
    (folder,) = run_folders(runs)
    (folder.path / ".run.json.1.new").touch()
    folder.checkpoint.write_bytes(folder.checkpoint.read_bytes()[:-4] + b"\0\0\0\1")
    lines = folder.journal.read_bytes().splitlines(keepends=True)
    lost = next(i for i, line in enumerate(lines) if b'"epoch-finished"' in line)
    folder.journal.write_bytes(b"".join(lines[:lost] + lines[lost + 1 :]))
    found = " ".join(problems_of(trial, runs))
    assert "left over: .run.json.1.new" in found
    assert "other weights" in found
    assert "tables are missing or old" in found


def test_the_long_version_says_what_it_did(tmp_path: Path) -> None:
    command = ["-m", "tests.faults", "--minutes", "0", "--kind", KINDS[0], "--in", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("0 wrong\n")
