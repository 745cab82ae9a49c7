"""Runs the trials of a study: one at a time, in the ordinary runs folder, without repeating what
has finished; in a thread of this process, or in a process of its own where a trial needs that.

A trial's run is known by its experiment alone (`fftui.studies.matching`). So a study that is run
again skips what has finished, resumes what was interrupted and tries once more what failed; and a
run of the same experiment that was started by hand counts as the study's.
"""

import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from fftui.errors import FFTUIError
from fftui.runs.folder import RunFolder, create
from fftui.runs.run_process import RunProcess
from fftui.runs.run_thread import RunThread, StartTraining, start_training
from fftui.runs.view import RunView
from fftui.runs.workspace import Workspace
from fftui.studies.matching import KnownRun, KnownRuns, identity
from fftui.studies.study import Study, Trial

REFRESH_EVERY_S = 0.25
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


class RunWorker(Protocol):
    """What carries a run out: a `RunThread` or a `RunProcess`."""

    folder: RunFolder
    refused: FFTUIError | None

    @property
    def view(self) -> RunView:
        """The newest view of the run."""
        ...

    @property
    def problems(self) -> Sequence[str]:
        """One line for each output that could not be written."""
        ...

    def start(self) -> None:
        """Begin the run."""
        ...

    def stop(self) -> None:
        """End the run after the current step."""
        ...

    def is_alive(self) -> bool:
        """Whether the run goes on."""
        ...

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end, at most `timeout` seconds."""
        ...


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
    stop: threading.Event | None = None,
    start_training: StartTraining = start_training,
) -> Iterator[TrialProgress]:
    """Run the missing trials of `study`; yields each trial's progress several times while it runs,
    and once at its end.

    A run that fails does not end the study. Setting `stop` ends the current run after its batch,
    with a checkpoint, as `interrupted`, and the study with it; so does closing the generator.
    Raises RequestError where the runs folder cannot be read or written.
    """
    stop = stop or threading.Event()
    known = KnownRuns.of(workspace.runs_dir)
    done: dict[str, TrialProgress] = {}  # the end of every experiment of this session
    for index, trial in enumerate(study.trials, 1):
        at = TrialProgress(index, len(study.trials), trial, "running")
        before = done.get(identity(trial.experiment))
        run = known.of_experiment(trial.experiment)
        if before is None and not _is_taken(run):
            # hours may have passed, and another process may be at the same study
            known = KnownRuns.of(workspace.runs_dir)
            run = known.of_experiment(trial.experiment)
        if before:
            yield replace(at, state=before.state, run=before.run, error=before.error)
        elif run and _is_taken(run):
            yield replace(
                at,
                state="finished before" if run.status == "finished" else "running elsewhere",
                run=run.folder.id,
            )
        elif stop.is_set():
            return
        else:
            name = f"{study.name}: {trial.condition.text}"
            options = _RunOptions(name, workspace, start_training)
            done[identity(trial.experiment)] = yield from _run_trial(at, run, options, stop)


def _is_taken(run: KnownRun | None) -> bool:
    return run is not None and run.status in ("finished", "running", "paused")


@dataclass(frozen=True)
class _RunOptions:
    """Name, folders and device of the run of a trial."""

    name: str
    workspace: Workspace
    start_training: StartTraining

    def worker_for(self, trial: Trial, known: KnownRun | None) -> RunWorker:
        """What resumes the run that is known, or begins a new one."""
        worker = RunProcess if trial.own_process else RunThread
        workspace, start_training = self.workspace, self.start_training
        if known is None:
            folder = create(workspace, trial.experiment, name=self.name)
            return worker(folder, workspace, start_training=start_training)
        images = known.record.images(workspace.data_folder)
        workspace = replace(workspace, data_folder=images)
        return worker(known.folder, workspace, resume=True, start_training=start_training)


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
