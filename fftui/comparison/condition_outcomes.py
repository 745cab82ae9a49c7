"""What came out of each condition: accuracy with its interval, time, energy and memory; and the
differences between their accuracies, image by image where both were measured on the same ones.

An interval of one run is that of the test images alone; of several seeds that of images and seeds.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fftui.claims.estimates import Accuracies, Estimate
from fftui.comparison.compared import ComparedRun, Condition
from fftui.comparison.outcome_rows import (
    AccuracyDifference,
    ConditionOutcome,
    Outcomes,
    recorded_outcome,
)
from fftui.experiment import Experiment
from fftui.runs.growing_tables import GrowingTables
from fftui.runs.rightness import Flags, correct_images


@dataclass(frozen=True)
class Measured:
    """What a finished run was measured to label rightly: the fraction of so many test images, and
    which of them (None: not kept).
    """

    accuracy: float
    images: int
    correct_N: Flags | None


def measured_of(tables: GrowingTables) -> Measured | None:
    """The last measurement of a run at its end on the test images; None where there is none.
    Raises OSError.
    """
    found = tables.table("evaluations")
    at_the_end = found.filter(found["final"] & (found["split"] == "test"))
    for row in reversed(at_the_end.rows(named=True)):
        if sum(row["class_images"] or ()):
            images = sum(row["class_images"])
            return Measured(row["accuracy"], images, correct_images(tables.folder))
    return None


def outcomes_of(conditions: Sequence[Condition], measured: dict[str, Measured | None]) -> Outcomes:
    """The outcomes with intervals, from what the run of each letter was measured to label
    rightly.
    """
    accuracies = [_accuracies(condition, measured) for condition in conditions]
    rows = tuple(
        _outcome(condition, accuracy)
        for condition, accuracy in zip(conditions, accuracies, strict=True)
    )
    differences = tuple(
        tuple(
            None
            if one is other or a is None or b is None
            else _difference(a, b, same_images=_have_same_images((*one.runs, *other.runs)))
            for other, b in zip(conditions, accuracies, strict=True)
        )
        for one, a in zip(conditions, accuracies, strict=True)
    )
    return Outcomes(rows, differences)


def _outcome(condition: Condition, accuracies: Accuracies | None) -> ConditionOutcome:
    row = recorded_outcome(condition)
    if accuracies is None:
        return row
    several = len(accuracies.by_seed) > 1
    estimate = accuracies.estimate if several else accuracies.by_images
    return ConditionOutcome(
        row.seeds, estimate.mean, _half(estimate), row.train_s, row.energy_j, row.memory_bytes
    )


def _accuracies(condition: Condition, measured: dict[str, Measured | None]) -> Accuracies | None:
    """The accuracies of a condition, one a seed; None where a seed has none."""
    found = [measured.get(run.letter) for run in condition.runs]
    known = [each for each in found if each is not None]
    if len(known) < len(found):
        return None
    images = min(each.images for each in known)
    bits = [each.correct_N for each in known if each.correct_N is not None]
    together = len(bits) == len(known) and _have_same_images(condition.runs)
    same_length = len({len(each) for each in bits}) == 1
    correct_SN = np.stack(bits) if together and same_length else None
    return Accuracies(tuple(each.accuracy for each in known), images, correct_SN)


def _difference(one: Accuracies, other: Accuracies, *, same_images: bool) -> AccuracyDifference:
    """Between single runs the interval is that of the images alone, between several seeds of each
    that of both; between one run and several seeds it is not known.
    """
    a, b = (one, other) if same_images else map(_without_bits, (one, other))
    single = len(a.by_seed) == len(b.by_seed) == 1
    estimate = a.minus_by_images(b) if single else a - b
    paired = same_images and a.correct_SN is not None and b.correct_SN is not None
    return AccuracyDifference(estimate.mean, _half(estimate), paired)


def _without_bits(accuracies: Accuracies) -> Accuracies:
    return Accuracies(accuracies.by_seed, accuracies.images)


def _half(estimate: Estimate) -> float | None:
    half = estimate.half()
    return half if math.isfinite(half) else None


def _have_same_images(runs: Sequence[ComparedRun]) -> bool:
    """Whether all runs were measured on the same test images in the same order: all of one data
    set, or a subset of it drawn by one seed.
    """
    sets = {None if e is None else _test_images(e) for e in (run.experiment for run in runs)}
    return len(sets) == 1 and None not in sets


def _test_images(experiment: Experiment) -> tuple[object, ...]:
    data = experiment.data
    seed = None if data.test_images is None else experiment.seed
    return data.name, data.own and data.own.hash, data.test_images, seed
