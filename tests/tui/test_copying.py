import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from fftui.tui.app import FFTUIApp
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.runs_screen import RunsScreen
from fftui.tui.widgets.chart import Chart
from fftui.tui.widgets.row_list import RowList

from .on_screen import LARGE, SMALL, add_run, text_of, until


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> Callable[[FFTUIApp], str]:
    """The text that the terminal was last asked to copy."""
    monkeypatch.delenv("TMUX", raising=False)
    return lambda app: app.clipboard


async def ask(pilot, key: str) -> ConfirmDialog:
    """Ask what there is to copy, and choose by `key`."""
    await pilot.press("Y")
    await pilot.pause()
    dialog = pilot.app.screen
    assert isinstance(dialog, ConfirmDialog)
    await pilot.press(key)
    await pilot.pause()
    return dialog


async def test_the_values_at_the_cursor_and_the_layers_are_copied(
    new_app, new_control, view_of, copied
) -> None:
    app = new_app(new_control(view_of(until=(2, 13))))
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("left", "left")
        chart = app.screen.query_one("#chart-1", Chart)
        assert chart.drawn.cursor is not None
        await ask(pilot, "v")
        first = copied(app).splitlines()[0]
        assert first.startswith(f"Goodness · layer 2: epoch {chart.drawn.cursor:.0f}, ")
        for series, value in chart.drawn.labelled:
            assert f"{series.name} {chart.drawn.format_value(value)}" in first
        await ask(pilot, "l")
        head, *rows = (line.split("\t") for line in copied(app).splitlines())
        assert head[0] == "layer"
        assert [row[0] for row in rows] == ["1", "2", "3", "4"]
        assert {len(row) for row in rows} == {len(head)}
        await ask(pilot, "escape")


async def test_a_row_the_table_and_the_command_lines_of_a_run_are_copied(
    new_app, tmp_path: Path, copied
) -> None:
    runs = [add_run(tmp_path / "runs", [], status="finished") for _ in range(2)]
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        await until(pilot, lambda: len(app.screen.query_one(RowList).items) == 2)
        dialog = await ask(pilot, "c")
        current = app.screen.run_shown
        assert current in runs
        path = tmp_path / "runs" / current
        assert copied(app) == f"fftui run --config {path / 'experiment.toml'}"
        assert dict(dialog.answers)["i"] == f"id: {current}"
        await ask(pilot, "e")
        assert copied(app) == f"fftui resume {current} --runs {path.parent}"
        await ask(pilot, "r")
        assert "mnist-mini" in copied(app).split("\t")
        await ask(pilot, "t")
        assert len(copied(app).splitlines()) == 3


@pytest.mark.parametrize("tmux", ["", "/tmp/tmux-1000/default,1,0"])
async def test_the_terminal_is_asked_through_tmux_too(
    new_app, monkeypatch: pytest.MonkeyPatch, tmux: str
) -> None:
    monkeypatch.setenv("TMUX", tmux)
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        written: list[str] = []
        monkeypatch.setattr(app._driver, "write", written.append)
        app.copy_to_clipboard("θ = 2")
        encoded = base64.b64encode("θ = 2".encode()).decode()
        passed_on = f"\x1bPtmux;\x1b\x1b]52;c;{encoded}\a\x1b\\"
        assert written == [f"\x1b]52;c;{encoded}\a", *([passed_on] if tmux else [])]


async def test_nothing_to_copy_is_said(new_app, monkeypatch: pytest.MonkeyPatch, copied) -> None:
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        await pilot.press("Y")
        await pilot.pause()
        assert isinstance(app.screen, RunsScreen)
        assert copied(app) == ""
        assert text_of(app.screen.query_one(RowList))
