"""The theme that was chosen stays chosen."""

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from fftui.tui.preferences import PreferencesFile
from fftui.tui.themes import DARK, LIGHT, brightness_of_256, defaults, first_theme

from .on_screen import SMALL


async def test_the_theme_that_was_chosen_is_there_at_the_next_start(
    new_app, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        assert app.theme == DARK.name
        await pilot.pause()
        assert PreferencesFile().preferences.theme is None  # nothing was chosen yet
        await pilot.press("ctrl+t")
        await pilot.pause()
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        assert app.theme == LIGHT.name
        app.theme = "nord"  # as from the palette's list of Textual's themes
        await pilot.pause()
    assert new_app().theme == "nord"
    monkeypatch.setenv("NO_COLOR", "1")
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        assert app.theme == "ansi-dark"
        await pilot.press("ctrl+t")
        await pilot.pause()
    assert PreferencesFile().preferences.theme == "nord"


def test_what_is_set_for_a_terminal_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TEXTUAL_THEME", "COLORFGBG"):
        monkeypatch.delenv(name, raising=False)
    offered = {"ansi-dark", "ansi-light", "nord", DARK.name, LIGHT.name}
    assert first_theme(offered, "nord") == "nord"
    assert first_theme(offered, "of a later version") == DARK.name
    monkeypatch.setenv("COLORFGBG", "0;15")
    assert first_theme(offered) == LIGHT.name
    monkeypatch.setenv("NO_COLOR", "1")
    assert first_theme(offered, "nord") == "ansi-light"
    monkeypatch.setenv("TEXTUAL_THEME", "nord")
    assert first_theme(offered) == "nord"


@pytest.mark.parametrize("theme", [*BUILTIN_THEMES.values(), DARK, LIGHT], ids=lambda t: t.name)
def test_the_row_with_the_cursor_is_seen_with_256_colours(theme: Theme) -> None:
    if theme.ansi:  # the terminal's own colours: that row is bold
        return
    colours = defaults(theme) | theme.to_color_system().generate() | theme.variables
    lit, paper, ink = (
        brightness_of_256(Color.parse(colours[name]))
        for name in ("lit", "background", "foreground")
    )
    assert (lit - paper) * (ink - paper) > 0
