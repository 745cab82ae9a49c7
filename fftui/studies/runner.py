"""Runs the trials of a study, one or a few at a time, in the ordinary runs folder, without
repeating what has finished; in a thread of this process, a process of its own where a trial
needs that or others run beside it, or on other machines (`fftui.executors`).

A trial's run is known by its experiment alone (`fftui.studies.matching`). So a study that is run
again skips what has finished, resumes what was interrupted and tries once more what failed, but for
what diverged, which it would do again; and a run of the same experiment that was begun by hand, or
by another process, counts as the study's.
"""

import threading
from collections.abc import Container, Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from fftui.executors.at_once import REFRESH_EVERY_S, at_once
from fftui.executors.executor import Executor, RunWorker
from fftui.executors.local import LocalExecutor
from fftui.runs.folder import RunFolder
from fftui.runs.new_folder import create
from fftui.runs.ownership import HeldError, in_turn
from fftui.runs.view import RunView
from fftui.runs.workspace import Workspace
from fftui.studies.matching import KnownRun, KnownRuns, identity
from fftui.studies.study import Process, Study, Trial

WAIT_S = 60.0  # for another process that looks for a run
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
    the failure, which a run that `diverged` would have again.
    """

    index: int
    of: int
    trial: Trial
    state: State
    view: RunView | None = None
    run: str | None = None
    error: str | None = None
    diverged: bool = False

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
        run = self._known.of_experiment(trial.experiment)
        return identity(trial.experiment) in self._done or (run is not None and run.is_left_alone)

    def run_trial(self, index: int, trial: Trial, stop: threading.Event) -> Iterator[TrialProgress]:
        """The progress of a trial and its end; runs it where nothing has yet."""
        at = TrialProgress(index, len(self.study.trials), trial, "running")
        key = identity(trial.experiment)
        self.stated.add(index)
        if before := self._done.get(key):
            yield replace(before, index=index, trial=trial, view=None)
            return
        end = yield from self._run(at, stop)
        self._done[key] = end
        yield end

    def _run(
        self, at: TrialProgress, stop: threading.Event
    ) -> Generator[TrialProgress, None, TrialProgress]:
        """Resume the run that is known, or begin a new one where there is none or it is refused
        (its checkpoint is damaged, say); returns the end.
        """
        refused: set[str] = set()
        while True:
            run = self._found_or_made(at.trial, refused)
            if isinstance(run, KnownRun) and run.is_left_alone:
                return _left_alone(at, run)
            worker = self._worker_for(at.trial, run)
            yield from _follow(worker, at, stop)
            end = _end(worker, at)
            can_begin_anew = isinstance(run, KnownRun) and end.state == "failed" and worker.refused
            if not can_begin_anew or stop.is_set():
                return end
            refused.add(worker.folder.id)

    def _found_or_made(self, trial: Trial, refused: Container[str]) -> KnownRun | RunFolder:
        """The run of a trial's experiment, or a new one where there is none but the `refused`."""
        known = self._known.of_experiment(trial.experiment)
        if known is not None and known.is_left_alone:
            return known
        runs_dir = self._workspace.runs_dir
        # hours may have passed, and another process may be at the same study
        with self._lock, _finding(runs_dir):
            self._known = KnownRuns.of(runs_dir)
            known = self._known.of_experiment(trial.experiment)
            if known is not None and (known.is_left_alone or known.folder.id not in refused):
                return known
            name = f"{self.study.name}: {trial.condition.text}"
            return create(self._workspace, trial.experiment, name=name)

    def _worker_for(self, trial: Trial, run: KnownRun | RunFolder) -> RunWorker:
        """What resumes the run that is known, or begins a new one."""
        own_process = trial.process != "shared"
        if isinstance(run, RunFolder):
            return self._executor.worker(
                run, self._workspace, resume=False, own_process=own_process
            )
        images = run.record.images(self._workspace.data_folder)
        workspace = replace(self._workspace, data_folder=images)
        return self._executor.worker(run.folder, workspace, resume=True, own_process=own_process)


@contextmanager
def _finding(runs_dir: Path) -> Iterator[None]:
    """Look for a run, and make one, while no other process at a study does."""
    with ExitStack() as turn:
        with suppress(OSError):  # a folder that cannot be written: who makes a run there says so
            runs_dir.mkdir(parents=True, exist_ok=True)
            turn.enter_context(in_turn(runs_dir, "finding", WAIT_S))
        yield


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


def _left_alone(at: TrialProgress, run: KnownRun) -> TrialProgress:
    """The end of a trial whose run is left as it is."""
    at = replace(at, run=run.folder.id)
    if run.has_diverged:
        return replace(at, state="failed", error=run.record.error, diverged=True)
    return replace(at, state="finished before" if run.status == "finished" else "running elsewhere")


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
    if isinstance(worker.refused, HeldError):  # another process was faster
        return replace(at, state="running elsewhere", view=None, error=None)
    if worker.refused:
        return replace(at, state="failed", run=None, error=str(worker.refused))
    if result is None or result.status not in ("finished", "interrupted"):
        error = (result and result.error) or problems or "it ended without a result"
        diverged = worker.view.divergence is not None
        return replace(at, state="failed", error=error, diverged=diverged)
    return replace(at, state="finished" if result.status == "finished" else "interrupted")
