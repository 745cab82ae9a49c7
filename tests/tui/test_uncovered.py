"""A screen under another one neither looks nor paints; one that does not change writes nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from fftui.runs.view import RunView
from fftui.tui.app import FFTUIApp
from fftui.tui.screens.live_screen import LiveScreen
from fftui.tui.screens.runs_screen import RunsScreen

from .on_screen import until

SIZE = (80, 24)


@pytest.mark.parametrize("keys", [["question_mark"], ["q"], ["ctrl+p"], ["t"], ["g"]])
async def test_a_covered_run_rests_and_catches_up(
    new_app: Callable[..., FFTUIApp],
    new_control: Callable[..., Any],
    view_of: Callable[..., RunView],
    keys: list[str],
) -> None:
    control = new_control(view_of(until=(1, 2)))
    app = new_app(control)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        live = app.screen
        assert isinstance(live, LiveScreen)
        await pilot.press(*keys)
        await pilot.pause(0.1)
        shown = live.panes._view
        control.view = view_of(until=(2, 5))
        await pilot.pause(0.7)
        assert live.panes._view is shown
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is live)
        await until(pilot, lambda: live.panes._view is control.view)


async def test_the_covered_list_of_runs_is_not_read(
    new_app: Callable[..., FFTUIApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fftui.tui.screens.runs_screen.READ_EVERY_S", 0.1)
    app = new_app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        screen = app.screen
        assert isinstance(screen, RunsScreen)
        await pilot.press("question_mark")
        await pilot.pause(0.2)
        reads: list[int] = []
        monkeypatch.setattr(screen._backend, "listed", lambda: reads.append(1) or [])
        await pilot.pause(0.5)
        assert not reads
        await pilot.press("escape")
        await until(pilot, lambda: bool(reads))


async def test_a_finished_run_paints_nothing(
    new_app: Callable[..., FFTUIApp],
    new_control: Callable[..., Any],
    view_of: Callable[..., RunView],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = new_app(new_control(view_of(), alive=False))
    async with app.run_test(size=SIZE) as pilot:
        painted: list[object] = []
        monkeypatch.setattr(app, "_display", lambda screen, what: painted.append(what))
        for _ in range(20):  # the first pictures may take a while on a busy machine
            painted.clear()
            await pilot.pause(0.8)
            if not painted:
                break
        assert not painted
