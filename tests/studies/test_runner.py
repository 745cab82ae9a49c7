import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fftui.errors import DataError, RequestError
from fftui.executors import local
from fftui.executors.local import LocalExecutor
from fftui.experiment import ForwardForward
from fftui.runs.finding import run_folders
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.run_thread import RunThread
from fftui.runs.workspace import Workspace
from fftui.studies import runner
from fftui.studies.matching import identity
from fftui.studies.runner import TrialProgress, run_study
from fftui.studies.study import Study

Finished = Callable[..., RunFolder]


def states(ends: list[TrialProgress]) -> list[str]:
    return [end.state for end in ends]


def test_every_trial_is_run_once_and_never_again(
    study: Study, carry: Any, runs: Path, fake_trainings: Any
) -> None:
    ends = carry(study)
    assert states(ends) == ["finished"] * 4
    assert [(end.index, end.of) for end in ends] == [(n, 4) for n in range(1, 5)]
    assert len(fake_trainings.opened) == len(run_folders(runs)) == 4
    names = {folder.record().name for folder in run_folders(runs)}
    assert names == {"small: mnist-mini, 8", "small: mnist-mini, 9"}

    assert states(carry(study)) == ["finished before"] * 4
    assert len(fake_trainings.opened) == 4


def test_progress_is_reported_while_it_runs(study: Study, runs: Path, fake_trainings: Any) -> None:
    progress = list(
        run_study(study, Workspace(runs, device="cpu"), executor=LocalExecutor(1, fake_trainings))
    )
    assert [each.index for each in progress] == sorted(each.index for each in progress)
    assert progress[0].state == "running"
    assert all(each.view is not None and each.run for each in progress)


def test_a_run_started_by_hand_counts(
    small: Any, carry: Any, fake_trainings: Any, finished_run: Finished
) -> None:
    trial = small.trial(8)
    folder = finished_run(trial.experiment.model_copy(update={"name": "mine"}))
    ends = carry(small.study(trial, small.trial(9)))
    assert states(ends) == ["finished before", "finished"]
    assert ends[0].run == folder.id
    assert [
        experiment.model_dump()["model"]["layers"][0]["units"]
        for experiment, _ in fake_trainings.opened
    ] == [9]


def test_two_conditions_of_one_experiment_share_its_run(
    small: Any, carry: Any, fake_trainings: Any
) -> None:
    ends = carry(small.study(small.trial(8, what="one"), small.trial(8, what="other")))
    assert states(ends) == ["finished", "finished"]
    assert ends[0].run == ends[1].run
    assert len(fake_trainings.opened) == 1


def test_a_failed_run_ends_nothing_and_is_tried_once_more_next_time(
    study: Study, carry: Any, fake_trainings: Any, runs: Path
) -> None:
    broken = study.trials[1].experiment
    fake_trainings.errors[broken.model_dump_json()] = RuntimeError("no such device")
    ends = carry(study)
    assert states(ends) == ["finished", "failed", "finished", "finished"]
    assert ends[1].error == "RuntimeError: no such device"

    assert states(carry(study)) == [
        "finished before",
        "failed",
        "finished before",
        "finished before",
    ]
    assert [identity(asked) == identity(broken) for asked, _ in fake_trainings.opened] == [
        False,
        True,
        False,
        False,
        True,
    ]
    fake_trainings.errors.clear()
    assert states(carry(study)) == [
        "finished before",
        "finished",
        "finished before",
        "finished before",
    ]
    assert len(run_folders(runs)) == 4


def test_stopped_it_goes_on_from_the_checkpoint(
    study: Study, carry: Any, fake_trainings: Any, runs: Path
) -> None:
    stop = threading.Event()
    fake_trainings.endless = True
    seen = []
    for progress in run_study(
        study, Workspace(runs, device="cpu"), stop=stop, executor=LocalExecutor(1, fake_trainings)
    ):
        seen.append(progress)
        if progress.view and progress.view.progress:
            stop.set()
    assert seen[-1].state == "interrupted"
    assert [folder.record().status for folder in run_folders(runs)] == ["interrupted"]

    fake_trainings.endless = False
    assert states(carry(study)) == ["finished"] * 4
    assert [resumed for _, resumed in fake_trainings.opened] == [False, True, False, False, False]
    assert len(run_folders(runs)) == 4


