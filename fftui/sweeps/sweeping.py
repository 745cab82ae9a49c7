"""Carries the trials of a sweep out, each by ordinary runs in the runs folder, one a seed.

A sweep has no process of its own: any number of them take trials from its journal
(`fftui.sweeps.trials`), end where none is left, and go on with those whose process was killed. A
run is known by its experiment, as a study's is, so none is done twice.
"""

import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from fftui import events as ev
from fftui.errors import ExperimentError, FFTUIError, RequestError
from fftui.executors.at_once import REFRESH_EVERY_S, at_once
from fftui.executors.executor import Executor, RunWorker
from fftui.experiment import Experiment
from fftui.runs.annotations import annotate
from fftui.runs.expectation import warning_of
from fftui.runs.folder import RunFolder
from fftui.runs.journal import read_journal
from fftui.runs.new_folder import create
from fftui.runs.ownership import HeldError, in_turn
from fftui.runs.status import is_live, with_current_status
from fftui.runs.view import RunView
from fftui.runs.workspace import Workspace
from fftui.studies.matching import KnownRuns
from fftui.sweeps.plan import SweepPlan
from fftui.sweeps.trials import SweepTrials, TakenTrial

WAIT_S = 60.0  # for another process that looks for a run
STOPPED_BY_HAND = "its run was stopped by hand"
PRUNED = "pruned"  # the tag of such a run

State = Literal["running", "finished", "pruned", "failed", "interrupted"]


@dataclass(frozen=True)
class SweepProgress:
    """State of a trial, `number` from 0; `view` is of the run that goes on, `value` the accuracy on
    validation images at the end, `error` why it failed.
    """

    number: int
    values: tuple[tuple[str, object], ...]
    state: State
    view: RunView | None = None
    run: str | None = None
    seed: int | None = None
    value: float | None = None
    error: str | None = None


@dataclass(frozen=True)
class _Ended:
    """What came of a run: its accuracy, which every finished one has, or why there is none;
    `refused` where nothing was tried.
    """

    state: State
    value: float | None = None
    error: str | None = None
    refused: FFTUIError | None = None


def run_sweep(
    plan: SweepPlan,
    trials: SweepTrials,
    workspace: Workspace,
    total: int,
    executor: Executor,
    stop: threading.Event,
) -> Iterator[SweepProgress]:
    """Run trials until the sweep has `total`, as many at once as `executor` has slots; yields each
    trial's progress while it runs, and once at its end.

    Trials that other processes run are left to them. Setting `stop` ends what runs after its batch,
    with a checkpoint. Raises RequestError where the sweep or the runs folder cannot be read or
    written, and what a run is refused with that no trial's values are to blame for (images that are
    missing, say): its trial is left as it was, for the next time.
    """
    session = _Session(plan, trials, workspace, executor)

    def work(halt: threading.Event) -> Iterator[SweepProgress]:
        while not halt.is_set() and (taken := trials.take(total)) is not None:
            try:
                yield from session.run_trial(taken, halt)
            finally:
                taken.owned.release()

    yield from at_once(work, executor.slots, stop)


