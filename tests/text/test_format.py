import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.errors import RequestError
from fftui.text import format as fmt


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (23.1251, "23.13"),
        (0.32349, "0.323"),
        (0.0, "0.000"),
        (-0.2712, "-0.271"),
        (1234.5, "1234"),
        (None, "–"),
    ],
)
def test_numbers(value: float | None, text: str) -> None:
    assert fmt.number(value) == text


@given(st.floats(allow_nan=True, allow_infinity=True) | st.none())
def test_numbers_fit_their_columns(value: float | None) -> None:
    text = fmt.number(value)
    assert len(text) <= 8
    assert (text == fmt.MISSING) == (value is None or not math.isfinite(value))


@given(st.floats(allow_nan=True, allow_infinity=True) | st.none())
def test_nothing_raises(value: float | None) -> None:
    for write in (
        fmt.percent,
        fmt.duration,
        fmt.roughly,
        fmt.size,
        fmt.count,
        fmt.short,
        fmt.clock,
    ):
        assert write(value)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.42, "0.42 s"),
        (3.14, "3.1 s"),
        (42.2, "42 s"),
        (59.6, "1:00"),
        (133, "2:13"),
        (3733, "1:02:13"),
        (None, "–"),
    ],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert fmt.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "~"),
        (0.2, "~1 s"),
        (22, "~20 s"),
        (250, "~4 min"),
        (9000, "~2.5 h"),
        (7_500_000, "~87 days"),
    ],
)
def test_estimates_are_marked_as_such(seconds: float | None, text: str) -> None:
    assert fmt.roughly(seconds) == text


@pytest.mark.parametrize(
    ("joules", "text"),
    [
        (0.0123, "12.3 mJ"),
        (840.2, "840 J"),
        (999.9, "1.00 kJ"),
        (4.5e6, "4.50 MJ"),
        (2e-6, "2.00 µJ"),
        (0, "0.00 J"),
        (None, "–"),
    ],
)
def test_energies(joules: float | None, text: str) -> None:
    assert fmt.energy(joules) == text


@pytest.mark.parametrize(
    ("count", "text"), [(312e6, "312 MB"), (4.1e9, "4.1 GB"), (2e12, "2.0 TB"), (500, "0 kB")]
)
def test_sizes(count: float, text: str) -> None:
    assert fmt.size(count) == text


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("10m", 600), ("1.5h", 5400), (" 20 ", 20)]
)
def test_times_are_read(text: str, seconds: float) -> None:
    assert fmt.parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "10 x", "-1s", "0", "nan", "inf", "1e999h"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="such as 90s or 10m"):
        fmt.parse_duration(text)
