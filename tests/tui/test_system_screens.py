"""The machine on the screen: fixed scales, layer boundaries, reasons, the whole run and
its layers.
"""

from dataclasses import replace
from typing import Any

import pytest
from textual.events import MouseScrollDown

from fftui import events as ev
from fftui.events import to_json
from fftui.presets import load_preset
from fftui.runs.new_folder import create
from fftui.runs.view import RunView
from fftui.runs.workspace import Workspace
from fftui.tui.glyphs import UNICODE
from fftui.tui.messages import OpenRun
from fftui.tui.screens.live_screen import LiveScreen
from fftui.tui.screens.system_screen import SystemScreen
from fftui.tui.system.machine_table import layer_table, other_gpus_lines, sampler_lines
from fftui.tui.system.metric_styles import metric_styles, missing_lines
from fftui.tui.system.system_history import SystemHistory
from fftui.tui.system.system_panel import SystemPanel
from fftui.tui.system.this_machine import Machine
from fftui.tui.widgets.run_status import RunHeader

from .on_screen import until

MACHINE = Machine(cores=2, memory_bytes=8_000_000_000)


def view_with(*metrics: dict[str, Any], hz: float = 1.0, layers: tuple[int, ...] = ()) -> RunView:
    """A run with one sample for each of `metrics`, at the layers given (the first by default)."""
    view = RunView().after(0.0, ev.MachineDescribed(hz, 2, 8_000_000_000, "NVIDIA H100"))
    for number, values in enumerate(metrics):
        layer = layers[number] if layers else 1
        view = view.after(float(number), ev.TelemetrySampled(1, layer, 1, **values))
    return view


def text_of(lines: Any) -> str:
    return "\n".join("".join(span for span, _ in row.spans) for row in lines)


def panel_of(view: RunView, width: int = 60, height: int = 12) -> list[str]:
    """The text of the panel, row by row, without an app."""
    panel = PlainPanel(MACHINE)
    panel.add_samples(view)
    return text_of(panel.rows(width, height)).splitlines()


class PlainPanel(SystemPanel):
    """The panel outside an app."""

    glyphs = UNICODE  # type: ignore[assignment]

    def add_samples(self, view: RunView) -> None:
        self._view = view
        self._per_second.add_samples(view)


def test_power_at_half_its_limit_is_drawn_at_half() -> None:
    (row,) = panel_of(view_with(*[{"power_w": 200.0, "power_limit_w": 400.0}] * 4))
    assert row.split() == ["power", "▄▄▄▄", "200", "of", "400", "W"]
    full, idle = (
        panel_of(view_with(*[{"gpu_utilization_percent": value}] * 4))[0] for value in (100.0, 0.0)
    )
    assert "████" in full
    assert "▁▁▁▁" in idle


def test_the_panel_marks_where_the_next_layer_begins() -> None:
    (row,) = panel_of(view_with(*[{"host_cpu_percent": 100.0}] * 6, layers=(1, 1, 2, 2, 2, 3)))
    assert "██┊███┊█ " in row


def test_the_panel_has_energy_other_gpus_and_reasons_below_its_metrics() -> None:
    view = replace(
        metered_view(), machine=replace(metered_view().machine, other_gpus=("NVIDIA T4",))
    )
    view = view.after(11.0, ev.OtherGpusSampled((7.0,), (1,), (2,), (61.0,)))
    view = view.after(11.0, ev.MetricsUnavailable(("gpu_sm_clock_mhz",), "Not Supported"))
    rows = panel_of(view)
    assert rows[-3:] == [
        "energy 1.50 kJ, 7.50 J an image, idle 50 W (by counter)",
        "1 other GPU: 7 %",
        "no SM clock: Not Supported",
    ]
    assert len(panel_of(view, height=3)) == 3
    assert [row.split()[0] for row in panel_of(view, height=3)] == ["GPU", "power", "energy"]


def test_the_panel_shows_the_reason_where_a_gpu_is_missing() -> None:
    view = view_with({"host_cpu_percent": 50.0})
    view = view.after(
        1.0,
        ev.MetricsUnavailable(("power_w", "gpu_utilization_percent"), "no NVIDIA GPU: it is a CPU"),
    )
    assert panel_of(view, height=2)[-1] == "no NVIDIA GPU: it is a CPU"
    assert panel_of(view, 30, 3)[1:] == ["no NVIDIA GPU: it is a CPU"]
    assert panel_of(view, 20, 3)[1:] == ["no NVIDIA GPU: it is", "a CPU"]
    assert panel_of(view, 20, 2)[1:] == ["no NVIDIA GPU: it i…"]


