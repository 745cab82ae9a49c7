"""The screen of a run that learns: what it shows, and its keys."""

from dataclasses import replace

import pytest

from fftui import events as ev
from fftui.runs.view import RunView
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.help_screen import HelpScreen
from fftui.tui.screens.live_screen import LiveScreen
from fftui.tui.screens.presets_screen import PresetsScreen
from fftui.tui.system.system_panel import SystemPanel
from fftui.tui.widgets.chart import Chart
from fftui.tui.widgets.layer_table import LayerTable
from fftui.tui.widgets.run_status import LogPane, ProgressLine, RunHeader

from .on_screen import LARGE, SMALL, both_sizes, text_of, until
from .pictures import signs


@both_sizes
async def test_the_live_screen_shows_the_run(new_app, new_control, view_of, size) -> None:
    app = new_app(new_control(view_of(until=(2, 13))))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        screen = app.screen
        table = text_of(screen.query_one(LayerTable))
        assert "✓ learned" in table
        assert "● learning" in table
        assert "13/20" in table
        assert "95.18" in table
        assert "left" in text_of(screen.query_one(ProgressLine))
        assert "mnist" in text_of(screen.query_one(RunHeader))
        assert screen.query_one("#chart-1", Chart).display
        assert screen.query_one("#chart-2", Chart).display == (size == LARGE)
        assert screen.query_one(LayerTable).size.height == 5
        split = screen.source.view.layers[0].accuracy_split
        assert screen.query_one(LayerTable).border_title == f"Layers · accuracy: {split} images"
        assert screen.query_one("#chart-1", Chart).size.height >= 10
        await pilot.press("4")
        await pilot.pause()
        assert "layer 1 learned" in text_of(screen.query_one(LogPane))
        await pilot.press("3")
        await pilot.pause()
        assert "of 200 %" in text_of(screen.query_one(SystemPanel))
        assert "no NVIDIA GPU" in text_of(screen.query_one(SystemPanel))


async def test_each_layer_can_be_reached_and_followed_again(new_app, new_control, view_of) -> None:
    control = new_control(view_of(until=(2, 5)))
    app = new_app(control)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, LiveScreen)
        assert screen.panes.selected is not None
        assert screen.panes.selected.number == 2
        await pilot.press("up")
        assert screen.query_one("#chart-1", Chart).border_title == "Goodness · layer 1"
        control.view = view_of(until=(3, 1))
        await until(pilot, lambda: screen.panes._view is control.view)
        assert screen.panes.selected.number == 1
        await pilot.press("f")
        assert screen.panes.selected.number == 3
        await pilot.press("end")
        assert screen.query_one("#chart-1", Chart).border_title == "Goodness · layer 4"
        await pilot.click(LayerTable, offset=(5, 2))
        assert screen.query_one("#chart-1", Chart).border_title == "Goodness · layer 1"


async def test_keys_call_the_run_control(new_app, new_control, view_of) -> None:
    control = new_control(view_of(until=(1, 5)))
    app = new_app(control)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("p", "p", "n")
        assert isinstance(app.screen, ConfirmDialog)
        await pilot.press("escape")
        await pilot.pause()
        assert control.calls == ["pause", "resume"]
        await pilot.press("n", "n")
        assert control.calls == ["pause", "resume", "skip"]
        await pilot.press("s")
        assert isinstance(app.screen, ConfirmDialog)
        await pilot.press("s")
        await pilot.pause()
        assert control.calls[-1] == "stop"


async def test_a_key_says_what_it_does_to_a_paused_run(new_app, new_control, view_of) -> None:
    control = new_control(view_of(until=(1, 5)))
    app = new_app(control)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: "p Pause" in signs(app))
        await pilot.press("p")
        await until(pilot, lambda: "p Go on" in signs(app) and "p Pause" not in signs(app))
        for key in ("s", "n"):
            await pilot.press(key)
            await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
            assert app.screen.answers[-1] == ("escape", "stay paused")
            await pilot.press("escape")
        await pilot.press("p")
        await until(pilot, lambda: "p Pause" in signs(app) and "p Go on" not in signs(app))
        assert control.calls == ["pause", "resume"]


@both_sizes
async def test_no_key_dies_before_the_first_event(new_app, new_control, size) -> None:
    app = new_app(new_control())
    async with app.run_test(size=size) as pilot:
        await pilot.press(
            "p",
            "p",
            "n",
            "escape",  # it asks
            "f",
            "1",
            "2",
            "3",
            "4",
            "up",
            "down",
            "home",
            "end",
            "pageup",
            "pagedown",
            "R",
        )
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape", "s", "escape", "ctrl+t", "b")
        await pilot.pause()
        await pilot.press("r")
        await pilot.pause()
        await pilot.press("enter", "o", "O", "v", "slash", "x", "enter", "escape", "escape")
        await pilot.pause()
        assert isinstance(app.screen, PresetsScreen)
        await pilot.press("l")
        await pilot.pause()
        assert isinstance(app.screen, LiveScreen)


