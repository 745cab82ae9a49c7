"""The charts on the live screen, read by keys and by the mouse."""

import pytest
from textual.events import MouseScrollDown, MouseScrollUp

from fftui.tui.charts.reading import AS_IT_IS
from fftui.tui.screens.live_screen import LiveScreen
from fftui.tui.widgets.chart import Chart
from fftui.tui.widgets.layer_table import LayerTable

from .on_screen import until

SMALL, LARGE = (80, 24), (200, 50)


def text_of(chart: Chart) -> str:
    rows = chart.rows(chart.size.width, chart.size.height)
    return "\n".join("".join(text for text, _ in row.spans) for row in rows)


async def test_the_cursor_is_in_step_in_all_charts(new_app, new_control, view_of) -> None:
    view = view_of(until=(2, 13))
    app = new_app(new_control(view))
    async with app.run_test(size=LARGE) as pilot:
        await pilot.pause()
        goodness, accuracy = (app.screen.query_one(f"#chart-{n}", Chart) for n in (1, 2))
        assert f"g⁺ {view.layers[1].history[-1].goodness_positive:.1f}" in text_of(goodness)
        await pilot.press("left", "left", "left", "right")
        assert goodness.border_title == "Goodness · layer 2 · epoch 12"
        assert accuracy.border_title == "Accuracy % · epoch 32"
        value = view.layers[1].history[11].goodness_positive
        assert f"g⁺ {value:.1f}" in text_of(goodness)
        assert "│" in text_of(goodness)
        await pilot.press("0")
        assert goodness.border_title == "Goodness · layer 2"
        assert "│" not in text_of(goodness)


@pytest.mark.parametrize(
    ("keys", "title"),
    [
        ("y", "log"),
        ("m", "smoothed 0.6"),
        ("m m", "smoothed 0.9"),
        ("w", "last 30"),
        ("plus", "part"),
        ("y m equals_sign", "part, log, smoothed 0.6"),
        ("plus minus", ""),
        ("w w", ""),
    ],
)
async def test_each_choice_stands_in_the_title(
    new_app, new_control, view_of, keys: str, title: str
) -> None:
    app = new_app(new_control(view_of(until=(2, 13))))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        await pilot.press("2", *keys.split())
        shown = app.screen.query_one("#chart-2", Chart).border_title
        assert shown == " · ".join(part for part in ("Accuracy %", title) if part)


async def test_the_unit_of_the_axis_is_chosen(new_app, new_control, view_of) -> None:
    app = new_app(new_control(view_of(until=(2, 13))))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        chart = app.screen.query_one("#chart-1", Chart)
        for unit in ("step", "seconds", "epoch"):
            await pilot.press("x")
            assert text_of(chart).rstrip().endswith(unit)


async def test_the_mouse_points_and_zooms(new_app, new_control, view_of) -> None:
    app = new_app(new_control(view_of(until=(2, 13))))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        chart = app.screen.query_one("#chart-1", Chart)
        left = chart.size.width // 4
        await pilot.click(Chart, offset=(left, 5))
        assert chart.drawn.cursor is not None
        assert 1 < chart.drawn.cursor < 8
        panes = app.screen.panes
        for event, span in ((MouseScrollUp, True), (MouseScrollDown, False)):
            chart.post_message(event(chart, left, 5, 0, -1, 0, False, False, False, left, 5, None))
            await pilot.pause()
            assert (panes._reading.span is not None) == span
        await pilot.press("plus", "plus")
        before = panes._reading.span
        chart.post_message(
            MouseScrollDown(chart, left, 5, 0, 1, 0, True, False, False, left, 5, None)
        )
        await pilot.pause()
        assert before is not None
        assert panes._reading.span[0] > before[0]


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_enter_enlarges_one_chart_and_escape_ends_it(
    new_app, new_control, view_of, size
) -> None:
    app = new_app(new_control(view_of(until=(2, 13))))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        chart = app.screen.query_one("#chart-1", Chart)
        before = chart.size
        await pilot.press("enter")
        await pilot.pause()
        assert chart.size.height > before.height
        assert chart.size.width >= size[0] - 4
        assert not app.screen.query_one(LayerTable).display
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, LiveScreen)
        assert chart.size == before
        assert app.screen.query_one(LayerTable).display


async def test_values_at_the_cursor_move_to_the_title_where_there_is_no_room(
    new_app, new_control, view_of
) -> None:
    app = new_app(new_control(view_of(until=(2, 13))))
    async with app.run_test(size=(36, 20)) as pilot:
        await pilot.pause()
        await pilot.press("left")
        title = str(app.screen.query_one("#chart-1", Chart).border_title)
        assert "epoch 13 · θ 15.0 · g⁻" in title


async def test_the_help_names_the_charts_keys_as_they_are_bound(
    new_app, new_control, view_of
) -> None:
    app = new_app(new_control(view_of(until=(1, 3))))
    async with app.run_test(size=LARGE) as pilot:
        await pilot.pause()
        await pilot.press("question_mark")
        keys = dict(app.screen.keys)
        for key in ("y", "x", "m", "w", "0", "+", "-", "[", "]"):
            assert keys[key].startswith("Charts: ")


async def test_no_key_fails_before_the_first_epoch(new_app, new_control, view_of) -> None:
    app = new_app(new_control())
    keys = "left right plus minus shift+left shift+right w y x m enter left enter 0"
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        await pilot.press(*keys.split())
        assert app.screen.panes._reading.cursor == AS_IT_IS.cursor


async def test_enter_enlarges_the_chart_that_is_shown(new_app, new_control, view_of) -> None:
    app = new_app(new_control(view_of(until=(2, 13))))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: app.screen.query_one("#chart-2", Chart).has_class("-large"))
        assert not app.screen.query_one("#chart-1", Chart).display
