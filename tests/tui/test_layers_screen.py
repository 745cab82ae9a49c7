"""The goodness of every layer at once."""

from typing import Any

from textual.pilot import Pilot

from fftui.tui.screens.layers_screen import LayerGrid, LayersScreen
from fftui.tui.screens.live_screen import LiveScreen
from fftui.tui.widgets.chart import Chart

from .on_screen import LARGE, both_sizes, text_of


async def opened(pilot: Pilot[Any]) -> LayersScreen:
    await pilot.pause()
    await pilot.press("a")
    await pilot.pause(0.7)  # its first look
    screen = pilot.app.screen
    assert isinstance(screen, LayersScreen)
    return screen


@both_sizes
async def test_every_layer_has_a_chart(
    new_app: Any, new_control: Any, view_of: Any, size: tuple[int, int]
) -> None:
    view = view_of(until=(3, 5))
    async with new_app(new_control(view)).run_test(size=size) as pilot:
        screen = await opened(pilot)
        charts = list(screen.query(Chart))
        assert [chart.border_title for chart in charts] == [
            f"Goodness · layer {number}" for number in (1, 2, 3, 4)
        ]
        assert "θ 15" in text_of(charts[0])
        assert "has not begun" in text_of(charts[3])
        # two beside each other, all in sight
        assert len({chart.region.x for chart in charts}) == 2
        assert all(screen.region.contains_region(chart.region) for chart in charts)


async def test_the_cursor_is_at_one_epoch_in_all(
    new_app: Any, new_control: Any, view_of: Any
) -> None:
    async with new_app(new_control(view_of(until=(2, 5)))).run_test(size=LARGE) as pilot:
        screen = await opened(pilot)
        await pilot.press("left")
        first, second = list(screen.query(Chart))[:2]
        assert second.border_title == "Goodness · layer 2 · epoch 5"
        assert first.drawn.cursor == 25


async def test_a_layer_is_enlarged_and_left_again(
    new_app: Any, new_control: Any, view_of: Any
) -> None:
    async with new_app(new_control(view_of(until=(2, 5)))).run_test(size=LARGE) as pilot:
        screen = await opened(pilot)
        await pilot.press("down", "enter")
        await pilot.pause()
        shown = [chart for chart in screen.query(Chart) if chart.display]
        assert [chart.border_title for chart in shown] == ["Goodness · layer 2"]
        assert shown[0].size.width > 190
        await pilot.press("up")
        assert screen.query_one(LayerGrid).chosen == 0
        await pilot.press("escape")
        assert all(chart.display for chart in screen.query(Chart))
        await pilot.press("a")
        assert isinstance(pilot.app.screen, LiveScreen)


async def test_layers_that_do_not_fit_scroll(new_app: Any, new_control: Any, view_of: Any) -> None:
    async with new_app(new_control(view_of(layers=12, until=(2, 5)))).run_test(
        size=(60, 16)
    ) as pilot:
        screen = await opened(pilot)
        await pilot.press(*["down"] * 11)
        await pilot.pause()
        last = list(screen.query(Chart))[-1]
        assert screen.grid.region.contains_region(last.region)
