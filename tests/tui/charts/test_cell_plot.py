import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fftui.runs import line_points
from fftui.tui.charts.cell_plot import Series, _dots_of, _reduced, _segment, columns, draw
from fftui.tui.charts.fitting import settled, window_for
from fftui.tui.charts.scale import Window, ticks

anything = st.floats(allow_nan=True, allow_infinity=True)
finite = st.floats(-1e6, 1e6)


def series_of(values: list[float]) -> Series:
    return Series("s", tuple((float(x), y) for x, y in enumerate(values)))


def lit_rows(grid: list[list], column: int) -> set[int]:
    return {y for y, row in enumerate(grid) if row[column].char != " "}


@settings(deadline=None)
@given(st.lists(anything, max_size=60), st.integers(0, 30), st.integers(0, 12), st.booleans())
def test_no_values_can_make_a_chart_raise(
    values: list[float], width: int, height: int, braille: bool
) -> None:
    line = series_of(values)
    window = window_for([line], left=0, right=float(len(values)))
    grid = draw([line], window, width, height, braille=braille)
    assert len(grid) == height
    assert all(len(row) == width for row in grid)
    assert all(len(ticks(window.bottom, window.top, parts)) < 40 for parts in (1, 3, 5))


@settings(deadline=None)
@given(st.integers(200, 3000), st.integers(0, 2999), st.booleans())
def test_a_spike_of_one_step_stays_visible(length: int, at: int, braille: bool) -> None:
    values = [1.0] * length
    values[at % length] = 50.0
    line = series_of(values)
    grid = draw(
        [line], window_for([line], left=0, right=length - 1, top=50.0), 40, 8, braille=braille
    )
    assert any(cell.char != " " for cell in grid[0])
    assert any(cell.char != " " for cell in grid[-1])


@settings(deadline=None)
@given(st.lists(finite, min_size=2, max_size=50))
def test_columns_keep_the_smallest_and_the_largest_value(values: list[float]) -> None:
    found = columns(series_of(values), Window(0, len(values) - 1, -1e6, 1e6), 7)
    assert min(c.low for c in found) == min(values)
    assert max(c.high for c in found) == max(values)


def test_a_value_that_is_not_finite_is_a_gap_with_a_mark() -> None:
    whole, torn = (
        series_of([1.0] * 9),
        series_of([1.0, 1.0, 1.0, 1.0, math.nan, math.inf, 1.0, 1.0, 1.0]),
    )
    window = Window(0, 8, 0, 2)
    assert all(lit_rows(draw([whole], window, 9, 3, braille=False), x) for x in range(9))
    drawn = draw([torn], window, 9, 3, braille=False)
    assert [1 in lit_rows(drawn, x) for x in range(9)] == [True] * 4 + [False] * 2 + [True] * 3
    assert [cell.char for cell in drawn[-1]] == [*"    xx   "]


def test_points_far_apart_are_joined() -> None:
    line = Series("s", ((0.0, 0.0), (10.0, 10.0)), sign="*")
    grid = draw([line], Window(0, 10, 0, 10), 11, 11, braille=False)
    assert all(grid[10 - x][x].char == "*" for x in range(11))


def test_dotted_lines_have_gaps_and_later_lines_lie_on_top() -> None:
    dotted = Series("a", ((0.0, 1.0), (20.0, 1.0)), sign=".", dotted=True)
    row = draw([dotted], Window(0, 20, 0, 2), 21, 3, braille=False)[1]
    assert [cell.char for cell in row].count(".") == 7
    over = Series("b", ((0.0, 1.0), (20.0, 1.0)), sign="+", style="accent")
    row = draw([dotted, over], Window(0, 20, 0, 2), 21, 3, braille=False)[1]
    assert {cell.char for cell in row} == {"+"}


def test_braille_uses_all_eight_dots_of_a_cell() -> None:
    steep = Series("s", ((0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0)))
    assert draw([steep], Window(0, 1, 0, 1), 1, 1, braille=True)[0][0].char == "\u28ff"


@given(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300))
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    if low < high:
        found = ticks(low, high, 4)
        assert found
        extent = high / 2 - low / 2
        assert all(low - extent * 1e-6 <= t <= high + extent * 1e-6 for t in found)


