"""A sweep in plain values, as screens and tables show it: its trials, the best one, and how much
each setting matters. Accuracies are fractions of 1.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from fftui.sweeps.over import Choices, Domain, Over
from fftui.text import format as fmt

TrialState = Literal["finished", "pruned", "failed", "running", "interrupted", "begun", "waiting"]

LEAST_FINISHED = 10  # trials for importance


@dataclass(frozen=True)
class TrialFacts:
    """A trial, `number` from 0. `values` stand in the order of the sweep's settings (None: not
    drawn yet). `accuracy` is that on validation images, the mean over seeds, of a pruned trial the
    last measured; `latest` the newest of a trial that goes on. `best_so_far` is None before the
    first trial has finished, `test` where the test images were not measured for it.
    """

    number: int
    state: TrialState
    values: tuple[object, ...]
    accuracy: float | None = None
    latest: float | None = None
    best_so_far: float | None = None
    test: float | None = None
    measured: int = 0  # times that the pruner was given an accuracy
    seconds: float | None = None
    runs: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class Importance:
    """How much each setting matters, in the order of the settings, the sum 1: shares of PED-ANOVA,
    which asks by what the best `best` of `of` finished trials differ from all of them.
    """

    shares: tuple[float, ...]
    best: int
    of: int


@dataclass(frozen=True)
class SweepFacts:
    """A sweep at one moment. `importance` is None while too few trials have finished."""

    name: str
    preset: str
    data: str
    sampler: str
    seeds: int
    overs: tuple[Over, ...]
    searched: tuple[str, ...]  # the settings as `--over` was given them
    trials: tuple[TrialFacts, ...] = ()
    test_looks: int = 0
    importance: Importance | None = None

    @property
    def best(self) -> TrialFacts | None:
        """The finished trial with the best accuracy, of equal ones the first; None where none has
        finished.
        """
        return best_of(self.trials)

    def count(self, *states: TrialState) -> int:
        """The number of trials in these states."""
        return sum(each.state in states for each in self.trials)


def best_of(trials: Iterable[TrialFacts]) -> TrialFacts | None:
    """The finished trial with the best accuracy, of equal ones the first; None where none has
    finished.
    """
    done = [each for each in trials if each.state == "finished"]
    return max(done, key=lambda each: (each.accuracy or 0.0, -each.number), default=None)


def place(domain: Domain, value: object) -> float | None:
    """Where `value` lies among those that a setting may have, from 0 to 1; None where it is none of
    them.
    """
    if isinstance(domain, Choices):
        text = str(value)
        return domain.texts.index(text) / (len(domain.texts) - 1) if text in domain.texts else None
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    at, low, high = float(value), float(domain.low), float(domain.high)
    if domain.log and at > 0:
        at, low, high = math.log(at), math.log(low), math.log(high)
    return min(1.0, max(0.0, (at - low) / (high - low)))


def ends(domain: Domain) -> tuple[str, str]:
    """The least and the greatest value of a setting as text; of choices the first and the last."""
    if isinstance(domain, Choices):
        return domain.texts[0], domain.texts[-1]
    return value_text(domain.low), value_text(domain.high)


def value_text(value: object) -> str:
    """A setting's value as text; a dash where there is none."""
    if value is None:
        return fmt.MISSING
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def short_paths(paths: Sequence[str]) -> tuple[str, ...]:
    """The paths of settings as names for columns: their last parts, as many as tell them apart."""
    parts = [path.split(".") for path in paths]
    for length in range(1, max(map(len, parts), default=1)):
        names = [".".join(each[-length:]) for each in parts]
        if len(set(names)) == len(names) and not any(each[0].isdigit() for each in names):
            return tuple(names)
    return tuple(paths)
