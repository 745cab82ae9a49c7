"""Exponential means."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fftui.runs.smoothing import smoothed


def test_the_first_mean_is_the_first_value() -> None:
    assert smoothed((3.0, 1.0), 0.5) == pytest.approx((3.0, (0.5 * 3 / 2 + 1 / 2) / 0.75))
    assert smoothed((), 0.9) == ()


def test_gaps_stay_and_are_left_out() -> None:
    found = smoothed((3.0, math.nan, 1.0), 0.5)
    assert math.isnan(found[1])
    assert (found[0], found[2]) == pytest.approx(smoothed((3.0, 1.0), 0.5))


@settings(deadline=None)
@given(
    st.integers(0, 99),
    st.integers(1, 3000),
    st.sampled_from((0.0, 0.3, 0.6, 0.9, 0.999)),
    st.data(),
)
def test_means_are_those_of_a_loop(
    seed: int, count: int, weight: float, data: st.DataObject
) -> None:
    numbers = random.Random(seed)
    values = [numbers.gauss(3, 2) for _ in range(count)]
    for at in data.draw(st.lists(st.integers(0, count - 1), max_size=3)):
        values[at] = numbers.choice((math.nan, math.inf))
    mean, total, means = 0.0, 0.0, []
    for value in values:
        if math.isfinite(value):
            mean, total = weight * mean + (1 - weight) * value, weight * total + (1 - weight)
        means.append(mean / total if math.isfinite(value) else value)
    assert smoothed(values, weight) == pytest.approx(means, rel=1e-12, abs=1e-12, nan_ok=True)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.sampled_from((0.6, 0.9)))
def test_means_lie_between_the_values(values: list[float], weight: float) -> None:
    slack = 1e-6 * max(1.0, *map(abs, values))
    found = smoothed(values, weight)
    assert all(min(values) - slack <= each <= max(values) + slack for each in found)
