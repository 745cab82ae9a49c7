import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fftui.runs import line_points
from fftui.runs.curve_metrics import RunCurve
from fftui.runs.line_points import MANY, Points
from fftui.runs.smoothing import smoothed

any_points = st.lists(st.floats(-1e9, 1e9), max_size=40)


@settings(deadline=None)
@given(any_points, st.floats(-1, 41), st.floats(-1, 41), st.sampled_from((-math.inf, 0.0)))
def test_the_extent_of_many_points_is_that_of_few(
    values: list[float], left: float, right: float, over: float
) -> None:
    xs = tuple(map(float, range(len(values))))
    inside = [y for x, y in zip(xs, values, strict=True) if left <= x <= right and y > over]
    expected = (min(inside), max(inside)) if inside else ()
    assert Points(xs, tuple(values)).extent(left, right, over) == expected
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(line_points, "MANY", -1)
        assert Points(xs, tuple(values)).extent(left, right, over) == expected


def test_values_that_are_not_finite_have_no_extent() -> None:
    torn = Points((1.0, 2.0, 3.0, 4.0), (math.nan, 2.0, math.inf, 1.0))
    assert torn.extent(0, 9, -math.inf) == (1.0, 2.0)
    assert not Points(torn.xs * MANY, torn.ys * MANY).is_many


def test_smoothed_points_stay_where_they_are() -> None:
    numbers = random.Random(0)
    raw = Points(tuple(map(float, range(50))), tuple(numbers.random() for _ in range(50)))
    found = raw.smoothed(0.6)
    assert found.xs is raw.xs
    assert found.ys == smoothed(raw.ys, 0.6)
    assert found.arrays.ys_N.tolist() == list(found.ys)
    assert found.arrays.xs_N is raw.arrays.xs_N


def test_the_points_of_a_curve_are_made_once_for_each_axis() -> None:
    curve = RunCurve((1.0, 2.0), (10.0, 20.0), (0.5, 1.0), (3.0, 4.0))
    assert curve.points("step") is curve.points("step")
    assert [*curve.points("step")] == [(10.0, 3.0), (20.0, 4.0)]
    assert [*curve.points("seconds")] == [(0.5, 3.0), (1.0, 4.0)]
    assert curve == RunCurve((1.0, 2.0), (10.0, 20.0), (0.5, 1.0), (3.0, 4.0))
