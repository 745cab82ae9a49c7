"""What a study's screens ask: the facts of its runs, and the thread that runs it."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from fftui.errors import RequestError
from fftui.runs.expectation import FinishedRuns
from fftui.runs.folder import RunFolder
from fftui.runs.view import RunView
from fftui.runs.workspace import Workspace
from fftui.studies.matching import KnownRun, KnownRuns, identity
from fftui.studies.runner import TrialProgress
from fftui.studies.study import Condition, Study, Trial
from fftui.tui import study_backend
from fftui.tui.study_backend import StudyBackend, StudyRun, study_facts

from ..conftest import Small
from .study_facts import at, two_conditions


@pytest.fixture
def study() -> Study:
    return two_conditions()


def test_the_facts_of_a_study_are_those_of_its_runs(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    # another test may have measured this machine
    monkeypatch.setattr("fftui.runs.estimate._Measured.rates", None)
    facts = study_facts(study, KnownRuns())
    assert (facts.done, len(facts.remaining)) == (0, 4)
    assert facts.expected_s is None
    monkeypatch.setattr(FinishedRuns, "seconds", lambda self, experiment: 2.5)
    assert facts.expected_s == 10.0
    assert facts.runs == {}
    ran = KnownRun(RunFolder(Path("the-run")), SimpleNamespace(status="finished"))
    assert study_facts(study, KnownRuns({identity(study.trials[2].experiment): ran})).runs == {
        study.conditions[0]: "the-run"
    }
    repeated = Study("x", "", "", (*study.trials, study.trials[0]))
    assert len(study_facts(repeated, KnownRuns()).remaining) == 4


def test_conditions_that_share_an_experiment_wait_for_it_together(small: type[Small]) -> None:
    """Under another name it is the same experiment, and is run once."""
    trial = small.trial()
    same = trial.experiment.model_copy(update={"name": "another name"})
    other = Trial(Condition((("units", "as before"),)), same)
    facts = study_facts(small.study(trial, other), KnownRuns())
    assert len(facts.remaining) == 1
    assert facts.waiting == {trial.condition, other.condition}


def test_the_thread_keeps_the_progress_of_its_trials(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, view_of: Callable[..., RunView]
) -> None:
    view, go = view_of(until=(1, 2)), threading.Event()

    def run_study(*_: object, stop: threading.Event) -> Iterator[TrialProgress]:
        yield at(study, 1, "finished before")
        yield at(study, 2, view=view)
        go.wait(10)
        if stop.is_set():
            yield at(study, 2, "interrupted", view)
            return
        raise AssertionError

    monkeypatch.setattr(study_backend, "run_study", run_study)
    run = StudyBackend(Workspace(tmp_path, None, "cpu")).start(study)
    while run.progress is None or run.progress.index < 2:
        run.join(0.01)
    assert run.view is view
    assert [progress.state for progress in run.ended] == ["finished before"]
    run.stop()
    go.set()
    run.join(10)
    assert not run.is_alive()
    assert [progress.state for progress in run.ended] == ["finished before", "interrupted"]
    assert run.stopping


def test_an_error_that_stops_a_study_is_kept(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_study(*_: object, stop: threading.Event) -> Iterator[TrialProgress]:
        raise RequestError("cannot make a run\nat all")
        yield

    monkeypatch.setattr(study_backend, "run_study", run_study)
    run = StudyRun(study, Workspace(tmp_path, None, "cpu"))
    run.run()
    assert run.problem == "cannot make a run"


def test_an_error_that_nobody_expects_makes_a_study_failed_not_finished(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_study(*_: object, stop: threading.Event) -> Iterator[TrialProgress]:
        raise KeyError("test_accuracy")
        yield

    monkeypatch.setattr(study_backend, "run_study", run_study)
    run = StudyRun(study, Workspace(tmp_path, None, "cpu"))
    run.run()
    assert run.problem == "KeyError: 'test_accuracy'"
    assert run.status == "failed"
