"""Runs the trials of a study, one or a few at a time, in the ordinary runs folder, without
repeating what has finished; in a thread of this process, a process of its own where a trial
needs that or others run beside it, or on other machines (`fftui.executors`).

A trial's run is known by its experiment alone (`fftui.studies.matching`). So a study that is run
again skips what has finished, resumes what was interrupted and tries once more what failed; and a
run of the same experiment that was started by hand counts as the study's.
"""

import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from fftui.executors.at_once import REFRESH_EVERY_S, at_once
from fftui.executors.executor import Executor, RunWorker
from fftui.executors.local import LocalExecutor
from fftui.runs.new_folder import create
from fftui.runs.status import is_live
from fftui.runs.view import RunView
from fftui.runs.workspace import Workspace
from fftui.studies.matching import KnownRun, KnownRuns, identity
from fftui.studies.study import Process, Study, Trial

# running elsewhere: in another process. The words without a second one are a run's own.
State = Literal[
    "finished before", "running elsewhere", "running", "finished", "interrupted", "failed"
]
OVER: tuple[State, ...] = (
    "finished before",
    "running elsewhere",
    "finished",
    "interrupted",
    "failed",
)


@dataclass(frozen=True)
class TrialProgress:
    """State of a trial, number `index` (from 1) of `of`; `view` is None where nothing runs, `error`
    the failure.
    """

    index: int
    of: int
    trial: Trial
    state: State
    view: RunView | None = None
    run: str | None = None
    error: str | None = None

    @property
    def over(self) -> bool:
        """Whether the study goes on with the next trial."""
        return self.state in OVER


def run_study(
    study: Study,
    workspace: Workspace,
    *,
    executor: Executor | None = None,
    stop: threading.Event | None = None,
) -> Iterator[TrialProgress]:
    """Run the missing trials of `study`; yields each trial's progress several times while it runs,
    and once at its end.

    `executor` carries them out (None: this process, one after the other), as many at once as it has
    slots; those that need the machine alone are run after them, one at a time, unless it has other
    machines. A run that fails does not end the study. Setting `stop` ends what runs after its
    batch, with a checkpoint, as `interrupted`, and the study with it; so does closing the
    generator. Raises RequestError where the runs folder cannot be read or written.
    """
    executor = executor or LocalExecutor()
    session = _Session(study, workspace, executor)
    stop = stop or threading.Event()
    if executor.slots > 1:
        yield from _at_once(session, executor.slots, stop)
    for index, trial in enumerate(study.trials, 1):
        if index not in session.stated:
            if stop.is_set() and not session.is_done(trial):
                return
            yield from session.run_trial(index, trial, stop)


class _Session:
    """One time that a study is run: what is known of its trials' runs, from before and from now.
    Any thread may ask it for another trial.
    """

    def __init__(self, study: Study, workspace: Workspace, executor: Executor) -> None:
        self.study = study
        self.one_machine = executor.one_machine
        self.stated: set[int] = set()  # the trials whose end was yielded
        self._workspace = workspace
        self._executor = executor
        self._known = KnownRuns.of(workspace.runs_dir)
        self._done: dict[str, TrialProgress] = {}  # the end of every experiment of this session
        self._lock = threading.Lock()

    def is_done(self, trial: Trial) -> bool:
        """Whether its experiment needs no run: it has had one, or another process runs it."""
        run = self._run_of(trial)
        return identity(trial.experiment) in self._done or _is_taken(run) or _diverged(run)

    def run_trial(self, index: int, trial: Trial, stop: threading.Event) -> Iterator[TrialProgress]:
        """The progress of a trial and its end; runs it where nothing has yet."""
        at = TrialProgress(index, len(self.study.trials), trial, "running")
        before, run = self._done.get(identity(trial.experiment)), self._run_of(trial)
        if before is None and not _is_taken(run):
            # hours may have passed, and another process may be at the same study
            self._read_again()
            run = self._run_of(trial)
        self.stated.add(index)
        if before:
            yield replace(at, state=before.state, run=before.run, error=before.error)
        elif run and _diverged(run):
            yield replace(at, state="failed", run=run.folder.id, error=run.record.error)
        elif run and _is_taken(run):
            yield replace(
                at,
                state="finished before" if run.status == "finished" else "running elsewhere",
                run=run.folder.id,
            )
        else:
            name = f"{self.study.name}: {trial.condition.text}"
            options = _RunOptions(name, self._workspace, self._executor)
            self._done[identity(trial.experiment)] = yield from _run_trial(at, run, options, stop)

    def _run_of(self, trial: Trial) -> KnownRun | None:
        return self._known.of_experiment(trial.experiment)

    def _read_again(self) -> None:
        with self._lock:
            self._known = KnownRuns.of(self._workspace.runs_dir)


