"""Reading a sweep without writing anything: what its journal holds now, also while other processes
run its trials.
"""

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from fftui.errors import FFTUIError, RequestError
from fftui.runs.files import check_own
from fftui.runs.folder import RunFolder
from fftui.runs.status import is_live, with_current_status
from fftui.sweeps import sweep_facts as facts
from fftui.sweeps.over import Over
from fftui.sweeps.plan import SweepFolder
from fftui.sweeps.trials import DAMAGED, LARGEST_JOURNAL, SweepTrials, damaged

STATES: dict[TrialState, facts.TrialState] = {
    TrialState.COMPLETE: "finished",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "begun",
    TrialState.WAITING: "waiting",
}
# of a trial that has not ended: it depends on the trial's run, whose journal is another
GOES_ON: tuple[facts.TrialState, ...] = ("begun", "running", "interrupted")
BEST_SHARE, LEAST_BEST = 0.1, 5  # of the finished trials, those that importance asks about


class SweepReader:
    """The sweep in `folder`, read again where its journal has grown.

    Raises RequestError where what it does, or its journal, cannot be read.
    """

    def __init__(self, folder: SweepFolder) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.folder, self.plan = folder, folder.plan()
        self._overs = self.plan.overs
        self._storage: JournalStorage | None = None
        self._read_size = -1
        self._frozen: tuple[FrozenTrial, ...] = ()
        self._looks: list[dict[str, Any]] = []
        self._importance: facts.Importance | None = None
        self._weighed = 0  # the finished trials that importance is of
        self._facts: facts.SweepFacts | None = None

    def read(self) -> facts.SweepFacts:
        """The sweep as it is now; the same object where nothing has changed."""
        size = self._size()
        if size != self._read_size:
            with _readable(self.folder.storage):
                self._read_journal_or_anew()
            self._read_size = size
        elif self._facts is not None and not self._facts.count(*GOES_ON):
            return self._facts
        plan, overs = self.plan, self._overs
        with _readable(self.folder.storage):
            now = facts.SweepFacts(
                self.folder.name,
                plan.preset,
                plan.experiment.data.name,
                plan.sampler,
                plan.seeds,
                overs,
                plan.over,
                trial_facts(overs, self._frozen, self._looks, self.folder.runs_dir),
                len(self._looks),
                self._importance,
            )
        if now != self._facts:
            self._facts = now
        return self._facts

    @property
    def test_looks(self) -> list[dict[str, Any]]:
        """Every time that the test images were measured, at the last `read`."""
        return list(self._looks)

    def _size(self) -> int:
        try:
            return self.folder.storage.stat().st_size
        except OSError:
            return 0

    def _read_journal_or_anew(self) -> None:
        """Read the journal; after what cannot be read, the next time from its beginning."""
        try:
            self._read_journal()
        except BaseException:
            self._storage = None
            raise

    def _read_journal(self) -> None:
        if self._storage is None or self._size() < self._read_size:  # it is another one now
            if not self.folder.storage.exists():  # Optuna would make it
                return
            check_own(self.folder.storage, LARGEST_JOURNAL)
            self._storage = JournalStorage(JournalFileBackend(str(self.folder.storage)))
        studies = [s for s in self._storage.get_all_studies() if s.study_name == self.folder.name]
        if not studies:
            return
        found = self._storage.get_all_trials(studies[0]._study_id, deepcopy=False)
        self._frozen = tuple(found)
        self._looks = list(studies[0].user_attrs.get("test", []))
        finished = sum(each.state == TrialState.COMPLETE for each in found)
        if finished != self._weighed:
            self._importance = self._weigh(finished)
            self._weighed = finished

    def _weigh(self, finished: int) -> facts.Importance | None:
        if finished < facts.LEAST_FINISHED or self._storage is None:
            return None
        best = min(finished - 1, max(LEAST_BEST, math.ceil(BEST_SHARE * finished)))
        study = optuna.load_study(study_name=self.folder.name, storage=self._storage)
        with warnings.catch_warnings():  # of what is experimental, and of few trials
            warnings.simplefilter("ignore")
            evaluator = PedAnovaImportanceEvaluator(target_quantile=best / finished)
            shares = get_param_importances(study, evaluator=evaluator)
        paths = [over.path for over in self._overs]
        return facts.Importance(
            tuple(float(shares.get(path, 0.0)) for path in paths), best, finished
        )


def facts_of(trials: SweepTrials) -> tuple[facts.TrialFacts, ...]:
    """The trials that a process has opened, in plain values."""
    return trial_facts(trials.plan.overs, trials.all, trials.test_looks)


def trial_facts(
    overs: Sequence[Over],
    trials: Sequence[FrozenTrial],
    test_looks: Sequence[dict[str, Any]],
    runs_dir: Path | None = None,
) -> tuple[facts.TrialFacts, ...]:
    """The trials in plain values; with `runs_dir`, those that go on are `running` or, where their
    process is gone, `interrupted`.
    """
    tests = {look["trial"]: _mean(look["accuracies"]) for look in test_looks}
    best: float | None = None
    found = []
    for trial in trials:
        if trial.state == TrialState.COMPLETE and trial.value is not None:
            best = max(trial.value, best or 0.0)
        begun, ended = trial.datetime_start, trial.datetime_complete
        error = trial.user_attrs.get("error")
        runs = tuple(map(str, trial.user_attrs.get("runs", {}).values()))
        measured = trial.intermediate_values
        state = STATES[trial.state]
        goes_on = state == "begun" and runs_dir is not None
        found.append(
            facts.TrialFacts(
                trial.number,
                _current(runs_dir, runs) if goes_on and runs_dir is not None else state,
                tuple(trial.params.get(over.path) for over in overs),
                trial.value,
                measured[max(measured)] if measured else None,
                best,
                tests.get(trial.number),
                len(measured),
                (ended - begun).total_seconds() if begun and ended else None,
                runs,
                None if error is None else str(error),
            )
        )
    return tuple(found)


def _current(runs_dir: Path, runs: Sequence[str]) -> facts.TrialState:
    """The state of a trial that has not ended: by its newest run."""
    if not runs:
        return "begun"
    folder = RunFolder(runs_dir / Path(runs[-1]).name)
    try:
        record = with_current_status(folder, folder.record())
    except FFTUIError:
        return "interrupted"
    return "running" if is_live(record) or record.status == "finished" else "interrupted"


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except DAMAGED as error:
        raise damaged(path, error) from error
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise RequestError(msg) from error
