"""The short version; `python -m tests.faults --every-call` is the long one."""

import re
from pathlib import Path

import pytest

from .each_call import Left, goes_on, left_by_kills
from .processes import Commands, Fault
from .situations import Trial, document_of, prepared, with_fewer_changes

KIND = "plug-in and own data set"
DIFFERS = re.compile(r"\d{8}-\d{6}-|\.\d+\.new|(?<=-)[0-9a-f]{4,8}\b|(?<=\.tmp)\w+")


@pytest.fixture(scope="package")  # workers take the tests of a file in any order
def trial(commands: Commands) -> Trial:
    folder = commands.folder / "each-call"
    return prepared(commands, KIND, with_fewer_changes(document_of(KIND)), folder)


@pytest.fixture(scope="package")  # workers take the tests of a file in any order
def all_left(trial: Trial) -> list[Left]:
    return left_by_kills(trial)


def test_a_copy_is_what_a_kill_leaves(trial: Trial, all_left: list[Left]) -> None:
    """The files of the beginning, in which no other thread writes, by their names."""
    for call in (4, 9, 14):
        killed = trial.runs / f"killed-{call}"
        trial.commands.run(trial.begin_words(killed), Fault(killed, "kill", call))
        (left,) = (left for left in all_left if call in left.calls)
        assert _names(left.folder) == _names(killed)


@pytest.mark.parametrize("part", range(4))
def test_what_a_kill_leaves_goes_on(trial: Trial, all_left: list[Left], part: int) -> None:
    """One of the beginning, two of the middle, and the end."""
    left = all_left[part * (len(all_left) - 1) // 3]
    assert list(goes_on(trial, left)) == []


def test_calls_that_leave_the_same_are_tried_once(all_left: list[Left]) -> None:
    calls = [call for left in all_left for call in left.calls]
    assert calls == list(range(1, calls[-1] + 1))
    assert 50 < len(all_left) < len(calls)


def _names(folder: Path) -> list[str]:
    """Of all files, without what differs between two runs."""
    return sorted(DIFFERS.sub("*", str(path.relative_to(folder))) for path in folder.rglob("*"))
