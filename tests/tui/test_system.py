"""The machine on the screen: fixed scales, layer boundaries, reasons, the whole run and its layers."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui import events as ev
from fftui.runs.history import FIGURES, Bucket, Range
from fftui.runs.view import RunView
from fftui.tui.gauges import Gauge, Machine, gauges, missing_lines
from fftui.tui.glyphs import ASCII, UNICODE
from fftui.tui.screens.system import SystemScreen
from fftui.tui.widgets.machine_table import layer_table, other_gpus_lines, sampler_line
from fftui.tui.widgets.system import Columns, SystemPanel
from fftui.tui.widgets.system_history import SystemHistory, blocks, boundaries, stretched

MACHINE = Machine(cores=2, memory_bytes=8_000_000_000)
PERCENT = Gauge("gpu_utilization_percent", "GPU", 100.0, str, "100 %")


def view_with(*figures: dict[str, Any], hz: float = 1.0, layers: tuple[int, ...] = ()) -> RunView:
    """A run with one sample for each of `figures`, at the layers given (the first unless told)."""
    view = RunView().after(0.0, ev.MachineDescribed(hz, 2, 8_000_000_000, "NVIDIA H100"))
    for number, told in enumerate(figures):
        layer = layers[number] if layers else 1
        view = view.after(float(number), ev.TelemetrySampled(1, layer, 1, **told))
    return view


def text_of(lines: Any) -> str:
    return "\n".join("".join(piece for piece, _ in row.pieces) for row in lines)


def strip(view: RunView, figure: str, width: int = 4) -> str:
    gauge = next(gauge for gauge in gauges(view, MACHINE) if gauge.figure == figure)
    return Columns.of(view, width).strip(gauge, UNICODE.levels)


def test_scales_are_fixed_so_that_always_busy_and_always_idle_differ() -> None:
    assert strip(view_with(*[{"gpu_utilization_percent": 100.0}] * 4), "gpu_utilization_percent") == "████"
    assert strip(view_with(*[{"gpu_utilization_percent": 0.0}] * 4), "gpu_utilization_percent") == "▁▁▁▁"
    half = [{"power_w": 200.0, "power_limit_w": 400.0}] * 4
    assert strip(view_with(*half), "power_w") == "▅▅▅▅"
    assert (
        strip(view_with({"power_w": 200.0, "power_limit_w": 400.0}, {}, {}, {"power_w": 400.0}), "power_w")[1:3] == "  "
    )


def test_a_column_is_a_second_at_its_highest_and_stays_where_it_is() -> None:
    figures = [{"host_cpu_percent": 100.0 if n % 10 == 3 else 0.0} for n in range(40)]
    assert strip(view_with(*figures, hz=10), "host_cpu_percent") == "████"
    earlier = strip(view_with(*figures[:35], hz=10), "host_cpu_percent", 8)
    later = strip(view_with(*figures, hz=10), "host_cpu_percent", 8)
    assert earlier == later


def test_where_the_next_layer_begins_is_marked() -> None:
    view = view_with(*[{"host_cpu_percent": 50.0}] * 6, layers=(1, 1, 2, 2, 2, 3))
    assert Columns.of(view, 8).boundaries == {4, 7}
    assert boundaries(stretched(view.history.all, 6)) == {2, 5}


def test_sizes_are_those_of_the_machine_that_runs_it_not_of_this_one() -> None:
    view = view_with({"process_memory_bytes": 2_000_000_000, "process_cpu_percent": 400.0})
    view = replace(view, machine=replace(view.machine, cores=64, host_memory_total_bytes=256_000_000_000))
    shown = {gauge.name: gauge for gauge in gauges(view, MACHINE)}
    assert shown["process memory"].top == 256e9
    assert shown["process CPU"].text(400.0) == "400 of 6400 %"
    assert shown["process CPU"].text(None) == shown["process CPU"].text(float("nan")) == "n/a"


def test_what_is_not_told_is_no_gauge_and_has_its_reason() -> None:
    view = view_with({"power_w": 100.0})
    view = view.after(1.0, ev.FiguresMissing(("gpu_utilization_percent",), "Not Supported"))
    view = view.after(1.0, ev.FiguresMissing(("cpu_power_w", "cpu_energy_j"), "not available: root may read it"))
    assert [gauge.name for gauge in gauges(view, MACHINE)] == ["power"]
    assert missing_lines(view) == [
        "no gpu_utilization_percent: Not Supported",
        "no energy of the CPU: not available: root may read it",
    ]


def test_what_is_of_the_whole_board_says_so() -> None:
    view = view_with({"power_w": 100.0, "gpu_memory_used_bytes": 5})
    view = replace(view, machine=replace(view.machine, mig=True, whole_board=("power_w",)))
    assert [gauge.name for gauge in gauges(view, MACHINE)] == ["GPU memory", "power (board)"]


def bucket(low: float, high: float, samples: int = 1, layer: int = 1) -> Bucket:
    ranges: list[Range | None] = [None] * len(FIGURES)
    ranges[FIGURES.index("gpu_utilization_percent")] = Range(low, high, low + high, 2)
    return Bucket(0.0, (1, layer), samples, tuple(ranges))


def test_a_spike_of_one_sample_is_seen_over_the_whole_run() -> None:
    columns = stretched([bucket(0, 0)] * 300 + [bucket(0, 100)] + [bucket(0, 0)] * 300, 20)
    (top, *_), height = blocks(columns, PERCENT, 3, UNICODE.levels, UNICODE.between), 3
    assert len(top) == 20
    assert sum(sign != " " for sign in top) == 1
    assert len(blocks(columns, PERCENT, height, ASCII.levels, ASCII.between)) == height


@given(
    st.lists(st.tuples(st.floats(0, 120), st.floats(0, 120), st.integers(1, 20)), min_size=1, max_size=80),
    st.integers(1, 60),
    st.integers(1, 4),
)
def test_a_strip_fills_its_room_and_more_is_never_drawn_lower(
    told: list[tuple[float, float, int]], width: int, height: int
) -> None:
    columns = stretched([bucket(min(a, b), max(a, b), count) for a, b, count in told], width)
    assert len(columns) == width
    rows = blocks(columns, PERCENT, height, UNICODE.levels, UNICODE.between)
    assert [len(row) for row in rows] == [width] * height
    heights = [sum(row[n] != " " for row in rows) for n in range(width)]
    highest = [column.of("gpu_utilization_percent").high for column in columns]
    ranked = sorted(zip(highest, heights, strict=True))
    assert [drawn for _, drawn in ranked] == sorted(drawn for _, drawn in ranked)
    assert all(drawn >= 1 for drawn in heights)


def metered_view() -> RunView:
    """Two layers at 100 and 300 W after a second of rest at 50 W, a hundred images each."""
    view = RunView().after(0.0, ev.MachineDescribed(10.0, 2, 8_000_000_000, "NVIDIA H100"))
    joules = 0.0
    for tick in range(100):
        at = tick / 10
        layer = None if at < 1 else 1 if at < 4 else 2
        power = {None: 50.0, 1: 100.0, 2: 300.0}[layer]
        sample = ev.TelemetrySampled(layer and 1, layer, layer and 1, gpu_energy_j=joules, power_w=power)
        view = view.after(at, replace(sample, gpu_utilization_percent=power / 4))
        joules += power / 10
    for doing, layer, began, ended in (("idle", None, 0, 1), ("learning", 1, 1, 4), ("learning", 2, 4, 8)):
        images = 100 if layer else 0
        view = view.after(10.0, ev.WindowMeasured(doing, layer and 1, layer, layer and 1, 1, images, began, ended))
    return view.after(10.1, ev.TelemetryEnded(100, 2, 10.0, 0.05, 0.97, None))


def test_each_layer_has_its_means_and_its_energy() -> None:
    head, rest, first, second = text_of(layer_table(metered_view(), 120)).splitlines()
    assert head.split()[:2] == ["mean", "of"]
    assert rest.split()[:2] == ["rest", "1.0"]
    assert "50.0 J" in rest
    assert "300 J" in first
    assert "3.00 J" in first  # an image
    assert "1.20 kJ" in second
    assert first.split()[4] == "25"  # GPU %
    assert "counter" in second


def test_columns_for_which_there_is_no_room_are_left_out() -> None:
    rows = text_of(layer_table(metered_view(), 40)).splitlines()
    assert max(map(len, rows)) <= 40
    assert "time" in rows[0]


def test_the_sampler_tells_how_steady_it_was() -> None:
    assert sampler_line(metered_view()) == [
        "100 looks, 97.0 % of them within 20 ms of their time, 2 missed; it took 0.50 % of one core"
    ]
    assert sampler_line(RunView()) == []


def test_gpus_that_do_not_learn_are_a_line_each() -> None:
    view = view_with({"power_w": 1.0})
    view = replace(view, machine=replace(view.machine, other_gpus=("NVIDIA A100", "NVIDIA T4")))
    seen = ev.OtherGpusSampled((7.0, None), (5_000_000_000, None), (40_000_000_000, None), (61.0, None))
    first, second = other_gpus_lines(view.after(2.0, seen))
    assert first.split() == ["NVIDIA", "A100", "7", "%", "5.0", "GB", "of", "40.0", "GB", "61", "W"]
    assert second.split() == ["NVIDIA", "T4", "n/a", "n/a", "n/a"]


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (30, 6)])
async def test_g_opens_the_whole_run_and_goes_back(new_app, new_trainer, view_of, size) -> None:
    app = new_app(new_trainer(view_of(gpu=True, until=(2, 5))))
    async with app.run_test(size=size) as pilot:
        await pilot.press("g")
        await pilot.pause()
        assert isinstance(app.screen, SystemScreen)
        history = app.screen.query_one(SystemHistory)
        everything = text_of(history._everything(max(8, history.size.width), 1))
        assert "NVIDIA H100" in everything
        assert "layer 2" in everything
        assert "Other GPUs" in everything
        before = text_of(history.rows(history.size.width, history.size.height))
        await pilot.press("end")
        await pilot.pause()
        after = text_of(history.rows(history.size.width, history.size.height))
        assert (before == after) == (history._length <= history.size.height)
        await pilot.press("home", "g")
        await pilot.pause()
        assert not isinstance(app.screen, SystemScreen)


async def test_the_system_screen_waits_for_samples(new_app, new_trainer) -> None:
    app = new_app(new_trainer(RunView()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("g")
        await pilot.pause()
        assert "no samples yet" in text_of(app.screen.query_one(SystemHistory).rows(80, 20))


async def test_the_panel_is_plain_ascii_where_asked(new_app, new_trainer, view_of) -> None:
    app = new_app(new_trainer(view_of(gpu=True, until=(2, 5))), ascii_only=True)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        panel = app.screen.query_one(SystemPanel)
        drawn = "".join(panel.render_line(y).text for y in range(panel.size.height))
        assert drawn.isascii()
        assert "230 of 400 W" in drawn