def test_a_run_without_samples_shows_why() -> None:
    assert panel_of(RunView()) == ["no samples yet: they start with the run"]
    learning = RunView().after(0.0, ev.Stepped(1, 1, 1, 1, 10, 1, 10, None))
    assert panel_of(learning)[0].endswith("telemetry.hz is 0")


def test_sizes_are_those_of_the_machine_that_runs_it_not_of_this_one() -> None:
    view = view_with({"process_memory_bytes": 2_000_000_000, "process_cpu_percent": 400.0})
    view = replace(
        view, machine=replace(view.machine, cores=64, host_memory_total_bytes=256_000_000_000)
    )
    shown = {metric_style.name: metric_style for metric_style in metric_styles(view, MACHINE)}
    assert shown["process memory"].top == 256e9
    assert shown["process CPU"].text(400.0) == "400 of 6400 %"
    assert shown["process CPU"].text(None) == shown["process CPU"].text(float("nan")) == "n/a"


def test_a_metric_that_is_not_available_is_left_out_and_has_its_reason() -> None:
    view = view_with({"power_w": 100.0})
    view = view.after(1.0, ev.MetricsUnavailable(("gpu_utilization_percent",), "Not Supported"))
    view = view.after(
        1.0,
        ev.MetricsUnavailable(("cpu_power_w", "cpu_energy_j"), "not available: root may read it"),
    )
    assert [metric_style.name for metric_style in metric_styles(view, MACHINE)] == ["power"]
    assert missing_lines(view) == [
        "no GPU %: Not Supported",
        "no energy of the CPU: not available: root may read it",
    ]


def test_metrics_of_the_whole_board_are_marked() -> None:
    view = view_with({"power_w": 100.0, "gpu_memory_used_bytes": 5})
    view = replace(view, machine=replace(view.machine, mig=True, whole_board=("power_w",)))
    assert [metric_style.name for metric_style in metric_styles(view, MACHINE)] == [
        "GPU memory",
        "power (board)",
    ]


def metered_view() -> RunView:
    """Two layers at 100 and 300 W after an idle second at 50 W, a hundred images each."""
    view = RunView().after(0.0, ev.MachineDescribed(10.0, 2, 8_000_000_000, "NVIDIA H100"))
    joules = 0.0
    for tick in range(100):
        at = tick / 10
        layer = None if at < 1 else 1 if at < 4 else 2
        power = {None: 50.0, 1: 100.0, 2: 300.0}[layer]
        sample = ev.TelemetrySampled(
            layer and 1, layer, layer and 1, gpu_energy_j=joules, power_w=power
        )
        view = view.after(at, replace(sample, gpu_utilization_percent=power / 4))
        joules += power / 10
    for doing, layer, began, ended in (
        ("rest", None, 0, 1),
        ("learning", 1, 1, 4),
        ("learning", 2, 4, 8),
    ):
        images = 100 if layer else 0
        view = view.after(
            10.0, ev.WindowMeasured(doing, layer and 1, layer, layer and 1, 1, images, began, ended)
        )
    return view.after(10.1, ev.TelemetryEnded(100, 2, 10.0, 0.05, 0.97, None))


def test_each_layer_has_its_means_and_its_energy() -> None:
    header, idle, first, second, both = text_of(layer_table(metered_view(), 120)).splitlines()
    assert header.split()[:2] == ["mean", "of"]
    assert idle.split()[:2] == ["idle", "1.0"]
    assert "50.0 J" in idle
    assert "300 J" in first
    assert "3.00 J" in first  # an image
    assert "1.20 kJ" in second
    assert first.split()[4] == "25"  # GPU %
    assert "counter" in second
    assert both.split() == [
        "learning",
        "7.0",
        "s",
        "–",
        "214",
        "1.50",
        "kJ",
        "7.50",
        "J",
        "counter",
    ]


