"""The table of layers: names of any width, and several rows that learn at once."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.cells import cell_len

from fftui import events as ev
from fftui.runs.layer_view import EpochPart
from fftui.runs.view import RunView
from fftui.tui.app import FFTUIApp
from fftui.tui.widgets.layer_table import LayerTable
from fftui.tui.widgets.run_status import ProgressLine

from .on_screen import until


def rows_of(table: LayerTable) -> list[str]:
    lines = table.rows(table.size.width, table.size.height)
    return ["".join(text for text, _ in line.spans) for line in lines]


@pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=["80x24", "200x50"])
async def test_convolutions_that_learn_in_parallel(
    new_app: Callable[..., FFTUIApp], new_control, parallel_view_of, size
) -> None:
    app = new_app(new_control(parallel_view_of(until=7)))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        table = app.screen.query_one(LayerTable)
        head, *layers = rows_of(table)
        assert len(layers) == 3
        assert all("● learning" in row and "7/20" in row for row in layers)
        assert {cell_len(row) for row in layers} == {cell_len(head)}
        assert cell_len(head) <= size[0]
        assert "→32×14×14" in layers[0]
        assert ("1×28×28→32×14×14" in layers[0]) == (size[0] == 200)
        assert "accuracy: train images" in str(table.border_title)
        assert "softmax head: 91.91 %" in str(table.border_title)
        progress = app.screen.query_one(ProgressLine)
        words = "".join(
            t for line in progress.rows(size[0], progress.size.height) for t, _ in line.spans
        )
        assert "3 layers, epoch 7/20" in words


@pytest.mark.parametrize(
    ("size", "word"),
    [((80, 24), "■ interr."), ((200, 50), "■ interrupted")],
    ids=["80x24", "200x50"],
)
async def test_a_layer_of_an_interrupted_run_does_not_wait(
    new_app: Callable[..., FFTUIApp], new_control, parallel_view_of, size, word: str
) -> None:
    end = ev.RunFinished("interrupted", None, (), 1.0, None)
    app = new_app(new_control(parallel_view_of(until=7).after(2000.0, end)))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        head, *layers = rows_of(app.screen.query_one(LayerTable))
        assert all(f"{word} " in row and "7/20" in row for row in layers)
        assert {cell_len(row) for row in layers} == {cell_len(head)}


@pytest.mark.parametrize("ascii_only", [False, True], ids=["all signs", "ASCII"])
async def test_a_paused_layer_is_not_said_to_learn(
    new_app: Callable[..., FFTUIApp], new_control, parallel_view_of, ascii_only: bool
) -> None:
    view = parallel_view_of(until=7).after(2000.0, ev.StatusChanged("paused"))
    app = new_app(new_control(view), ascii_only=ascii_only)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        _, *layers = rows_of(app.screen.query_one(LayerTable))
        assert all(f"{'=' if ascii_only else '‖'} paused " in row for row in layers)


async def test_a_first_epoch_that_takes_long_shows_what_it_has_brought(
    new_app: Callable[..., FFTUIApp], new_control, parallel_view_of
) -> None:
    view: RunView = parallel_view_of(until=1)
    parts = (EpochPart(0.5, 0.321, 4.75, 1.25),)
    rows = tuple(replace(row, epoch=0, history=(), under_way=parts) for row in view.layers)
    step = ev.Stepped(1, None, 1, 3, 4, 3, 80, 38.0)
    app = new_app(new_control(replace(view, layers=rows, progress=step)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        _, *layers = rows_of(app.screen.query_one(LayerTable))
        assert all("0/20" in row and "0.321" in row and "4.75" in row for row in layers)
        progress = app.screen.query_one(ProgressLine)
        words = "".join(t for line in progress.rows(80, 1) for t, _ in line.spans)
        assert "epoch 1/20, 75%" in words


@pytest.mark.parametrize(
    "label", ["名前" * 20, "3×32×32→1024×100×100", "a" * 60, "1×28×28→" + "9×" * 30]
)
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
async def test_no_name_is_too_wide_for_its_column(
    new_app, new_control, parallel_view_of, label: str, size
) -> None:
    view: RunView = parallel_view_of(until=2)
    wide = replace(view.layers[0], label=label)
    app = new_app(new_control(replace(view, layers=(wide, *view.layers[1:]))))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        head, *layers = rows_of(app.screen.query_one(LayerTable))
        assert {cell_len(row) for row in layers} == {cell_len(head)}


async def test_following_stays_with_the_first_of_several(
    new_app, new_control, parallel_view_of
) -> None:
    control = new_control(parallel_view_of(until=2))
    app = new_app(control)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.screen.panes.selected.number == 1  # type: ignore[attr-defined]
        await pilot.press("down", "down")
        control.view = parallel_view_of(until=3)
        await until(pilot, lambda: app.screen.panes._view is control.view)  # type: ignore[attr-defined]
        assert app.screen.panes.selected.number == 3  # type: ignore[attr-defined]


async def test_the_table_fills_its_height_when_it_grows(
    new_app, new_control, parallel_view_of
) -> None:
    app = new_app(new_control(parallel_view_of(until=2)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        table = app.screen.query_one(LayerTable)
        table.selected = 2
        assert len(table.rows(80, 2)) == 2
        assert len(table.rows(80, 4)) == 4
        assert "1 →32" in "".join(text for text, _ in table.rows(80, 4)[1].spans)
