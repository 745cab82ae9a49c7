"""The form with keys that come faster than they are handled, as over SSH."""

from pathlib import Path

from textual.pilot import Pilot

from fftui.presets import load_preset
from fftui.tui.screens.form_screen import FormScreen
from fftui.tui.widgets.row_list import RowList
from fftui.tui.widgets.value_input import ValueInput

from .on_screen import LARGE, SMALL, burst, until


async def opened(pilot: Pilot) -> FormScreen:
    """The form of the first preset."""
    await pilot.press("enter")
    await pilot.pause()
    assert isinstance(pilot.app.screen, FormScreen)
    return pilot.app.screen


async def test_a_value_typed_fast_before_enter_is_in_the_run(
    new_app, new_control, monkeypatch
) -> None:
    app, started = new_app(), []
    monkeypatch.setattr(
        app.backend, "start", lambda e, preset: started.append(e) or ("id", new_control())
    )
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        await burst(pilot, "ctrl+u", "7", "enter")
        await until(pilot, lambda: bool(started))
        assert started[0].phases[0].epochs == 7


async def test_values_typed_fast_stand_in_the_fields_they_were_typed_in(new_app) -> None:
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        form = await opened(pilot)
        below = form._rows[form.query_one(RowList).index + 1].field
        assert below is not None
        await burst(pilot, "ctrl+u", "5", "0", "down", "ctrl+u", "6", "4", "up", "down", "tab")
        texts = {each.path: each.text for each in form.draft.fields}
        assert texts["phases.0.epochs"] == "50"
        assert texts[below.path] == "64"
        assert form.draft.count == 2
        assert form.field is not None
        assert form.query_one(ValueInput).value == form.field.text


async def test_a_value_belongs_to_its_field_when_another_row_is_already_chosen(new_app) -> None:
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        form = await opened(pilot)
        form.query_one(ValueInput).value = "50"
        form.action_move(1)
        await pilot.pause()
        texts = {each.path: each.text for each in form.draft.fields}
        assert texts["phases.0.epochs"] == "50"
        assert form.draft.count == 1


async def test_a_preset_is_saved_under_a_name_typed_fast(new_app, own_folder: Path) -> None:
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        await burst(pilot, "ctrl+u", "7", "ctrl+s", *"mine", "enter")
        await until(pilot, (own_folder / "mine.toml").is_file)
        assert load_preset("mine").phases[0].epochs == 7