def test_a_row_has_the_time_on_the_device_and_for_images(view_of, parallel_view_of) -> None:
    rows = text_of(layer_table(view_of(layers=2), 120)).splitlines()
    assert rows[0].split() == ["mean", "of", "CPU", "%", "compute", "memory"]
    assert rows[1].split()[3:5] == ["28", "s"]  # twenty epochs of 1.4 s
    view = parallel_view_of()
    view = view.after(1.0, ev.TelemetrySampled(1, None, 1, process_cpu_percent=100.0))
    row = text_of(layer_table(view, 120)).splitlines()[1]
    assert row.split() == ["layers", "1-3", "100", "2:40"]  # of all three together, not three times


def test_without_energy_counters_a_row_has_the_power_that_was_sampled() -> None:
    view = view_with({"power_w": 100.0}, {"power_w": 200.0})
    assert text_of(layer_table(view, 80)).splitlines()[1].split() == ["layer", "1", "150"]


def test_a_row_names_its_phase_where_there_are_several() -> None:
    view = view_with({"power_w": 1.0})
    for phase, layer in ((1, 1), (2, None)):
        view = view.after(1.0, ev.PhaseStarted(phase, "backprop", 1))
        view = view.after(1.0, ev.LayerStarted(phase, layer, 1, None))
        view = view.after(1.0, ev.TelemetrySampled(phase, layer, 1, power_w=1.0))
    names = [row[:12].strip() for row in text_of(layer_table(view, 80)).splitlines()]
    assert names == ["mean of", "1: layer 1", "2: network"]


def test_columns_for_which_there_is_no_room_are_left_out() -> None:
    rows = text_of(layer_table(metered_view(), 40)).splitlines()
    assert max(map(len, rows)) <= 40
    assert "time" in rows[0]


def test_the_sampler_line_says_how_regular_the_samples_were() -> None:
    assert sampler_lines(metered_view()) == [
        "sampler: 100 samples, 97.0 % of them within 20 ms of their time, 2 missed; it took 0.50 %"
        " of one core"
    ]
    assert sampler_lines(RunView()) == []


def test_gpus_that_do_not_learn_are_a_line_each() -> None:
    view = view_with({"power_w": 1.0})
    view = replace(view, machine=replace(view.machine, other_gpus=("NVIDIA A100", "NVIDIA T4")))
    seen = ev.OtherGpusSampled(
        (7.0, None), (5_000_000_000, None), (40_000_000_000, None), (61.0, None)
    )
    first, second = other_gpus_lines(view.after(2.0, seen))
    assert first.split() == ["7", "%", "61", "W", "5.0", "GB", "of", "40.0", "GB", "NVIDIA", "A100"]
    assert second.split() == ["n/a", "n/a", "n/a", "NVIDIA", "T4"]
    assert len(other_gpus_lines(view.after(2.0, ev.OtherGpusSampled((7.0, 1.0), (), (), ())))) == 0


def shown(app) -> str:
    history = app.screen.query_one(SystemHistory)
    return text_of(history.rows(history.size.width, history.size.height))


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_g_opens_the_whole_run_and_goes_back(new_app, new_control, view_of, size) -> None:
    app = new_app(new_control(view_of(gpu=True, until=(2, 5))))
    async with app.run_test(size=size) as pilot:
        await pilot.press("g")
        await pilot.pause()
        assert isinstance(app.screen, SystemScreen)
        rows = shown(app).splitlines()
        assert rows[0].startswith("NVIDIA H100 · 2 cores")
        assert rows[1].split() == [
            "layer",
            "1",
            "layer",
            "2",
            "now",
            *(["mean", "max"] if size[0] >= 100 else []),
        ]
        assert "┊" in rows[2]
        assert "rows 1 to" not in rows[0], "everything fits"
        assert rows[-3:-2] == ["Other GPUs"]
        await pilot.press("g")
        await pilot.pause()
        assert not isinstance(app.screen, SystemScreen)
        await pilot.press("g", "escape")
        await pilot.pause()
        assert not isinstance(app.screen, SystemScreen)


async def test_what_does_not_fit_is_scrolled_to(new_app, new_control, view_of) -> None:
    app = new_app(new_control(view_of(gpu=True, until=(2, 5))))
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("g")
        await pilot.pause()
        first = shown(app)
        assert "rows 1 to 9 of" in first
        for key in ("down", "pagedown", "end"):
            await pilot.press(key)
            assert shown(app) != first
        assert "NVIDIA A100" in shown(app)
        await pilot.press("up", "pageup", "home")
        assert shown(app) == first


