"""The short version; `python -m tests.faults --minutes 60` is the long one."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fftui.runs.finding import run_folders
from fftui.runs.status import current_record

from .disks import (
    deleted_at_random,
    failing_from,
    failing_then_mended,
    full_at,
    full_then_room,
    moved_at_random,
)
from .processes import Mode
from .situations import Trial, kinds, problems_of, resumed

KIND = next(kind for kind, _ in kinds())
# within the experiment, the journal, the first checkpoint, a later one
OFFSETS = (1_000, 20_000, 300_000, 2_000_000)


@pytest.fixture
def trial(trial_of: Callable[[str], Trial]) -> Trial:
    return trial_of(KIND)


@pytest.mark.parametrize("offset", OFFSETS)
def test_a_run_on_a_full_disk_says_so_and_is_resumed_to_the_same_bits(
    trial: Trial, offset: int
) -> None:
    assert list(full_at(trial, offset)) == []


def test_a_run_that_finds_room_finishes_as_if_nothing_had_been(trial: Trial) -> None:
    assert list(full_then_room(trial, 20_000)) == []


@pytest.mark.parametrize("mode", ["broken", "read-only"])
def test_a_disk_that_fails_loses_nothing(trial: Trial, mode: Mode) -> None:
    assert list(failing_from(trial, mode, trial.calls // 3)) == []


def test_a_disk_that_is_mended_is_gone_on_with(trial: Trial) -> None:
    assert list(failing_then_mended(trial, "read-only", trial.calls // 3)) == []


@pytest.mark.parametrize("disturbed", [deleted_at_random, moved_at_random])
def test_a_folder_that_goes_away_loses_nothing(
    trial: Trial, disturbed: Callable[[Trial, int], list[str]]
) -> None:
    assert list(disturbed(trial, 1)) == []


def test_a_small_file_system(
    trial: Trial, small_file_system: Callable[[int], Path], tmp_path: Path
) -> None:
    weights = trial.whole.checkpoint.stat().st_size
    mounted = small_file_system(2 * weights)  # the optimiser's state does not fit
    done = trial.commands.run(trial.begin_words(mounted))
    (folder,) = run_folders(mounted)
    assert done.code == (0 if current_record(folder).status == "finished" else 1), done.err
    assert "Traceback" not in done.err
    runs = tmp_path / "elsewhere"
    shutil.copytree(mounted, runs)
    assert resumed(trial, runs).code == 0
    assert problems_of(trial, runs) == []
