"""Exponential means of a line's values. Nothing here loads NumPy before the first line."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]


def smoothed(values: Sequence[float], weight: float) -> tuple[float, ...]:
    """Exponential means of values without a bias towards the first one; `weight` is that of the
    mean so far, from 0 to under 1. Values that are not finite stay, and leave the means as they
    were.
    """
    import numpy as np  # noqa: PLC0415 - see above

    return tuple(exponential_means(np.array(values, dtype=np.float64), weight).tolist())


def exponential_means(values_N: "Reals", weight: float) -> "Reals":
    """As `smoothed`, of an array."""
    import numpy as np  # noqa: PLC0415 - see above

    means_N, finite_N = values_N.copy(), np.isfinite(values_N)
    sums_F = _weighted_sums(values_N[finite_N], weight)
    means_N[finite_N] = sums_F / _totals(len(sums_F), weight)
    return means_N


@lru_cache(maxsize=8)
def _totals(count: int, weight: float) -> "Reals":
    """The sum of the weights up to each of so many values: the same for all lines of a chart."""
    import numpy as np  # noqa: PLC0415 - see above

    return 1 - weight ** np.arange(1.0, count + 1)


def _weighted_sums(values_N: "Reals", weight: float) -> "Reals":
    """The sum up to each value, those before it weighted less and less: each pass adds as many more
    of them as there are already, until their weight is nothing.
    """
    sums_N, added, passed = (1 - weight) * values_N, 1, weight
    while added < len(sums_N) and passed > 0:
        sums_N[added:] += passed * sums_N[:-added]
        added, passed = 2 * added, passed * passed
    return sums_N