@pytest.mark.parametrize("size", [(30, 6), (8, 3), (1, 1), (200, 8), (12, 60)])
async def test_odd_runs_are_shown_at_every_size(new_app, new_control, view_of, size) -> None:
    control = new_control(view_of(gpu=True, until=(2, 5)))
    nan, inf = float("nan"), float("inf")
    app = new_app(control)
    async with app.run_test(size=size) as pilot:
        await pilot.press("3", "g", "down", "end")
        assert isinstance(app.screen, SystemScreen)
        odd = ev.TelemetrySampled(
            1, 2, 5, process_cpu_percent=nan, power_w=inf, power_limit_w=0.0, host_cpu_percent=-5
        )
        resumed = control.view.after(1e12, odd).after(
            2e12, replace(control.view.started, resumed=True)
        )
        many = RunView().after(
            0.0, ev.MachineDescribed(inf, 0, 0, whole_board=("power_w",), mig=True)
        )
        for number in range(2000):
            many = many.after(
                -1.0 * number,
                ev.TelemetrySampled(1, number % 300, 1, power_w=1.0, host_cpu_percent=nan),
            )
        for view in (resumed, many, RunView()):
            control.view = view
            app.screen.refresh_view()
            await pilot.press("pagedown", "pageup")
        await pilot.resize_terminal(90, 30)
        control.view = many
        app.screen.refresh_view()
        assert "changes of layer: too many" in shown(app)
        await pilot.press("g")
        app.screen.refresh_view()
        await pilot.pause()


async def test_a_wheel_scrolls_and_a_run_whose_process_is_gone_is_marked(
    new_app, tmp_path, events_of
) -> None:
    runs = tmp_path / "runs"
    folder = create(Workspace(runs, device="cpu"), load_preset("quickstart"), preset="quickstart")
    folder.journal.write_text(
        "".join(to_json(at, event) + "\n" for at, event in events_of(gpu=True, until=(1, 2))),
        encoding="utf-8",
    )
    gone = folder.record().model_copy(update={"pid": 2**22, "process_started": 1.0})
    folder.write_record(gone)
    app = new_app(runs=runs)
    async with app.run_test(size=(80, 12)) as pilot:
        app.post_message(OpenRun(folder.id))
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        await pilot.press("g")
        await until(pilot, lambda: "88 %" in shown(app))
        first = shown(app)
        header = app.screen.query_one(RunHeader)
        await until(pilot, lambda: "its process is gone" in text_of(header.rows(80, 1)))
        history = app.screen.query_one(SystemHistory)
        history.post_message(MouseScrollDown(history, 1, 1, 0, 1, 0, False, False, False))
        await pilot.pause()
        assert shown(app) != first


async def test_the_palette_offers_the_system_view_of_a_run(new_app, new_control, view_of) -> None:
    app = new_app(new_control(view_of(until=(1, 2))))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("ctrl+p", *"system")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SystemScreen))


async def test_the_system_screen_waits_for_samples(new_app, new_control) -> None:
    app = new_app(new_control(RunView()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("g")
        await pilot.pause()
        assert "no samples yet" in shown(app)


async def test_times_are_below_the_timelines(new_app, new_control, view_of) -> None:
    app = new_app(new_control(view_of(until=(2, 20))))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("g")
        await pilot.pause()
        times = next(row for row in shown(app).splitlines() if row.split()[:1] == ["0"])
        assert times.split()[-1] == "1:03"  # 40 epochs of 1.6 s, since the first sample
        assert 3 <= len(times.split()) <= 8


async def test_the_panel_follows_the_run(new_app, new_control, view_of) -> None:
    control = new_control(view_of(gpu=True, until=(1, 2)))
    app = new_app(control)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        panel = app.screen.query_one(SystemPanel)
        assert panel.border_title == "System · NVIDIA H100"
        control.view = control.view.after(
            2e9, ev.TelemetrySampled(1, 1, 3, gpu_utilization_percent=13.0)
        )
        await until(pilot, lambda: "13 %" in panel.render_line(0).text)


async def test_the_panel_is_plain_ascii_where_asked(new_app, new_control, view_of) -> None:
    app = new_app(new_control(view_of(gpu=True, until=(2, 5))), ascii_only=True)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        panel = app.screen.query_one(SystemPanel)
        drawn = "".join(panel.render_line(y).text for y in range(panel.size.height))
        assert drawn.isascii()
        assert "230 of 400 W" in drawn
