"""The trials of a sweep, in Optuna's journal: which are over, which are to come, and who runs them.

Processes, also of several machines, share one journal. A trial belongs to the process that took it
(`fftui.runs.ownership`); where that is gone, the next one that asks goes on with it.
"""

import itertools
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, TrialState

from fftui.errors import RequestError
from fftui.experiment.values import parse_value
from fftui.runs.files import check_own
from fftui.runs.ownership import HeldError, Ownership, in_turn, take
from fftui.runs.status import SILENT_S
from fftui.sweeps.over import Choices, Over, Real
from fftui.sweeps.plan import Pruner, SweepFolder, SweepPlan

WAIT_S = 60.0  # for another process that asks for a trial
LOOK_EVERY_S = 0.01
STARTUP_TRIALS = 5  # that no trial is pruned before
LARGEST_JOURNAL = 1 << 30  # bytes
DAMAGED = (ValueError, KeyError, TypeError, AttributeError, AssertionError)


class _Turn(JournalFileOpenLock):
    """Optuna's lock of its journal, in our way: one that a killed process has left is no wait."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder / "writing"))
        self._folder = folder
        self._owned: Ownership | None = None

    def acquire(self) -> bool:
        """Wait for the turn. Raises HeldError where others take longer than `WAIT_S`."""
        give_up = time.monotonic() + WAIT_S
        while True:
            try:
                self._owned = take(self._folder, "writing", lambda: 0.0, WAIT_S)
            except HeldError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(LOOK_EVERY_S)
            else:
                return True

    def release(self) -> None:
        """Give it to the next."""
        if self._owned is not None:
            self._owned.release()


@dataclass(frozen=True)
class TakenTrial:
    """A trial that this process runs: its number from 0, and its values by path."""

    number: int
    values: Mapping[str, object]
    owned: Ownership


class SweepTrials:
    """The trials of the sweep in `folder`. Any thread may use it.

    Raises RequestError where its journal cannot be read.
    """

    def __init__(self, folder: SweepFolder, plan: SweepPlan) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.folder, self.plan, self._overs = folder, plan, plan.overs
        with suppress(FileNotFoundError), self._readable():
            check_own(folder.storage, LARGEST_JOURNAL)
            with in_turn(folder.path, "writing", WAIT_S):
                _cut_torn_line(folder.storage)
        with self._readable(), in_turn(folder.path, "opening", WAIT_S):
            backend = JournalFileBackend(str(folder.storage), lock_obj=_Turn(folder.path))
            self._study = optuna.create_study(
                study_name=folder.name,
                storage=optuna.storages.JournalStorage(backend),
                sampler=optuna.samplers.RandomSampler(),
                pruner=_PRUNERS[plan.pruner](),
                direction="maximize",
                load_if_exists=True,
            )
            self._study.get_trials(deepcopy=False)

    @property
    def all(self) -> list[FrozenTrial]:
        """Every trial, in order."""
        return self._study.get_trials(deepcopy=False)

    @property
    def of_grid(self) -> int | None:
        """The number of points of a grid; None for the other samplers."""
        if self.plan.sampler != "grid":
            return None
        points = 1
        for texts in self._grid():
            points *= len(texts)
        return points

    def take(self, total: int) -> TakenTrial | None:
        """A trial to run: one whose process is gone, else a new one while there are fewer than
        `total`; None where there is none.

        Raises HeldError where other processes take very long.
        """
        with in_turn(self.folder.path, "asking", WAIT_S):
            if (left := self._left_by_others()) is not None:
                return left
            known = self._study.get_trials(deepcopy=False)
            waiting = any(trial.state == TrialState.WAITING for trial in known)
            if len(known) >= min(total, self.of_grid or total) and not waiting:
                return None
            self._study.sampler = self._sampler(len(known))
            if self.plan.sampler == "grid" and not waiting:
                self._study.enqueue_trial(self._point(len(known)))
            number = self._study.ask().number
            return self._taken(number, self._own(number))

    def is_all_over(self, total: int) -> bool:
        """Whether `total` trials have ended, whoever ran them."""
        over = sum(trial.state.is_finished() for trial in self.all)
        return over >= min(total, self.of_grid or total)

    def report(self, taken: TakenTrial, step: int, value: float) -> bool:
        """State the accuracy after `step`; whether the trial should be pruned by it."""
        trial = self._trial(taken.number)
        if step not in self.all[taken.number].intermediate_values:
            trial.report(value, step)
        return trial.should_prune()

    def note(self, taken: TakenTrial, **facts: Any) -> None:
        """Keep facts about the trial: its runs, why it failed."""
        trial = self._trial(taken.number)
        for name, value in facts.items():
            trial.set_user_attr(name, value)

    def fact(self, taken: TakenTrial, name: str) -> Any:
        """A fact that was kept about the trial; None where it was not."""
        return self.all[taken.number].user_attrs.get(name)

    def finish(self, taken: TakenTrial, value: float) -> None:
        """End the trial with its accuracy."""
        self._study.tell(taken.number, value)

    def prune(self, taken: TakenTrial) -> None:
        """End the trial as pruned."""
        self._study.tell(taken.number, state=TrialState.PRUNED)

    def fail(self, taken: TakenTrial, reason: str) -> None:
        """End the trial as failed."""
        self.note(taken, error=reason)
        self._study.tell(taken.number, state=TrialState.FAIL)

    def look_at_test(self, number: int, accuracies: list[float]) -> None:
        """Keep that the test images were measured for the trial, with the accuracy of each seed."""
        looks = [*self.test_looks, {"trial": number, "accuracies": accuracies, "at": time.time()}]
        self._study.set_user_attr("test", looks)

    @property
    def test_looks(self) -> list[dict[str, Any]]:
        """Every time that the test images were measured: trial, accuracies, Unix time."""
        return list(self._study.user_attrs.get("test", []))

    def _left_by_others(self) -> TakenTrial | None:
        """A trial that has begun, and whose process is gone."""
        for trial in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            try:
                owned = self._own(trial.number)
            except HeldError:
                continue
            # who ended it meanwhile gave it up too
            if self.all[trial.number].state == TrialState.RUNNING:
                return self._taken(trial.number, owned)
            owned.release()
        return None

    def _taken(self, number: int, owned: Ownership) -> TakenTrial:
        """The trial with all its values: those that it lacks, since its process was killed while it
        asked for them, are drawn now.
        """
        self._study.sampler = self._sampler(number)
        trial = self._trial(number)
        return TakenTrial(
            number, {over.path: _suggested(trial, over) for over in self._overs}, owned
        )

    def _own(self, number: int) -> Ownership:
        """Make this process the one that runs the trial. Raises HeldError."""
        return take(self.folder.path, f"trial-{number}", lambda: self._silent_s(number), SILENT_S)

    def _silent_s(self, number: int) -> float:
        """Seconds since a run of the trial was last written."""
        trial = self.all[number]
        runs = trial.user_attrs.get("runs", {}).values()
        journals = [self.folder.runs_dir / run / "journal.jsonl" for run in runs]
        written = [path.stat().st_mtime for path in journals if path.exists()]
        asked = trial.datetime_start.timestamp() if trial.datetime_start else 0.0
        return float(max(0.0, time.time() - max([*written, asked])))

    def _trial(self, number: int) -> optuna.Trial:
        return optuna.Trial(self._study, self.all[number]._trial_id)

    def _sampler(self, number: int) -> optuna.samplers.BaseSampler:
        """The sampler of one trial: what it draws depends on the sweep's seed, the trial's number
        and the trials before, and not on which process asks.
        """
        seed = random.Random(f"{self.plan.seed}-{number}").getrandbits(32)
        if self.plan.sampler == "tpe":
            return optuna.samplers.TPESampler(seed=seed, constant_liar=True)
        return optuna.samplers.RandomSampler(seed=seed)

    def _grid(self) -> list[tuple[str, ...]]:
        domains = [over.domain for over in self._overs]
        return [domain.texts for domain in domains if isinstance(domain, Choices)]

    def _point(self, number: int) -> dict[str, str]:
        point = next(itertools.islice(itertools.product(*self._grid()), number, None))
        return {over.path: text for over, text in zip(self._overs, point, strict=True)}

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except DAMAGED as error:
            raise damaged(self.folder.storage, error) from error


def damaged(journal: Path, error: BaseException) -> RequestError:
    """Why the journal of a sweep cannot be read, with what to do."""
    return RequestError(
        f"{journal} is damaged ({type(error).__name__}): begin a sweep of another name; the runs"
        " of its trials are as they were"
    )


def _suggested(trial: optuna.Trial, over: Over) -> object:
    domain = over.domain
    if isinstance(domain, Choices):
        return parse_value(trial.suggest_categorical(over.path, domain.texts))
    if isinstance(domain, Real):
        return trial.suggest_float(over.path, domain.low, domain.high, log=domain.log)
    low, high = domain.low, domain.high
    return trial.suggest_int(over.path, low, high, log=domain.log, step=domain.step)


def _cut_torn_line(path: Path) -> None:
    """Remove a last line that a killed process has written half: the next would continue it."""
    with path.open("rb+") as file:
        content = file.read()
        if content and not content.endswith(b"\n"):
            file.truncate(content.rfind(b"\n") + 1)


_PRUNERS: Mapping[Pruner, Callable[[], optuna.pruners.BasePruner]] = {
    "median": lambda: optuna.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS),
    "halving": optuna.pruners.SuccessiveHalvingPruner,
    "none": optuna.pruners.NopPruner,
}
