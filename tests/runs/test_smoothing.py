"""Exponential means."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.runs.smoothing import smoothed


def test_the_first_mean_is_the_first_value() -> None:
    assert smoothed((3.0, 1.0), 0.5) == pytest.approx((3.0, (0.5 * 3 / 2 + 1 / 2) / 0.75))
    assert smoothed((), 0.9) == ()


def test_gaps_stay_and_are_left_out() -> None:
    found = smoothed((3.0, math.nan, 1.0), 0.5)
    assert math.isnan(found[1])
    assert (found[0], found[2]) == pytest.approx(smoothed((3.0, 1.0), 0.5))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.sampled_from((0.6, 0.9)))
def test_means_lie_between_the_values(values: list[float], weight: float) -> None:
    slack = 1e-6 * max(1.0, *map(abs, values))
    found = smoothed(values, weight)
    assert all(min(values) - slack <= each <= max(values) + slack for each in found)
