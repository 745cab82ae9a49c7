"""Carrying a study out: one run at a time, in the ordinary runs folder, whatever is there already left alone.

A trial's run is known by its experiment alone (`fftui.studies.matching`). So a study that is carried out again skips
what has finished, goes on with what was interrupted and tries once more what failed; and a run of the same experiment
that was started by hand counts as the study's.
"""

import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from fftui.experiment import Experiment
from fftui.runs.carrier import Carrier
from fftui.runs.folder import RunFolder, create
from fftui.runs.learning import OpenLearning, open_training
from fftui.runs.view import RunView
from fftui.studies.matching import KnownRun, KnownRuns, identity
from fftui.studies.study import Study, Trial

LOOK_EVERY_S = 0.25
# there: had finished before; elsewhere: another process is at it; the others as a run's.
State = Literal["there", "elsewhere", "running", "finished", "interrupted", "failed"]
OVER: tuple[State, ...] = ("there", "elsewhere", "finished", "interrupted", "failed")


@dataclass(frozen=True)
class Progress:
    """How one trial stands, `index` (from 1) of `of`. `view` is None where nothing runs; `error` says what failed."""

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


def carry_out(
    study: Study,
    runs_dir: Path,
    device: str = "auto",
    data_folder: Path | None = None,
    *,
    stop: threading.Event | None = None,
    open_learning: OpenLearning = open_training,
) -> Iterator[Progress]:
    """Carry out what is missing of `study`: several looks at every trial while it runs, one for what it came to.

    A run that fails does not end the study. Setting `stop` ends the current run after its batch, with a checkpoint,
    as `interrupted`, and the study with it; so does closing the generator. Raises RequestError where `runs_dir`
    cannot be read or written.
    """
    stop = stop or threading.Event()
    known = KnownRuns.of(runs_dir)
    done: dict[str, Progress] = {}  # what came of the experiments of this sitting
    for index, trial in enumerate(study.trials, 1):
        at = Progress(index, len(study.trials), trial, "running")
        before = done.get(identity(trial.experiment))
        run = known.of_experiment(trial.experiment)
        if before is None and not _is_taken(run):
            known = KnownRuns.of(runs_dir)  # hours may have passed, and another process may be at the same study
            run = known.of_experiment(trial.experiment)
        if before:
            yield replace(at, state=before.state, run=before.run, error=before.error)
        elif run and _is_taken(run):
            yield replace(at, state="there" if run.status == "finished" else "elsewhere", run=run.folder.id)
        elif stop.is_set():
            return
        else:
            place = _Place(runs_dir, f"{study.name}: {trial.condition.text}", device, data_folder, open_learning)
            done[identity(trial.experiment)] = yield from _carry_out(at, run, place, stop)


def _is_taken(run: KnownRun | None) -> bool:
    return run is not None and run.status in ("finished", "running", "paused")


@dataclass(frozen=True)
class _Place:
    """Where a run is carried out, under which name."""

    runs_dir: Path
    name: str
    device: str
    data_folder: Path | None
    open_learning: OpenLearning

    def carrier(self, experiment: Experiment, known: KnownRun | None) -> Carrier:
        """Somebody who goes on with a run that is known, or begins one."""
        folder, data = self._folder(experiment, known), self.data_folder
        if known:
            experiment, data = known.folder.experiment(), known.record.images(data)
        return Carrier(folder, experiment, self.device, data, known is not None, open_learning=self.open_learning)

    def _folder(self, experiment: Experiment, known: KnownRun | None) -> RunFolder:
        if known:
            return known.folder
        return create(self.runs_dir, experiment, name=self.name, device=self.device, data_folder=self.data_folder)


def _carry_out(
    at: Progress, known: KnownRun | None, place: _Place, stop: threading.Event
) -> Generator[Progress, None, Progress]:
    """Go on with the run that is known; where that is refused (its checkpoint is damaged, say), begin anew."""
    carrier = place.carrier(at.trial.experiment, known)
    yield from _follow(carrier, at, stop)
    if known and carrier.refused and not stop.is_set():
        carrier = place.carrier(at.trial.experiment, None)
        yield from _follow(carrier, at, stop)
    end = _end(carrier, at)
    yield end
    return end


def _follow(carrier: Carrier, at: Progress, stop: threading.Event) -> Iterator[Progress]:
    carrier.start()
    try:
        while carrier.is_alive():
            yield replace(at, view=carrier.view, run=carrier.folder.id)
            carrier.join(LOOK_EVERY_S)
            if stop.is_set():
                carrier.stop()
    finally:
        carrier.stop()
        carrier.join()


def _end(carrier: Carrier, at: Progress) -> Progress:
    result, problems = carrier.view.result, "; ".join(carrier.problems) or None
    at = replace(at, view=carrier.view, run=carrier.folder.id, error=problems)
    if carrier.refused:
        return replace(at, state="failed", run=None, error=str(carrier.refused))
    if result is None or result.status not in ("finished", "interrupted"):
        error = (result and result.error) or problems or "it ended without a result"
        return replace(at, state="failed", error=error)
    return replace(at, state="finished" if result.status == "finished" else "interrupted")
