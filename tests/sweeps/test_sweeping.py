import threading
from collections.abc import Callable
from typing import Any

import pytest

from fftui import events as ev
from fftui.cli.sweep_headless import execute_sweep
from fftui.errors import DataError, RequestError, RunFailedError
from fftui.executors.local import LocalExecutor
from fftui.runs import run_thread
from fftui.runs.annotations import read_annotations
from fftui.runs.finding import run_folders
from fftui.runs.journal import read_journal
from fftui.runs.new_folder import create
from fftui.runs.run_thread import RunThread
from fftui.runs.workspace import Workspace
from fftui.sweeps import sweeping
from fftui.sweeps.plan import SweepPlan
from fftui.sweeps.sweeping import SweepProgress, run_sweep
from fftui.sweeps.table import as_facts, as_file, trials_table
from fftui.sweeps.trials import SweepTrials
from fftui.sweeps.watching import SweepReader, facts_of
from fftui.sweeps.winner import measured_winner, winner_of

from .conftest import RATES, UNITS

PlanOf = Callable[..., SweepPlan]
TrialsOf = Callable[[SweepPlan], SweepTrials]


@pytest.fixture
def carry(workspace: Workspace) -> Callable[..., list[SweepProgress]]:
    """Carries a sweep out: the ends of its trials."""

    def carry(
        plan: SweepPlan, trials: SweepTrials, total: int, stop: threading.Event | None = None
    ) -> list[SweepProgress]:
        stop = stop or threading.Event()
        progress = run_sweep(plan, trials, workspace, total, LocalExecutor(), stop)
        return [each for each in progress if each.state != "running"]

    return carry


def test_trials_are_ordinary_runs_chosen_by_validation_images_alone(
    plan_of: PlanOf, trials_of: TrialsOf, carry: Any, workspace: Workspace
) -> None:
    plan = plan_of(UNITS, sampler="grid", seeds=2)
    trials = trials_of(plan)
    ends = carry(plan, trials, 50)
    assert [each.state for each in ends] == ["finished"] * 3
    folders = run_folders(workspace.runs_dir)
    assert len(folders) == 6
    for folder in folders:
        assert folder.record().test_accuracy is None
        splits = {each.split for _, each in read_journal(folder.journal, ev.Evaluated)}  # type: ignore[attr-defined]
        assert splits == {"train", "validation"}

    best = max(ends, key=lambda each: (each.value or 0.0, -each.number))
    winner = measured_winner(trials, workspace)
    assert winner and (winner.number, winner.value) == (best.number, best.value)
    assert len(winner.tests) == 2 and winner.test is not None and 0 < winner.test < 1
    assert measured_winner(trials_of(plan), workspace) == winner  # once
    assert len(trials.test_looks) == 1

    assert carry(plan, trials_of(plan), 50) == []
    assert len(run_folders(workspace.runs_dir)) == 6


def test_the_winners_test_accuracy_is_what_its_run_would_have_measured(
    plan_of: PlanOf, trials_of: TrialsOf, carry: Any, workspace: Workspace
) -> None:
    from fftui.learning.training import train  # noqa: PLC0415

    plan = plan_of("phases.0.epochs=1|2", sampler="grid")
    trials = trials_of(plan)
    carry(plan, trials, 2)
    winner = measured_winner(trials, workspace)
    assert winner
    epochs = trials.all[winner.number].params["phases.0.epochs"]
    (made,) = plan.experiments({"phases.0.epochs": int(epochs)})
    *_, end = train(made.changed({"evaluation.test": "at-end"}), device="cpu")
    assert isinstance(end, ev.RunFinished)
    assert winner.tests == (end.test_accuracy,)