def _at_once(session: _Session, jobs: int, stop: threading.Event) -> Iterator[TrialProgress]:
    """Carry out the trials that may have others beside them, `jobs` at a time."""
    trials = _first_of_each(session.study, alone="alone" if session.one_machine else None)
    turn = threading.Lock()

    def next_trial(halt: threading.Event) -> tuple[int, Trial] | None:
        with turn:
            free = (each for each in trials if not session.is_done(each[1]))
            return None if halt.is_set() else next(free, None)

    def work(halt: threading.Event) -> Iterator[TrialProgress]:
        while (taken := next_trial(halt)) is not None:
            yield from session.run_trial(*taken, halt)

    yield from at_once(work, jobs, stop)


def _first_of_each(study: Study, alone: Process | None) -> Iterator[tuple[int, Trial]]:
    """The first trial of each experiment, with its number, but of those that any trial has in a
    process of the kind `alone`.
    """
    seen = {identity(trial.experiment) for trial in study.trials if trial.process == alone}
    for index, trial in enumerate(study.trials, 1):
        key = identity(trial.experiment)
        if key not in seen:
            seen.add(key)
            yield index, trial


def _is_taken(run: KnownRun | None) -> bool:
    return run is not None and (run.status in ("finished", "waiting") or is_live(run.record))


def _diverged(run: KnownRun | None) -> bool:
    """Whether the run failed since its loss was no finite number: it would do so again."""
    return run is not None and run.status == "failed" and bool(run.record.diverged)


@dataclass(frozen=True)
class _RunOptions:
    """Name, folders and device of the run of a trial, and what carries it out."""

    name: str
    workspace: Workspace
    executor: Executor

    def worker_for(self, trial: Trial, known: KnownRun | None) -> RunWorker:
        """What resumes the run that is known, or begins a new one."""
        workspace = self.workspace
        if known is None:
            folder = create(workspace, trial.experiment, name=self.name)
        else:
            folder = known.folder
            workspace = replace(workspace, data_folder=known.record.images(workspace.data_folder))
        return self.executor.worker(
            folder, workspace, resume=known is not None, own_process=trial.process != "shared"
        )


def _run_trial(
    at: TrialProgress, known: KnownRun | None, options: _RunOptions, stop: threading.Event
) -> Generator[TrialProgress, None, TrialProgress]:
    """Resume the run that is known; where that is refused (its checkpoint is damaged, say), begin a
    new one.
    """
    worker = options.worker_for(at.trial, known)
    yield from _follow(worker, at, stop)
    if known and worker.refused and not stop.is_set():
        worker = options.worker_for(at.trial, None)
        yield from _follow(worker, at, stop)
    end = _end(worker, at)
    yield end
    return end


def _follow(worker: RunWorker, at: TrialProgress, stop: threading.Event) -> Iterator[TrialProgress]:
    worker.start()
    try:
        while worker.is_alive():
            yield replace(at, view=worker.view, run=worker.folder.id)
            worker.join(REFRESH_EVERY_S)
            if stop.is_set():
                worker.stop()
    finally:
        worker.stop()
        worker.join()


def _end(worker: RunWorker, at: TrialProgress) -> TrialProgress:
    result, problems = worker.view.result, "; ".join(worker.problems) or None
    at = replace(at, view=worker.view, run=worker.folder.id, error=problems)
    if worker.refused:
        return replace(at, state="failed", run=None, error=str(worker.refused))
    if result is None or result.status not in ("finished", "interrupted"):
        error = (result and result.error) or problems or "it ended without a result"
        return replace(at, state="failed", error=error)
    return replace(at, state="finished" if result.status == "finished" else "interrupted")
