"""What lies over every screen: that the terminal is too small, and what learns meanwhile."""

import pytest

from fftui import events as ev
from fftui.tui.screens.live_screen import LiveScreen
from fftui.tui.screens.presets_screen import PresetsScreen
from fftui.tui.screens.runs_screen import RunsScreen
from fftui.tui.widgets.over_screen import LearningSign

from .on_screen import SMALL, until
from .pictures import signs


async def test_a_terminal_that_is_too_small_says_so_in_one_line(
    new_app, new_control, view_of
) -> None:
    app = new_app(new_control(view_of(until=(2, 5))))
    async with app.run_test(size=(60, 16)) as pilot:
        await until(pilot, lambda: "Layers" in signs(app))
        for width, height in ((59, 16), (60, 15), (40, 10)):
            await pilot.resize_terminal(width, height)
            line = f"fftui needs 60x16 cells, has {width}x{height}"
            await until(pilot, lambda line=line: signs(app).strip() == line)
        await pilot.press("g")  # a screen that is opened now is covered too
        await until(pilot, lambda: not isinstance(app.screen, LiveScreen))
        await until(pilot, lambda: signs(app).strip() == line)
        await pilot.resize_terminal(60, 16)
        await until(pilot, lambda: "needs 60x16" not in signs(app))
        await pilot.press("escape")
        await until(pilot, lambda: "Layers" in signs(app))


async def test_other_screens_say_what_learns_meanwhile(
    new_app, new_control, view_of, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fftui.tui.launching.LOOK_EVERY_S", 0.05)
    control = new_control(view_of(until=(2, 5)))
    app = new_app(control)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        await pilot.pause(0.2)
        assert not app.screen.query_one(LearningSign).text  # its header says it
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.screen, PresetsScreen))
        for key, back, row in (("r", "b", 0), ("s", "b", 0), ("enter", "escape", 0), ("", "", 1)):
            if key:
                await pilot.press(key)
                await until(pilot, lambda: not isinstance(app.screen, PresetsScreen))
            await until(
                pilot, lambda row=row: signs(app).splitlines()[row].endswith("learning 31%")
            )
            if back:
                await pilot.press(back)
                await until(pilot, lambda: isinstance(app.screen, PresetsScreen))
        await pilot.click(LearningSign)
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        await pilot.press("b")
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        await until(pilot, lambda: "learning 31%" in signs(app))
        end = ev.RunFinished("finished", 0.97, (), 60.0, None)
        control.view, control.alive = control.view.after(2e9, end), False
        await until(pilot, lambda: "learning 31%" not in signs(app))