def test_a_stopped_sweep_goes_on_with_the_run_it_stopped(
    plan_of: PlanOf, trials_of: TrialsOf, workspace: Workspace
) -> None:
    plan = plan_of("phases.0.epochs=400|401", sampler="grid")
    stop, trials = threading.Event(), trials_of(plan)
    ends = []
    for each in run_sweep(plan, trials, workspace, 2, LocalExecutor(), stop):
        if each.view and each.view.progress:
            stop.set()
        ends += [each] if each.state != "running" else []
    assert [each.state for each in ends] == ["interrupted"]
    (folder,) = run_folders(workspace.runs_dir)
    assert folder.record().status == "interrupted"

    again = run_sweep(plan, trials_of(plan), workspace, 2, LocalExecutor(), threading.Event())
    assert [(each.number, each.state) for each in again if each.state != "running"] == [
        (0, "finished"),
        (1, "finished"),
    ]
    assert len(run_folders(workspace.runs_dir)) == 2
    assert folder.record().status == "finished"


class CarriesNoneOut:
    """An executor that has nothing to do."""

    slots, one_machine = 1, True

    def worker(self, *_: Any, **options: Any) -> RunThread:
        raise AssertionError


def test_a_run_that_waits_elsewhere_is_waited_for(
    plan_of: PlanOf, trials_of: TrialsOf, workspace: Workspace
) -> None:
    """In the queue of another process, or of Slurm, whose command is gone."""
    plan = plan_of("phases.0.epochs=1|2", sampler="grid")
    made = [plan.experiments({"phases.0.epochs": epochs})[0] for epochs in (1, 2)]
    waiting = {create(workspace, each, status="waiting") for each in made}
    ends = []
    for each in run_sweep(plan, trials_of(plan), workspace, 1, CarriesNoneOut(), threading.Event()):
        for folder in waiting:
            if each.state == "running" and folder.id == each.run:
                waiting.remove(folder)
                RunThread(folder, workspace).run()
                break
        ends += [each] if each.state != "running" else []
    assert [(each.state, each.value is not None) for each in ends] == [("finished", True)]
    assert len(waiting) == 1
    assert len(run_folders(workspace.runs_dir)) == 2


