import pytest

from fftui.tui.app import FFTUIApp
from fftui.tui.screens.live_screen import LiveScreen
from fftui.tui.screens.run_panes import HIDEABLE, RunPanes
from fftui.tui.widgets.chart import Chart
from fftui.tui.widgets.layer_table import LayerTable
from fftui.tui.widgets.run_status import ProgressLine, RunHeader

from .on_screen import LARGE, SMALL, text_of, until

NARROW_AND_TALL = (80, 50)


async def test_the_picture_is_frozen_while_learning_goes_on(new_app, new_control, view_of) -> None:
    control = new_control(view_of(until=(2, 5)))
    app = new_app(control)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        before = text_of(app.screen.query_one(ProgressLine))
        await pilot.press("z")
        control.view = view_of(until=(3, 1))
        await pilot.pause(0.4)
        assert text_of(app.screen.query_one(ProgressLine)) == before
        assert "frozen at" in text_of(app.screen.query_one(RunHeader))
        await pilot.press("up")  # what is frozen can still be read
        assert app.screen.panes.selected.number == 1
        await pilot.press("z")
        assert text_of(app.screen.query_one(ProgressLine)) != before
        assert "frozen" not in text_of(app.screen.query_one(RunHeader))


@pytest.mark.parametrize("size", [SMALL, LARGE, NARROW_AND_TALL, (109, 33)])
async def test_each_pane_is_hidden_and_shown_again(new_app, new_control, view_of, size) -> None:
    app = new_app(new_control(view_of(until=(2, 5))))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        panes = app.screen.query_one(RunPanes)
        chart, table = panes.query_one("#chart-1"), panes.query_one(LayerTable)
        before = (chart.size, table.display)
        for number in range(1, len(HIDEABLE) + 1):
            await pilot.press("h", str(number))
            await pilot.pause()
        assert not table.display
        assert not panes.query_one("#system").display
        assert not panes.query_one("#log").display
        assert chart.size.height > before[0].height
        bottom = max(each.region.bottom for each in panes.query_one("#panes").children)
        assert bottom == panes.query_one("#panes").region.bottom
        for number in range(1, len(HIDEABLE) + 1):
            await pilot.press("h", str(number))
            await pilot.pause()
        assert (chart.size, table.display) == before


def _heights_of_charts(app: FFTUIApp) -> list[int]:
    return [chart.size.height for chart in app.screen.query(Chart) if chart.size.height]


async def test_one_row_more_takes_no_chart_its_height(new_app, new_control, view_of) -> None:
    app = new_app(new_control(view_of(until=(2, 5))))
    async with app.run_test(size=(109, 33)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        for height, shown in ((33, 1), (34, 1), (44, 1), (45, 2), (60, 2)):
            await pilot.resize_terminal(109, height)
            await until(pilot, lambda shown=shown: len(_heights_of_charts(app)) == shown)
            assert min(_heights_of_charts(app)) >= 10
        await pilot.resize_terminal(109, 34)
        await pilot.press("2")  # the other one
        await until(pilot, lambda: app.screen.query_one("#chart-2").size.height >= 10)


async def test_a_slow_link_is_refreshed_seldom(
    new_app, new_control, view_of, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FFTUI_REFRESH", "30")
    control = new_control(view_of(until=(1, 2)))
    app = new_app(control)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        before = text_of(app.screen.query_one(ProgressLine))
        control.view = view_of(until=(3, 1))
        await pilot.pause(0.6)
        assert text_of(app.screen.query_one(ProgressLine)) == before
        await pilot.press("question_mark")
        await pilot.press("escape")  # what was covered catches up
        await pilot.pause()
        assert text_of(app.screen.query_one(ProgressLine)) != before
