"""The palette: what it offers, and what it draws."""

from pathlib import Path

from textual.command import CommandList, CommandPalette
from textual.widgets import Input

from fftui.tui.app import FFTUIApp
from fftui.tui.screens.form_screen import FormScreen
from fftui.tui.screens.live_screen import LiveScreen
from fftui.tui.screens.runs_screen import RunsScreen

from .on_screen import LARGE, SMALL, add_run, until
from .pictures import signs


async def test_the_palette_offers_what_the_keys_of_the_screen_do(new_app, tmp_path: Path) -> None:
    add_run(tmp_path / "runs", [])
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        offered = [each.name for each in app.commands(app.screen)]
        assert {"Filter", "Order", "Columns", "Tags", "Compare", "Back"} <= set(offered)
        assert len(offered) == len(set(offered))
        await pilot.press("ctrl+p", *"filter")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, Input))
        assert app.focused is app.screen.query_one("#filter")


async def test_the_palette_has_no_sign_that_ascii_lacks(new_app) -> None:
    app = new_app(ascii_only=True)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: "Search for commands" in signs(app))
        assert "??" not in signs(app)


async def test_the_cursor_of_the_palette_sends_nothing(new_app) -> None:
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await until(pilot, lambda: bool(app.screen.query(Input)))
        assert not app.screen.query_one(Input).cursor_blink


async def test_the_palette_offers_presets_and_runs(new_app, tmp_path: Path) -> None:
    run = add_run(tmp_path / "runs", [])
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        await until(pilot, lambda: bool(app.presets_screen.recent_runs))
        await pilot.press("ctrl+p", *"open run")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        assert app.screen.source.run == run  # type: ignore[attr-defined]
        await pilot.press("b", "ctrl+p", *"set up paper/ff")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))


async def test_screens_stand_before_what_is_textuals_and_presets_last(new_app) -> None:
    assert len(FFTUIApp.COMMANDS) == 1  # several would be in a set's order
    app = new_app()
    async with app.run_test(size=(80, 24)):
        names = [each.name for each in app.commands(app.screen)]
    assert names[0] == "Runs"
    assert names.index("Copy") < names.index("Theme") < names.index("Set up quickstart")
    assert {"Screenshot", "Help", "Quit"} <= set(names)
    assert "Keys" not in names


async def test_the_last_entry_is_in_sight_on_a_small_terminal(new_app) -> None:
    app = new_app()
    async with app.run_test(size=(60, 16)) as pilot:
        last = f"Set up {app.backend.presets()[-1].name}"
        await pilot.press("ctrl+p")
        await until(
            pilot,
            lambda: any(
                last in str(entry.prompt)
                for entries in app.screen.query(CommandList)
                for entry in entries.options
            ),
        )
        await pilot.press("ctrl+end")
        await until(pilot, lambda: last in signs(app))