def test_a_pruned_run_keeps_its_checkpoint_and_says_so(
    plan_of: PlanOf,
    trials_of: TrialsOf,
    carry: Any,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = plan_of("phases.0.epochs=200|201", sampler="grid")
    trials = trials_of(plan)
    monkeypatch.setattr(SweepTrials, "report", lambda self, taken, step, value: step >= 1)
    ends = carry(plan, trials, 1)
    assert [each.state for each in ends] == ["pruned"]
    (folder,) = run_folders(workspace.runs_dir)
    assert folder.record().status == "interrupted"
    assert folder.checkpoint.exists()
    assert read_annotations(folder.path).tags == ("pruned",)
    assert winner_of(facts_of(trials), []) is None and measured_winner(trials, workspace) is None
    assert carry(plan, trials_of(plan), 1) == []


def test_a_trial_that_fails_ends_nothing_but_itself(
    plan_of: PlanOf, trials_of: TrialsOf, workspace: Workspace, fake_trainings: Any
) -> None:
    plan = plan_of(UNITS, sampler="grid")
    made = plan.experiments({"model.layers.*.units": 8})[0]
    fake_trainings.errors[made.model_dump_json()] = ValueError("it broke")
    executor = LocalExecutor(1, fake_trainings)
    trials = trials_of(plan)
    ends = run_sweep(plan, trials, workspace, 3, executor, threading.Event())
    assert sum(each.state == "failed" for each in ends) >= 1
    table = trials_table(plan.overs, facts_of(trials))
    assert "it broke" in table["error"][1]
    assert len(fake_trainings.opened) == 3


def test_a_run_that_is_refused_spends_no_trial(
    plan_of: PlanOf, trials_of: TrialsOf, workspace: Workspace, fake_trainings: Any
) -> None:
    plan = plan_of(UNITS, sampler="grid")
    executor = LocalExecutor(1, fake_trainings)
    fake_trainings.refuses = lambda resumed: DataError("mnist-mini is not there")
    for _ in range(2):
        trials = trials_of(plan)
        with pytest.raises(DataError, match="is not there"):
            list(run_sweep(plan, trials, workspace, 3, executor, threading.Event()))
        (trial,) = facts_of(trials)
        assert (trial.state, trial.runs, trial.error) == ("begun", (), None)
        assert run_folders(workspace.runs_dir) == []


def test_values_that_are_too_large_for_the_machine_end_their_trial_alone(
    plan_of: PlanOf,
    trials_of: TrialsOf,
    workspace: Workspace,
    fake_trainings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def warning_of(experiment: Any, device: str) -> str:
        if experiment.model.layers[0].units == 4:
            msg = "it takes too much memory"
            raise RequestError(msg)
        return ""

    monkeypatch.setattr(sweeping, "warning_of", warning_of)
    monkeypatch.setattr(run_thread, "warning_of", warning_of)
    trials = trials_of(plan_of(UNITS, sampler="grid"))
    executor = LocalExecutor(1, fake_trainings)
    list(run_sweep(trials.plan, trials, workspace, 2, executor, threading.Event()))
    errors = [str(each.error) for each in facts_of(trials)]
    assert errors[0] == "it takes too much memory" and "has no accuracy" in errors[1]


def test_a_run_that_cannot_be_resumed_is_begun_anew_and_is_no_result_without_an_accuracy(
    plan_of: PlanOf, trials_of: TrialsOf, workspace: Workspace, fake_trainings: Any
) -> None:
    plan = plan_of(UNITS, sampler="grid")
    stop, executor = threading.Event(), LocalExecutor(1, fake_trainings)
    fake_trainings.endless = True
    for each in run_sweep(plan, trials_of(plan), workspace, 1, executor, stop):
        if each.view and each.view.progress:
            stop.set()
    (left,) = run_folders(workspace.runs_dir)

    fake_trainings.endless = False
    fake_trainings.refuses = lambda resumed: RunFailedError("it is damaged") if resumed else None
    trials = trials_of(plan)
    list(run_sweep(plan, trials, workspace, 1, executor, threading.Event()))
    (trial,) = facts_of(trials)
    (fresh,) = (each for each in run_folders(workspace.runs_dir) if each.id != left.id)
    assert trial.runs == (fresh.id,)
    assert trial.state == "failed" and "has no accuracy on validation images" in str(trial.error)


def test_a_trial_pruned_at_its_first_measurement_stays_so(
    plan_of: PlanOf, trials_of: TrialsOf, carry: Any, workspace: Workspace
) -> None:
    trials = trials_of(plan_of(UNITS))
    taken = trials.take(1)
    assert taken
    trials.note(taken, pruned=0)
    taken.owned.release()  # as if its process had been killed
    assert [each.state for each in carry(trials.plan, trials, 1)] == ["pruned"]
    assert run_folders(workspace.runs_dir) == []


def test_a_sweep_of_which_no_trial_has_finished_ends_as_failed(
    plan_of: PlanOf, trials_of: TrialsOf, workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    trials = trials_of(plan_of(UNITS))
    taken = trials.take(1)
    assert taken
    trials.fail(taken, "it broke")
    with pytest.raises(RunFailedError, match="no trial of sweep tiny has finished"):
        execute_sweep(trials.folder, trials.plan, workspace, 1, LocalExecutor(), "text", None)
    assert "it broke" in capsys.readouterr().out


def test_tables_hold_the_settings_and_the_best_so_far(plan_of: PlanOf, trials_of: TrialsOf) -> None:
    plan = plan_of(RATES, UNITS, sampler="random")
    trials = trials_of(plan)
    for value in (0.5, 0.25, 0.75):
        taken = trials.take(3)
        assert taken
        trials.note(taken, runs={"0": f"run-{taken.number}"})
        trials.finish(taken, value)
        taken.owned.release()
    table = trials_table(plan.overs, facts_of(trials))
    assert table["best_so_far"].to_list() == [0.5, 0.5, 0.75]
    assert set(table["model.layers.*.units"].to_list()) <= {"4", "8", "12"}
    head, first, *_ = as_file(plan.overs, facts_of(trials), "text").decode().splitlines()
    assert head.split()[:3] == ["trial", "state", "validation"]
    assert first.split()[:3] == ["2", "finished", "75.00"]
    facts = as_facts(SweepReader(trials.folder))
    assert facts["winner"]["number"] == 2 and facts["test_looks"] == []
    assert as_file(plan.overs, facts_of(trials), "csv").startswith(
        b"trial,state,phases.0.learning_rate"
    )
