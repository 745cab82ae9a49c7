"""Several processes at one study: each run is made by one of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fftui.errors import RequestError
from fftui.runs.finding import run_folders
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.ownership import HeldError, take_in_turn
from fftui.runs.status import take_run
from fftui.runs.workspace import Workspace
from fftui.studies import runner
from fftui.studies.runner import TrialProgress, run_study

Finished = Callable[..., RunFolder]


def states(ends: list[TrialProgress]) -> list[str]:
    return [end.state for end in ends]


@pytest.mark.parametrize("process", ["shared", "own"])
def test_a_run_that_another_process_has_just_taken_is_left_to_it(
    process: Any, small: Any, runs: Path, finished_run: Finished
) -> None:
    trial = replace(small.trial(8), process=process)
    folder = finished_run(trial.experiment, status="interrupted")
    owned = take_run(folder)
    assert owned is not None
    study = small.study(trial)
    ends = [each for each in run_study(study, Workspace(runs, device="cpu")) if each.over]
    owned.release()
    assert [(end.state, end.run) for end in ends] == [("running elsewhere", folder.id)]
    assert len(run_folders(runs)) == 1


def test_what_another_process_has_begun_anew_is_not_begun_again(
    small: Any, carry: Any, fake_trainings: Any, runs: Path, finished_run: Finished
) -> None:
    trial, held = small.trial(8), []
    finished_run(trial.experiment, status="interrupted")

    def refuse_after_another_has_begun(_resumed: bool) -> RequestError:
        held.append(JournalWriter(finished_run(trial.experiment, status="running").journal))
        return RequestError("its checkpoint is of another version")

    fake_trainings.refuses = refuse_after_another_has_begun
    assert states(carry(small.study(trial))) == ["running elsewhere"]
    assert len(held) == 1
    held[0].close()
    assert len(run_folders(runs)) == 2


def test_one_process_at_a_time_finds_or_makes_a_run(
    small: Any, carry: Any, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    makes = runner.create

    def create_in_turn(*given: Any, **options: Any) -> RunFolder:
        with pytest.raises(HeldError):
            take_in_turn(runs, "finding", 0.0)
        return makes(*given, **options)

    monkeypatch.setattr(runner, "create", create_in_turn)
    assert states(carry(small.study(small.trial(8)))) == ["finished"]
    take_in_turn(runs, "finding", 0.0).release()
