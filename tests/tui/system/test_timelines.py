"""Timelines: fixed scales, missing values, spikes, and the marks between layers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui import events as ev
from fftui.runs.history import METRICS, Bucket, Range
from fftui.runs.view import RunView
from fftui.tui.glyphs import ASCII, UNICODE, Glyphs
from fftui.tui.system.per_second import PerSecondMax
from fftui.tui.system.timelines import (
    area,
    extents_of,
    fill_width,
    newest_columns,
    stage_changes,
    with_marks,
)

GPU = "gpu_utilization_percent"
both_kinds = pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])


def bucket(
    low: float | None, high: float | None = None, samples: int = 1, layer: int | None = 1
) -> Bucket:
    ranges: list[Range | None] = [None] * len(METRICS)
    if low is not None:
        high = low if high is None else high
        ranges[METRICS.index(GPU)] = Range(low, high, low + high, 2)
    return Bucket(0.0, (None if layer is None else 1, layer), samples, tuple(ranges))


def drawn(
    *ranges: tuple[float | None, float | None], height: int = 3, glyphs: Glyphs = UNICODE
) -> list[str]:
    return area(extents_of([bucket(*pair) for pair in ranges], GPU), 100.0, height, glyphs)


def view_with(*metrics: dict[str, Any], hz: float = 1.0) -> RunView:
    view = RunView().after(0.0, ev.MachineDescribed(hz, 2, 8_000_000_000))
    for number, values in enumerate(metrics):
        view = view.after(
            float(number), ev.TelemetrySampled(1, values.pop("layer", 1), 1, **values)
        )
    return view


def second_by_second(view: RunView, width: int = 4) -> str:
    per_second = PerSecondMax()
    per_second.add_samples(view)
    highest = per_second.highest(GPU, width)
    extents = [None if value is None else (value, value) for value in highest]
    return area(extents, 100.0, 1, UNICODE)[0].rjust(width)


@both_kinds
def test_always_busy_is_full_always_idle_is_nearly_nothing_and_half_is_half(glyphs: Glyphs) -> None:
    full, nothing = ("⣿", "⣀") if glyphs.braille else ("@", ".")
    assert drawn((100, 100), (100, 100), height=4, glyphs=glyphs) == [full * 2] * 4
    assert drawn((0, 0), (0, 0), height=4, glyphs=glyphs) == ["  ", "  ", "  ", nothing * 2]
    assert drawn((50, 50), (50, 50), height=4, glyphs=glyphs) == ["  ", "  ", full * 2, full * 2]


def test_one_row_shows_the_highest() -> None:
    assert drawn((0, 100), (0, 50), (0, 0), (None, None), height=1) == ["█▄▁ "]


@both_kinds
def test_from_the_lowest_to_the_highest_value_it_is_shaded(glyphs: Glyphs) -> None:
    (upper,), (lower,) = drawn((50, 100), height=2, glyphs=glyphs)
    assert lower == drawn((50, 50), height=2, glyphs=glyphs)[1]
    assert upper not in (" ", lower)


@given(st.integers(0, 599))
def test_a_spike_of_one_sample_is_seen_over_the_whole_run(before: int) -> None:
    columns, _ = fill_width(
        [*[bucket(0)] * before, bucket(0, 100), *[bucket(0)] * (599 - before)], 20
    )
    top, *_ = area(extents_of(columns, GPU), 100.0, 3, UNICODE)
    assert len(top) == 20
    assert sum(sign != " " for sign in top) == 1


def test_a_spike_is_seen_after_buckets_were_made_one() -> None:
    view = view_with(*({GPU: 100.0 if n == 777 else 0.0} for n in range(12_000)))
    assert len(view.history.all) < 1000
    columns, _ = fill_width(view.history.all, 30)
    assert sum(sign != " " for sign in area(extents_of(columns, GPU), 100.0, 3, UNICODE)[0]) == 1


metric_value = st.none() | st.floats(allow_nan=True, allow_infinity=True)


@given(
    st.lists(
        st.tuples(metric_value, metric_value, st.integers(1, 20), st.integers(1, 3) | st.none()),
        max_size=80,
    ),
    st.integers(8, 60),
    st.integers(1, 5),
    st.sampled_from([UNICODE, ASCII]),
    st.floats(0, 1e12),
)
def test_a_timeline_fills_its_room_and_more_is_never_drawn_lower(
    samples, width, height, glyphs, top
) -> None:
    buckets = [
        bucket(*(sorted((a, b)) if None not in (a, b) else (a, b)), n, layer)
        for a, b, n, layer in samples
    ]
    columns, marks = fill_width(buckets, width)
    assert len(columns) + len(marks) <= width
    assert not samples or len(columns) >= width * 3 / 4 - 1
    rows = area(extents_of(columns, GPU), top, height, glyphs)
    assert [len(row) for row in rows] == [len(columns)] * height
    heights = [sum(row[n] != " " for row in rows) for n in range(len(columns))]
    known = [
        (seen.high, drawn)
        for c, drawn in zip(columns, heights, strict=True)
        if (seen := c.of(GPU)) and drawn
    ]
    assert [drawn for _, drawn in sorted(known)] == sorted(drawn for _, drawn in known)
    spans = with_marks(rows[0], marks, "|", "dim")
    assert len("".join(text for text, _ in spans)) == len(columns) + len(marks)
    assert "".join(text for text, style in spans if style == "dim") == rows[0]


def test_a_layer_that_begins_is_marked_and_no_column_lies_under_the_mark() -> None:
    stages = [(None, None), (1, 1), (1, 1), (None, None), (1, 2), (1, 2)]
    assert stage_changes(stages) == [1, 4]
    spans = with_marks("abcdef", [1, 4], "|", "dim")
    assert "".join(text for text, _ in spans) == "a|bcd|ef"
    assert [style for text, style in spans if text == "|"] == ["accent", "accent"]
    assert newest_columns(stages, 8) == (6, [1, 4])
    longer = [*stages[:1], *[(1, 1)] * 5, *[(1, 2)] * 5]
    assert newest_columns(longer, 13) == (11, [1, 6])
    assert newest_columns(longer, 11) == (10, [5])  # the idle sample before the run has no room


def test_where_layers_change_all_the_time_their_marks_give_way() -> None:
    stages = [(1, n % 7) for n in range(5000)]
    assert newest_columns(stages, 40) == (40, [])
    columns, marks = fill_width([bucket(50, layer=n) for n in range(5000)], 40)
    assert (len(columns), marks) == (40, [])


def test_a_second_shows_its_highest_value_and_never_moves() -> None:
    metrics = [{GPU: 100.0 if n % 10 == 3 else 0.0} for n in range(40)]
    assert second_by_second(view_with(*map(dict, metrics), hz=10)) == "████"
    earlier = second_by_second(view_with(*map(dict, metrics[:35]), hz=10), 8)
    assert earlier == second_by_second(view_with(*map(dict, metrics), hz=10), 8)
    assert second_by_second(view_with({GPU: 100.0}, {}, {GPU: float("nan")}, {GPU: 0.0})) == "█  ▁"
    assert second_by_second(view_with({GPU: float("nan")}, {GPU: 100.0}, hz=2)) == "   █"


def test_each_sample_is_added_once_and_a_restarted_run_is_shown_from_its_beginning() -> None:
    per_second, view = PerSecondMax(), view_with(*[{GPU: 100.0}] * 3)
    for _ in range(2):
        per_second.add_samples(view)
        assert list(per_second.highest(GPU, 10)) == [100.0] * 3
    later = view.after(3.0, ev.TelemetrySampled(1, 2, 1, gpu_utilization_percent=7.0))
    per_second.add_samples(later)
    assert list(per_second.highest(GPU, 2)) == [100.0, 7.0]
    assert per_second.stages[-1] == (1, 2)
    per_second.add_samples(view_with({GPU: 5.0}))
    assert list(per_second.highest(GPU, 10)) == [5.0]


@pytest.mark.parametrize("hz", [float("inf"), float("nan"), 0.0, 1e-9])
def test_odd_rates_are_a_sample_a_column(hz: float) -> None:
    assert second_by_second(view_with(*[{GPU: 100.0}] * 4, hz=hz)) == "████"
