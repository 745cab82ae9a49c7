import math

from hypothesis import given
from hypothesis import strategies as st

from fftui.tui.charts.scale import Window, log_ticks


def test_a_logarithmic_scale_gives_each_power_of_ten_the_same_room() -> None:
    window = Window(0, 1, 0.001, 1000, log=True)
    assert [window.row(y, 7) for y in (1000, 100, 10, 1, 0.1, 0.01, 0.001)] == [*range(7)]
    assert window.rows(7)(0.0) == 7
    assert window.rows(7)(-1.0) == 7
    assert window.rows(7)(1e9) == -1


@given(st.floats(1e-9, 1e9), st.floats(1.01, 1e12), st.integers(2, 6))
def test_logarithmic_ticks_are_inside(low: float, times: float, parts: int) -> None:
    found = log_ticks(low, low * times, parts)
    assert len(found) >= 2
    assert all(low * 0.999 <= each <= low * times * 1.001 for each in found)
    assert len(found) <= 3 * parts + 3


def test_a_column_leads_back_to_its_x() -> None:
    window = Window(10, 20, 0, 1)
    assert all(window.column(window.x(c, 41), 41) == c for c in range(41))
    assert math.isclose(window.x(40, 41), 20)