@pytest.mark.parametrize("size", [SMALL, LARGE, (20, 6), (1, 1), (80, 60), (120, 25)])
async def test_odd_views_are_drawn_at_every_size(new_app, new_control, view_of, size) -> None:
    nan = float("nan")
    view = view_of(until=(2, 3))
    broken = replace(
        view.layers[0].history[-1], loss=nan, goodness_positive=float("inf"), goodness_negative=nan
    )
    rows = (replace(view.layers[0], history=(broken,), accuracy=nan), *view.layers[1:])
    control = new_control(replace(view, layers=rows))
    app = new_app(control)
    async with app.run_test(size=size) as pilot:
        await pilot.press("up")
        await pilot.pause()
        if size == LARGE:
            assert "not finite" in text_of(app.screen.query_one(LayerTable))
        if size == SMALL:  # where that has no room
            cells = text_of(app.screen.query_one(LayerTable)).split()
            assert "NaN" in cells and "finite" not in cells
        many = tuple(replace(view.layers[0], number=n, label="名前" * 20) for n in range(1, 65))
        control.view = replace(view, layers=many, now=None, telemetry=view_of(gpu=True).telemetry)
        await pilot.pause(0.3)
        control.view = RunView().after(
            nan, ev.RunFinished("failed", None, (), nan, "out of memory " * 30)
        )
        await pilot.pause(0.3)
        control.view = RunView()
        await pilot.pause(0.3)


async def test_the_reason_of_a_refused_run_is_shown(new_app, new_control) -> None:
    end = ev.RunFinished("failed", None, (), 0.0, "mnist is not there: fftui data get mnist")
    app = new_app(new_control(RunView().after(0.0, end), alive=False))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        assert "fftui data get mnist" in text_of(app.screen.query_one(ProgressLine))
        assert "fftui data get mnist" in text_of(app.screen.query_one("#chart-1", Chart))
        assert "failed" in text_of(app.screen.query_one(RunHeader))


async def test_the_final_evaluation_is_no_learning_with_time_left(
    new_app, new_control, view_of
) -> None:
    app = new_app(new_control(view_of(finish=False)))
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: "measuring" in text_of(app.screen.query_one(RunHeader)))
        progress = text_of(app.screen.query_one(ProgressLine))
        assert "measuring the accuracy" in progress
        assert "left" not in progress


async def test_no_time_is_left_once_a_layer_has_diverged(new_app, new_control, view_of) -> None:
    view = view_of(until=(2, 5))
    assert view.now is not None
    diverged = ev.LayerDiverged(1, 2, 5, 180, 4, "a smaller learning rate")
    app = new_app(new_control(view.after(view.now, diverged)))
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: "not finite" in text_of(app.screen.query_one(ProgressLine)))
        assert "left" not in text_of(app.screen.query_one(ProgressLine))


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
async def test_a_run_that_diverged_is_not_finished_in_green(
    new_app, new_control, events_of, loss
) -> None:
    view = RunView()
    for at, event in events_of(layers=2, epochs=2):
        is_epoch = isinstance(event, ev.EpochFinished)
        view = view.after(at, replace(event, loss=loss) if is_epoch else event)
    app = new_app(new_control(view, alive=False))
    async with app.run_test(size=LARGE) as pilot:
        await pilot.pause()
        header = app.screen.query_one(RunHeader)
        (shown,) = header.rows(120, 1)
        assert shown.spans[-1][0].startswith("✗ finished, loss not finite")
        assert shown.spans[-1][1] == "bad"
        layers = app.screen.query_one(LayerTable)
        styles = {
            style for row in layers.rows(120, 5) for text, style in row.spans if "learned" in text
        }
        assert styles == {"bad"}


async def test_only_changed_cells_are_painted_again(
    new_app, new_control, view_of, monkeypatch
) -> None:
    control = new_control(view_of(until=(2, 5)))
    app = new_app(control)
    async with app.run_test(size=LARGE) as pilot:
        await pilot.pause(0.3)
        table = app.screen.query_one(LayerTable)
        painted: list[object] = []
        monkeypatch.setattr(
            table, "refresh", lambda *regions, **options: painted.extend(regions or [options])
        )
        control.view = view_of(until=(2, 6))
        await until(pilot, lambda: app.screen.panes._view is control.view)
        await pilot.pause()
        assert {region.y for region in painted} == {2}  # type: ignore[attr-defined]
        cells = sum(region.width for region in painted)  # type: ignore[attr-defined]
        assert cells < table.size.width
