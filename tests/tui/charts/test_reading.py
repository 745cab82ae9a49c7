from collections.abc import Callable
from dataclasses import replace

import pytest

from fftui.runs.view import RunView
from fftui.tui.charts.accuracy_chart import accuracy_chart
from fftui.tui.charts.cell_plot import Series
from fftui.tui.charts.chart_spec import ChartSpec
from fftui.tui.charts.epoch_axis import RunClock
from fftui.tui.charts.fitting import window_for
from fftui.tui.charts.goodness_chart import goodness_chart
from fftui.tui.charts.reading import (
    AS_IT_IS,
    CHOICES,
    Reading,
    following,
    nearest_point,
    next_point,
    panned,
    read_chart,
    zoomed,
)

WHOLE = (1.0, 80.0)


def spec_of(*values: float, offset: float = 0.0) -> ChartSpec:
    line = Series("loss", tuple((float(n), y) for n, y in enumerate(values, 1)), "accent")
    return ChartSpec((line,), window_for([line], left=1, right=len(values)), offset=offset)


def test_without_choices_a_chart_is_drawn_as_it_is() -> None:
    spec = spec_of(3.0, 2.0, 1.0)
    assert read_chart(spec, AS_IT_IS, RunClock()) is spec
    note = ChartSpec(note="nothing yet")
    assert read_chart(note, Reading(log=True), RunClock()) is note


def test_the_cursor_steps_through_the_points_of_all_charts(view_of: Callable[..., RunView]) -> None:
    view = view_of(until=(2, 5))
    layer, whole = goodness_chart(view, view.layers[1]), accuracy_chart(view, view.layers[1])
    specs = [layer, whole]
    assert next_point(specs, None, -1) == 25
    assert next_point(specs, 25, -1) == 24
    assert next_point(specs, 25, 1) == 25
    assert next_point(specs, 21, -1) == 20  # in the layer before: only accuracy has a point there
    assert nearest_point([layer], 3.0) == 21
    read = [read_chart(each, Reading(cursor=24), RunClock()) for each in specs]
    assert [each.cursor for each in read] == [4, 24]
    values = {line.name: value for line, value in read[0].labelled}
    assert values["g⁺"] == view.layers[1].history[3].goodness_positive
    assert values["θ"] == 15
    assert next_point([ChartSpec()], None, 1) is None
    assert nearest_point([ChartSpec()], 3) is None


def test_zooming_keeps_the_cursor_in_sight_and_ends_at_the_whole() -> None:
    reading = zoomed(Reading(cursor=10), WHOLE, 0.5)
    assert reading.span is not None
    assert reading.span[0] <= 10 <= reading.span[1]
    assert reading.span[1] - reading.span[0] == 39.5
    for _ in range(20):
        reading = zoomed(reading, WHOLE, 0.5)
    assert reading.span is not None
    assert reading.span[1] - reading.span[0] == 2
    for _ in range(20):
        reading = zoomed(reading, WHOLE, 2)
    assert reading.span is None


def test_panning_stops_at_the_ends() -> None:
    assert panned(AS_IT_IS, WHOLE, 0.25) == AS_IT_IS
    reading = Reading(span=(10, 30))
    assert panned(reading, WHOLE, 0.25).span == (15, 35)
    assert panned(reading, WHOLE, 99).span == (60, 80)
    assert panned(reading, WHOLE, -99).span == (1, 21)
    assert following(replace(reading, cursor=33.0)).span == (13, 33)


def test_a_part_is_drawn_on_its_own_scale() -> None:
    spec = spec_of(*[1000.0] * 10, *[1.0, 2.0] * 5)
    window = read_chart(spec, Reading(span=(11, 20)), RunClock()).window
    assert (window.left, window.right) == (11, 20)
    assert window.top <= 2.5
    other = read_chart(spec, Reading(span=(50, 60)), RunClock()).window
    assert (other.left, other.right) == (1, 20)  # none of its epochs: all of it


def test_the_newest_epochs_move_on() -> None:
    spec = spec_of(*map(float, range(100)))
    window = read_chart(spec, Reading(recent=True), RunClock()).window
    assert (window.left, window.right) == (70, 100)


@pytest.mark.parametrize("values", [(0.0, -1.0), (1e-9, 1e9), (0.0, 5.0), (3.0, 3.0)])
def test_a_logarithmic_scale_needs_values_over_zero(values: tuple[float, ...]) -> None:
    reading = Reading(log=True)
    window = read_chart(spec_of(*values), reading, RunClock()).window
    assert window.log == any(value > 0 for value in values)
    assert reading.title(window) == ("log" if window.log else "not log: nothing is over 0")
    assert not window.log or 0 < window.bottom < window.top


def test_a_smoothed_line_lies_over_the_faint_raw_one() -> None:
    spec = spec_of(*[0.0, 1.0] * 20)
    raw, mean = read_chart(spec, Reading(smoothing=0.9), RunClock()).series
    assert (raw.name, raw.style, raw.points) == ("loss", "faint", spec.series[0].points)
    assert (mean.name, mean.style) == ("loss~", "accent")
    assert mean.ys[0] == 0.0  # no bias towards the first value
    assert all(0.3 < y < 0.7 for y in mean.ys[-5:])
    labels = [
        line.name for line, _ in read_chart(spec, Reading(smoothing=0.9), RunClock()).labelled
    ]
    assert labels == ["loss~"]


def test_points_stand_where_their_steps_and_seconds_are(view_of: Callable[..., RunView]) -> None:
    view = view_of(until=(2, 5))
    clock, spec = RunClock.of(view), goodness_chart(view, view.layers[1])
    by_step = read_chart(spec, Reading(x="step", cursor=25), clock)
    assert by_step.unit == "step"
    assert by_step.series[-1].xs == (840, 880, 920, 960, 1000)
    assert by_step.cursor == 1000
    assert read_chart(spec, Reading(x="step"), RunClock()).unit == "epoch"


def test_every_choice_comes_back_to_the_start() -> None:
    for choice in CHOICES.values():
        reading = AS_IT_IS
        for _ in range(6):
            reading = choice(reading)
        assert reading == AS_IT_IS
    assert CHOICES["whole"](Reading(cursor=3, span=(1, 2), recent=True, log=True)) == Reading(
        log=True
    )
