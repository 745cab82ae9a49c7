"""The footer: its keys are made when they differ, with the width that they keep."""

from dataclasses import replace

from textual.widgets._footer import FooterKey

from fftui.tui.widgets.footer import Footer

from .on_screen import LARGE, until
from .pictures import signs


async def test_keys_are_made_anew_only_where_they_differ(new_app) -> None:
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        footer = app.screen.query_one(Footer)
        await until(pilot, lambda: bool(footer.query(FooterKey)))
        await pilot.pause()
        before = [*footer.query(FooterKey)]
        assert {key.compact for key in before if not key.has_class("-command-palette")} == {False}
        assert not any(key.has_class("-compact") for key in before if not key.compact)
        app.screen.refresh_bindings()
        await pilot.pause(0.1)
        assert [*footer.query(FooterKey)] == before
        assert "d" in {key.key for key in before}
        app.screen._presets = [replace(each, data_sets=("mnist",)) for each in app.screen._presets]
        app.screen.refresh_bindings()
        await until(pilot, lambda: "d" not in {key.key for key in footer.query(FooterKey)})


async def test_keys_without_room_are_left_out_but_help_and_quit_are_there(
    new_app, new_control, view_of
) -> None:
    app = new_app(new_control(view_of(until=(2, 5))))
    async with app.run_test(size=(60, 16)) as pilot:
        kept = " p Pause  s Stop  n Next  g System  b Back  ? Help  q Quit"
        await until(pilot, lambda: signs(app).splitlines()[-1] == kept)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "i Look" in signs(app).splitlines()[-1])
        await pilot.resize_terminal(60, 16)
        await until(pilot, lambda: signs(app).splitlines()[-1] == kept)
