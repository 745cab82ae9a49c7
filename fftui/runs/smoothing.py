"""Exponential means of a line's values."""

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, repeat
from operator import truediv


def smoothed(values: Sequence[float], weight: float) -> tuple[float, ...]:
    """Exponential means of values without a bias towards the first one; `weight` is that of the
    mean so far. Values that are not finite stay, and leave the means as they were.
    """
    if not math.isfinite(sum(values)):
        return _with_gaps(values, weight)
    rest = 1 - weight
    weighted = [rest * value for value in values]
    means = accumulate(weighted, lambda mean, value: weight * mean + value)
    return tuple(map(truediv, means, _totals(len(values), weight)))


@lru_cache(maxsize=8)
def _totals(count: int, weight: float) -> tuple[float, ...]:
    """The sum of the weights up to each of so many values: the same for all lines of a chart."""
    rest = 1 - weight
    return tuple(accumulate(repeat(rest, count), lambda total, rest: weight * total + rest))


def _with_gaps(values: Sequence[float], weight: float) -> tuple[float, ...]:
    mean, total, found = 0.0, 0.0, []
    for value in values:
        if math.isfinite(value):
            mean, total = weight * mean + (1 - weight) * value, weight * total + (1 - weight)
            found.append(mean / total)
        else:
            found.append(value)
    return tuple(found)
