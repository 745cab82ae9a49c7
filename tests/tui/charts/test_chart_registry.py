from collections.abc import Iterator

import pytest

from fftui.errors import RequestError
from fftui.runs.layer_view import LayerView
from fftui.runs.view import RunView
from fftui.tui.charts.cell_plot import Series
from fftui.tui.charts.chart_registry import CHARTS, make_chart, register_chart
from fftui.tui.charts.chart_spec import ChartSpec
from fftui.tui.charts.fitting import window_for
from fftui.tui.screens.live_screen import LiveScreen
from fftui.tui.widgets.chart import Chart


def loss_of_all(view: RunView, selected: LayerView | None) -> ChartSpec:
    points = tuple((float(e.epoch), e.loss or 0.0) for row in view.layers for e in row.history)
    line = Series("loss of all", points)
    return ChartSpec((line,), window_for([line], left=1, right=20))


def failing(view: RunView, selected: LayerView | None) -> ChartSpec:
    msg = "no such thing"
    raise ValueError(msg)


@pytest.fixture
def clean() -> Iterator[None]:
    before = dict(CHARTS)
    yield
    CHARTS.clear()
    CHARTS.update(before)


@pytest.mark.parametrize("name", list(CHARTS))
def test_every_chart_has_help_and_draws_a_run_at_every_moment(name, view_of) -> None:
    chart = CHARTS[name]
    assert chart.title
    assert chart.help
    for view in (RunView(), view_of(until=(1, 1)), view_of()):
        for selected in (None, *view.layers):
            spec = make_chart(chart, view, selected)
            assert spec.series or spec.note
            assert "failed" not in spec.note


@pytest.mark.usefixtures("clean")
def test_a_name_is_taken_once_and_parts_exist() -> None:
    with pytest.raises(RequestError, match="registered already"):
        register_chart("goodness", "Goodness", loss_of_all)
    with pytest.raises(RequestError, match="no field 'weights'"):
        register_chart("weights", "Weights", loss_of_all, parts=["weights"])


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize("function", [failing, "no.such.module:function", "fftui:nothing"])
def test_a_chart_that_fails_says_so_in_its_pane(function) -> None:
    register_chart("broken", "Broken", function)
    assert "chart broken failed: " in make_chart(CHARTS["broken"], RunView(), None).note


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize(("size", "shown"), [((80, 24), 2), ((120, 40), 2), ((200, 50), 3)])
async def test_a_chart_from_outside_is_on_the_live_screen(
    new_app, new_control, view_of, size, shown
) -> None:
    for name in CHARTS.keys() - {"goodness", "accuracy"}:
        del CHARTS[name]
    register_chart("loss of all", "Loss of all layers", loss_of_all, help="the loss of all layers.")
    app = new_app(new_control(view_of(until=(2, 5))))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert isinstance(app.screen, LiveScreen)
        charts = [app.screen.query_one(f"#chart-{n}", Chart) for n in (1, 2, 3)]
        titles = ["Goodness · layer 2", "Accuracy %", "Loss of all layers"]
        assert [chart.border_title for chart in charts[:shown]] == titles[:shown]
        assert app.screen.panes.hidden_charts == 3 - shown
        if shown == 2:
            await pilot.press("v", "v")
            assert charts[0].border_title == "Loss of all layers"
            assert charts[0].spec.series[0].name == "loss of all"
        await pilot.press("question_mark")
        assert "Loss of all layers: the loss of all layers." in app.screen.text