def test_stopped_before_it_begins_it_begins_nothing(
    study: Study, carry: Any, fake_trainings: Any
) -> None:
    stop = threading.Event()
    stop.set()
    assert carry(study, stop=stop) == []
    assert fake_trainings.opened == []


def test_closing_the_generator_stops_the_run(study: Study, fake_trainings: Any, runs: Path) -> None:
    fake_trainings.endless = True
    progress = run_study(
        study, Workspace(runs, device="cpu"), executor=LocalExecutor(1, fake_trainings)
    )
    next(progress)
    progress.close()  # type: ignore[attr-defined]
    assert [folder.record().status for folder in run_folders(runs)] == ["interrupted"]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fftui-")]


def test_a_run_of_another_process_is_left_to_it(
    small: Any, carry: Any, fake_trainings: Any, finished_run: Finished
) -> None:
    trial = small.trial(8)
    folder = finished_run(trial.experiment, status="running")
    held = JournalWriter(folder.journal)
    try:
        assert states(carry(small.study(trial))) == ["running elsewhere"]
    finally:
        held.close()
    assert fake_trainings.opened == []


def test_what_cannot_be_resumed_begins_anew(
    study: Study, carry: Any, fake_trainings: Any, runs: Path
) -> None:
    fake_trainings.endless = True
    progress = run_study(
        study, Workspace(runs, device="cpu"), executor=LocalExecutor(1, fake_trainings)
    )
    next(each for each in progress if each.view and each.view.progress)
    progress.close()  # type: ignore[attr-defined]
    fake_trainings.endless = False
    fake_trainings.refuses = lambda resumed: (
        RequestError("its checkpoint is of another version") if resumed else None
    )
    assert states(carry(study)) == ["finished"] * 4
    assert sorted(folder.record().status for folder in run_folders(runs)) == ["finished"] * 4 + [
        "interrupted"
    ]


def test_a_refused_trial_says_why_and_leaves_no_run(
    study: Study, carry: Any, fake_trainings: Any, runs: Path
) -> None:
    fake_trainings.refuses = lambda resumed: DataError("mnist-mini is damaged")
    ends = carry(study)
    assert states(ends) == ["failed"] * 4
    assert {end.error for end in ends} == {"mnist-mini is damaged"}
    assert run_folders(runs) == []


def test_for_real(study: Study, runs: Path) -> None:
    ends = [
        progress for progress in run_study(study, Workspace(runs, device="cpu")) if progress.over
    ]
    assert states(ends) == ["finished"] * 4
    assert all(folder.table("epochs").exists() for folder in run_folders(runs))


def test_trials_that_need_it_run_in_processes_of_their_own(study: Study, runs: Path) -> None:
    own = replace(study, trials=tuple(replace(each, process="own") for each in study.trials[:2]))
    progress = list(run_study(own, Workspace(runs, device="cpu")))
    assert states([each for each in progress if each.over]) == ["finished"] * 2
    pids = {folder.record().pid for folder in run_folders(runs)}
    assert len(pids - {os.getpid()}) == 2
    assert all(each.view is not None and each.view.result for each in progress if each.over)


def test_a_stop_reaches_the_process_of_a_run(small: Any, runs: Path) -> None:
    trial = small.trial(8)
    phases = (ForwardForward(epochs=1_000_000, batch_size=64),)
    endless = trial.experiment.model_copy(update={"phases": phases})
    study = small.study(replace(trial, experiment=endless, process="own"))
    stop = threading.Event()
    seen = []
    for progress in run_study(study, Workspace(runs, device="cpu"), stop=stop):
        seen.append(progress)
        if progress.view and progress.view.progress:
            stop.set()
    assert seen[-1].state == "interrupted"
    (folder,) = run_folders(runs)
    assert folder.record().status == "interrupted"
    assert folder.checkpoint.exists()