def test_tick_values_are_what_people_expect() -> None:
    assert ticks(0, 30, 3) == [0, 10, 20, 30]
    assert ticks(85, 100, 3) == [85, 90, 95, 100]


def test_values_off_the_scale_are_not_drawn_on_its_edge() -> None:
    line = series_of([5.0, 5.0, -50.0, -50.0, -50.0, 5.0, 5.0])
    grid = draw([line], Window(0, 6, 0, 10), 7, 5, braille=False)
    assert lit_rows(grid, 3) == set()
    assert lit_rows(grid, 0) == {2}
    flat = series_of([20.0] * 7)
    assert not any(
        lit_rows(draw([flat], Window(0, 6, 0, 10), 7, 5, braille=True), x) for x in range(7)
    )


def test_two_lines_on_each_other_are_both_seen() -> None:
    one = Series("g+", ((0.0, 1.0), (20.0, 1.0)), "accent", "+")
    other = Series("g-", ((0.0, 1.0), (20.0, 1.0)), "second", "-")
    for braille in (False, True):
        row = draw([other, one], Window(0, 20, 0, 2), 21, 3, braille=braille)[1]
        styles = [cell.style for cell in row]
        assert {styles.count("accent"), styles.count("second")} == {10, 11}


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 99), st.integers(1, 60))
def test_many_points_are_reduced_as_few_are(seed: int, dots: int) -> None:
    numbers = random.Random(seed)
    values = [
        math.nan if numbers.random() < 0.05 else numbers.gauss(0, 1) for _ in range(dots * 40)
    ]
    line, window = series_of(values), Window(3.0, dots * 40 - 5.0, -9, 9)
    many = columns(line, window, dots)
    few = _reduced([], line, 3, dots * 40 - 4, window, dots)
    assert [(c.low, c.high) for c in many] and min(c.low for c in many) == min(c.low for c in few)
    assert max(c.high for c in many) == max(c.high for c in few)
    assert {c.index for c in many} <= set(range(dots))


def test_the_first_point_does_not_fix_the_scale() -> None:
    line = series_of([1000.0, *[1.0] * 9])
    assert max(settled([line])[0].ys) == 1.0
    short = series_of([1000.0, 1.0])
    assert settled([short]) == [short]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 99), st.integers(1, 300), st.integers(1, 90), st.sampled_from((1, 4)))
def test_dots_are_those_of_each_stroke_by_itself(
    seed: int, points: int, across: int, down: int
) -> None:
    numbers = random.Random(seed)
    line = series_of(
        [numbers.choice((math.nan, *[numbers.gauss(0, 2)] * 9)) for _ in range(points)]
    )
    window = Window(0.0, float(max(1, points - 1)), -2.0, 2.0)
    row, before, found = window.rows(down), None, [0] * across
    for column in columns(line, window, across):
        strokes = [(column.index, row(column.high), row(column.low))]
        if column.joined and before is not None:
            strokes += _segment(before.index, row(before.last), column.index, row(column.first))
        for x, high, low in strokes:
            if low >= 0 and high < down:
                found[x] |= (2 << min(low, down - 1)) - (1 << max(high, 0))
        before = column
    assert _dots_of(line, window, across, down) == found


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 99),
    st.integers(1, 300),
    st.integers(1, 90),
    st.sampled_from((1, 5, 80)),
    st.booleans(),
)
def test_a_line_of_many_points_has_the_dots_of_one_of_few(
    seed: int, points: int, across: int, down: int, log: bool
) -> None:
    numbers = random.Random(seed)
    at, places = 0.0, []
    for _ in range(points):
        at += numbers.choice((0.0, 0.1, 1.0, 30.0))
        places.append((at, numbers.lognormvariate(0, 1)))
    window = Window(at * 0.1, at * 0.9 + 1, 0.2, 4.0, log)
    few, many = (Series("s", tuple(places)) for _ in range(2))
    with pytest.MonkeyPatch.context() as patched:
        dots = _dots_of(few, window, across, down)
        patched.setattr(line_points, "MANY", 0)
        assert _dots_of(many, window, across, down) == dots
