"""Exponential means of a line's values."""

import math
from collections.abc import Sequence
from itertools import accumulate


def smoothed(values: Sequence[float], weight: float) -> tuple[float, ...]:
    """Exponential means of values without a bias towards the first one; `weight` is that of the
    mean so far. Values that are not finite stay, and leave the means as they were.
    """
    if not math.isfinite(sum(values)):
        return _with_gaps(values, weight)
    rest = 1 - weight
    means = accumulate(values, lambda mean, value: weight * mean + rest * value, initial=0.0)
    totals = accumulate(values, lambda total, _: weight * total + rest, initial=0.0)
    both = zip(means, totals, strict=True)
    next(both)
    return tuple([mean / total for mean, total in both])


def _with_gaps(values: Sequence[float], weight: float) -> tuple[float, ...]:
    mean, total, found = 0.0, 0.0, []
    for value in values:
        if math.isfinite(value):
            mean, total = weight * mean + (1 - weight) * value, weight * total + (1 - weight)
            found.append(mean / total)
        else:
            found.append(value)
    return tuple(found)