def test_several_jobs_run_every_trial_once(
    small: Any, runs: Path, fake_trainings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads stand in for the processes, so that the trainings can."""
    at_once, most = [0], [0]
    shares = set()

    class Worker(RunThread):
        def __init__(self, *positional: Any, threads: int, pinned: Any, **options: Any) -> None:
            super().__init__(*positional, **options)
            shares.add(threads)

        def run(self) -> None:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
            time.sleep(0.05)
            super().run()
            at_once[0] -= 1

    monkeypatch.setattr(local, "RunProcess", Worker)
    monkeypatch.setattr(local, "cores", lambda: 7)
    alone = [replace(small.trial(n), process="alone") for n in (30, 31)]
    shared = [small.trial(8, what="one"), small.trial(8, what="other")]
    study = small.study(*shared, alone[0], *(small.trial(n) for n in (9, 10, 11, 12)), alone[1])
    workspace = Workspace(runs, device="cpu")
    progress = list(run_study(study, workspace, executor=LocalExecutor(3, fake_trainings)))
    ends = [each for each in progress if each.over]
    assert sorted(end.index for end in ends) == list(range(1, 9))
    assert {end.state for end in ends} == {"finished"}
    assert most[0] == 3
    assert shares == {2}
    assert len(fake_trainings.opened) == len(run_folders(runs)) == 7
    # those alone come last, and nothing runs beside them
    first_alone = next(n for n, each in enumerate(progress) if each.trial.process == "alone")
    assert all(each.over or each.trial.process == "alone" for each in progress[first_alone:])

    again = run_study(study, workspace, executor=LocalExecutor(3, fake_trainings))
    assert {each.state for each in again} == {"finished before"}


def test_trials_that_need_a_machine_alone_do_not_wait_where_there_are_several(
    small: Any, runs: Path, fake_trainings: Any
) -> None:
    together = threading.Barrier(2, timeout=60)

    class OtherMachines:
        slots, one_machine = 2, False

        def worker(self, *positional: Any, resume: bool, own_process: bool) -> RunThread:
            assert own_process

            def start_training(*given: Any, **options: Any) -> Any:
                together.wait()
                return fake_trainings(*given, **options)

            return RunThread(*positional, resume=resume, start_training=start_training)

    study = small.study(*(replace(small.trial(n), process="alone") for n in (8, 9)))
    ends = run_study(study, Workspace(runs, device="cpu"), executor=OtherMachines())
    assert {each.state for each in ends if each.over} == {"finished"}


def test_several_jobs_stop_together(
    small: Any, runs: Path, fake_trainings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_a_thread(*positional: Any, threads: int, pinned: Any, **options: Any) -> RunThread:
        return RunThread(*positional, **options)

    monkeypatch.setattr(local, "RunProcess", in_a_thread)
    fake_trainings.endless = True
    study = small.study(*(small.trial(n) for n in (8, 9, 10)))
    stop, learning = threading.Event(), set()
    workspace = Workspace(runs, device="cpu")
    ends = []
    for each in run_study(study, workspace, executor=LocalExecutor(2, fake_trainings), stop=stop):
        learning |= {each.index} if each.view and each.view.progress else set()
        if learning == {1, 2}:
            stop.set()
        ends += [each.state] if each.over else []
    assert ends == ["interrupted", "interrupted"]
    assert {folder.record().status for folder in run_folders(runs)} == {"interrupted"}


def test_what_a_job_cannot_do_is_raised(
    study: Study, runs: Path, fake_trainings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise RequestError("cannot make a run")

    monkeypatch.setattr(runner, "create", refuse)
    with pytest.raises(RequestError, match="cannot make a run"):
        list(
            run_study(
                study, Workspace(runs, device="cpu"), executor=LocalExecutor(2, fake_trainings)
            )
        )


def test_a_trial_that_diverged_is_not_run_again(
    study: Study, carry: Any, runs: Path, fake_trainings: Any
) -> None:
    carry(study)
    folder = run_folders(runs)[0]
    diverged = {"status": "failed", "diverged": True, "error": "layer 1 diverged"}
    folder.write_record(folder.record().model_copy(update=diverged))
    for jobs in (1, 2):
        ends = carry(study, jobs=jobs)
        assert sorted(states(ends)) == ["failed", *["finished before"] * 3]
        assert {end.error for end in ends} == {None, "layer 1 diverged"}
        assert [end.state for end in ends if end.diverged] == ["failed"]
    assert len(fake_trainings.opened) == len(run_folders(runs)) == 4


def test_a_trial_that_diverges_says_so_now_and_later(small: Any, runs: Path) -> None:
    trial = small.trial(8)
    hopeless = trial.experiment.changed({"phases.0.learning_rate": 1e30})
    study = small.study(replace(trial, experiment=hopeless))
    for _ in range(2):
        ends = [each for each in run_study(study, Workspace(runs, device="cpu")) if each.over]
        assert [(end.state, end.diverged) for end in ends] == [("failed", True)]
    assert len(run_folders(runs)) == 1
