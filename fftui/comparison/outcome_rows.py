"""The rows of a comparison's outcomes: what the runs' records say of each condition, and the
differences between their accuracies.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fftui.comparison.compared import Condition


@dataclass(frozen=True)
class ConditionOutcome:
    """Of one condition: test accuracy (a fraction) and half of its 95 % interval, seconds of
    learning, joules drawn meanwhile, and most bytes held; means over seeds, of bytes the highest.
    None where it is not known.
    """

    seeds: int
    accuracy: float | None
    half: float | None
    train_s: float | None
    energy_j: float | None
    memory_bytes: float | None


@dataclass(frozen=True)
class AccuracyDifference:
    """One test accuracy less another (fractions), half of its 95 % interval (None: unknown), and
    whether it was taken image by image.
    """

    difference: float
    half: float | None
    paired: bool

    @property
    def is_clear(self) -> bool:
        """Whether its interval leaves out 0."""
        return self.half is not None and abs(self.difference) > self.half


@dataclass(frozen=True)
class Outcomes:
    """The outcome of each condition, and by condition the difference from each other; None where
    one was not measured.
    """

    rows: tuple[ConditionOutcome, ...]
    differences: tuple[tuple[AccuracyDifference | None, ...], ...] = ()

    def difference(self, one: int, other: int) -> AccuracyDifference | None:
        """The accuracy of condition `one` less that of `other`; None where it is not known."""
        return self.differences[one][other] if self.differences else None


def recorded_outcomes(conditions: Sequence[Condition]) -> Outcomes:
    """What the runs' records say, at once: without intervals and differences."""
    return Outcomes(tuple(map(recorded_outcome, conditions)))


def recorded_outcome(condition: Condition) -> ConditionOutcome:
    """What the records of a condition's runs say."""
    records = [run.record for run in condition.runs]
    memory = [each.peak_memory_bytes for each in records if each.peak_memory_bytes is not None]
    return ConditionOutcome(
        len(condition.runs),
        _mean([each.test_accuracy for each in records]),
        None,
        _mean([each.train_s for each in records]),
        _mean([each.energy_j for each in records]),
        max(memory, default=None),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    """The mean of values; None where one is not known."""
    known = [each for each in values if each is not None]
    return math.fsum(known) / len(known) if known and len(known) == len(values) else None