class _Session:
    """What the trials of one process share."""

    def __init__(
        self, plan: SweepPlan, trials: SweepTrials, workspace: Workspace, executor: Executor
    ) -> None:
        self.trials = trials
        self._folder, self._plan = trials.folder, plan
        self._workspace, self._executor = workspace, executor

    def run_trial(self, taken: TakenTrial, halt: threading.Event) -> Iterator[SweepProgress]:
        """Carry out the runs of a trial, or go on with them, and state its end."""
        at = SweepProgress(taken.number, tuple(taken.values.items()), "running")
        try:
            experiments = self._plan.experiments(taken.values)
        except ExperimentError as error:
            yield self._end(taken, at, _Ended("failed", error=str(error)))
            return
        values = []
        for place, experiment in enumerate(experiments):
            here = replace(at, seed=experiment.seed)
            if place == 0 and self.trials.fact(taken, PRUNED) is not None:
                ended = _Ended("pruned")
            else:
                ended = yield from self._run(taken, experiment, here, halt, first=place == 0)
            if ended.value is None:
                yield self._end(taken, here, ended)
                return
            values.append(ended.value)
        yield self._end(taken, at, _Ended("finished", sum(values) / len(values)))

    def _end(self, taken: TakenTrial, at: SweepProgress, ended: _Ended) -> SweepProgress:
        """Keep the end of a trial, but where it was only interrupted."""
        if ended.value is not None:
            self.trials.finish(taken, ended.value)
        elif ended.state == "pruned":
            self.trials.prune(taken)
        elif ended.state == "failed":
            self.trials.fail(taken, ended.error or "it ended without a result")
        return replace(at, state=ended.state, value=ended.value, error=ended.error)

    def _run(
        self,
        taken: TakenTrial,
        experiment: Experiment,
        at: SweepProgress,
        halt: threading.Event,
        *,
        first: bool,
    ) -> Generator[SweepProgress, None, _Ended]:
        """The end of a run of the trial, which is gone on with where there is one; where that is
        refused (its checkpoint is damaged, say), a new one is begun. Raises what refuses that.
        """
        folder, is_new = self._found_or_made(taken, experiment)
        if not is_new:
            ended = yield from self._gone_on_with(taken, folder, at, halt, first=first)
            if ended.refused is None:
                return ended
            folder = self._made(taken, experiment)
        at = replace(at, run=folder.id)
        ended = yield from self._carried_out(taken, folder, at, halt, prunes=first)
        if ended.refused is None or self._is_for_its_values(experiment):
            return ended
        self._note_run(taken, experiment.seed, None)
        raise ended.refused

    def _gone_on_with(
        self,
        taken: TakenTrial,
        folder: RunFolder,
        at: SweepProgress,
        halt: threading.Event,
        *,
        first: bool,
    ) -> Generator[SweepProgress, None, _Ended]:
        """Resume a run, or wait for the process that carries it out."""
        at = replace(at, run=folder.id)
        while not halt.is_set():
            record = with_current_status(folder, folder.record())
            if record.status == "finished":
                return _result(folder)
            if record.status == "failed" and record.diverged:
                return _Ended("failed", error=record.error)
            if record.status != "waiting" and not is_live(record):
                ended = yield from self._carried_out(taken, folder, at, halt, prunes=first)
                if not isinstance(ended.refused, HeldError):  # another process was faster
                    return ended
            yield at
            time.sleep(REFRESH_EVERY_S)
        return _Ended("interrupted")

    def _is_for_its_values(self, experiment: Experiment) -> bool:
        """Whether this machine refuses what a trial's values make of the experiment, as too large
        for it, and would not refuse the experiment without them.
        """
        if not self._executor.one_machine:
            return False
        device = self._workspace.device
        return _is_too_large(experiment, device) and not _is_too_large(
            self._plan.experiment, device
        )

    def _found_or_made(self, taken: TakenTrial, experiment: Experiment) -> tuple[RunFolder, bool]:
        """The run of the experiment, and whether it is a new one."""
        runs_dir, seed = self._workspace.runs_dir, experiment.seed
        id_ = Path(self._noted_runs(taken).get(str(seed), "")).name
        if id_ and (runs_dir / id_ / "run.json").is_file():
            return RunFolder(runs_dir.absolute() / id_), False
        with in_turn(self._folder.path, "finding", WAIT_S):
            found = KnownRuns.of(runs_dir).of_experiment(experiment)
            if found is None:
                return self._made(taken, experiment), True
            self._note_run(taken, seed, found.folder.id)
        return found.folder, False

    def _made(self, taken: TakenTrial, experiment: Experiment) -> RunFolder:
        """A new run of the experiment."""
        name = f"{self._folder.name} {taken.number}"
        folder = create(self._workspace, experiment, name=name)
        self._note_run(taken, experiment.seed, folder.id)
        return folder

    def _noted_runs(self, taken: TakenTrial) -> dict[str, str]:
        """The ids of the trial's runs, by seed."""
        return self.trials.fact(taken, "runs") or {}

    def _note_run(self, taken: TakenTrial, seed: int, run: str | None) -> None:
        """Keep which run of the trial has this seed; None: there is none."""
        others = {key: id_ for key, id_ in self._noted_runs(taken).items() if key != str(seed)}
        self.trials.note(taken, runs=others if run is None else others | {str(seed): run})

    def _carried_out(
        self,
        taken: TakenTrial,
        folder: RunFolder,
        at: SweepProgress,
        halt: threading.Event,
        *,
        prunes: bool,
    ) -> Generator[SweepProgress, None, _Ended]:
        resume = folder.journal.exists()
        workspace = self._workspace
        if resume:
            before = folder.record().images(workspace.data_folder)
            workspace = replace(workspace, data_folder=before)
        worker = self._executor.worker(folder, workspace, resume=resume)
        told, pruned = 0, False
        worker.start()
        try:
            while worker.is_alive():
                yield replace(at, view=worker.view)
                worker.join(REFRESH_EVERY_S)
                if prunes and not pruned:
                    told, pruned = self._told(taken, worker.view, told)
                if pruned or halt.is_set():
                    worker.stop()
        finally:
            worker.stop()
            worker.join()
        return self._outcome(taken, worker, pruned=pruned, halted=halt.is_set())

    def _told(self, taken: TakenTrial, view: RunView, told: int) -> tuple[int, bool]:
        """Tell the pruner the validation accuracies from number `told` on; how many it knows now,
        and whether the trial is to be pruned.
        """
        measured = [each for each in view.evaluations if each.split == "validation"]
        for step, each in enumerate(measured[told:], told):
            if each.final:  # all is learned: nothing would be saved
                return step, False
            if self.trials.report(taken, step, each.accuracy):
                self.trials.note(taken, pruned=step)
                return step + 1, True
        return len(measured), False

    def _outcome(
        self, taken: TakenTrial, worker: RunWorker, *, pruned: bool, halted: bool
    ) -> _Ended:
        result = worker.view.result
        if worker.refused and not halted:
            return _Ended("failed", error=str(worker.refused), refused=worker.refused)
        if worker.refused:
            return _Ended("interrupted")
        if result is not None and result.status == "finished":
            return _finished(worker.folder, worker.view.evaluations)
        if pruned:
            annotate(worker.folder.path, add_tags=(PRUNED,))
            return _Ended("pruned")
        if result is not None and result.status == "interrupted":
            return _Ended("interrupted") if halted else _Ended("failed", error=STOPPED_BY_HAND)
        problems = "; ".join(worker.problems) or None
        return _Ended("failed", error=(result and result.error) or problems)


def _result(folder: RunFolder) -> _Ended:
    """The end of a run that has finished before."""
    try:
        events = [event for _, event in read_journal(folder.journal, ev.Evaluated)]
    except OSError as error:
        return _Ended("failed", error=f"{folder.journal} cannot be read: {error.strerror}")
    return _finished(folder, tuple(each for each in events if isinstance(each, ev.Evaluated)))


def _finished(folder: RunFolder, evaluations: tuple[ev.Evaluated, ...]) -> _Ended:
    """The end of a run that has learned all: without an accuracy, it is no result."""
    value = _accuracy(evaluations)
    if value is None:
        return _Ended("failed", error=f"run {folder.id} has no accuracy on validation images")
    return _Ended("finished", value)


def _accuracy(evaluations: tuple[ev.Evaluated, ...]) -> float | None:
    """The accuracy on all validation images at the end."""
    final = (each for each in reversed(evaluations) if each.final and each.split == "validation")
    return next((each.accuracy for each in final), None)


def _is_too_large(experiment: Experiment, device: str) -> bool:
    try:
        warning_of(experiment, device)
    except RequestError:
        return True
    return False
