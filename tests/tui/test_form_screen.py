"""The form: fields that check as one types, and are not lost."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import tomli_w
from textual.pilot import Pilot

from fftui.own_presets import save_preset
from fftui.presets import load_preset, read_preset
from fftui.runs import expectation
from fftui.tui.app import FFTUIApp
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.form_screen import FormScreen
from fftui.tui.screens.line_dialog import LineDialog
from fftui.tui.screens.live_screen import LiveScreen
from fftui.tui.screens.presets_screen import FirstFactsLoaded
from fftui.tui.widgets.cell_text import Paragraphs
from fftui.tui.widgets.row_list import RowList
from fftui.tui.widgets.value_input import ValueInput

from .on_screen import LARGE, SMALL, add_run, both_sizes, go_to, text_of, until


async def test_d_takes_the_next_data_set_to_the_form(new_app: Callable[..., FFTUIApp]) -> None:
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        await go_to(pilot, "paper/ff")
        await pilot.press("d", "enter")
        await pilot.pause()
        assert isinstance(app.screen, FormScreen)
        assert app.screen.experiment is not None
        assert app.screen.experiment.data.name == "fashion-mnist"
        assert app.screen.experiment.phases[0].threshold == 10  # type: ignore[union-attr]


@both_sizes
async def test_the_form_checks_as_one_types_and_starts(
    new_app, new_control, monkeypatch, size
) -> None:
    app, started = new_app(), []
    monkeypatch.setattr(
        app.backend, "start", lambda e, preset: started.append((e, preset)) or ("id", new_control())
    )
    async with app.run_test(size=size) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        form = app.screen
        assert isinstance(form, FormScreen)
        assert form.field is not None
        assert form.field.path == "phases.0.epochs"
        await pilot.press("ctrl+u", "x")
        await pilot.pause()
        assert form.experiment is None
        assert "phases.0.epochs" in text_of(form.query_one("#editor-about", Paragraphs))
        assert "does not fit" in text_of(form.query_one(RowList))
        await pilot.press("enter")
        await pilot.pause()
        assert app.screen is form
        assert not started
        await pilot.press("backspace", "7")
        await pilot.pause()
        assert "everything fits" in text_of(form.query_one("#editor-about", Paragraphs))
        await pilot.press(
            "up", "up", "down", "down", "down", "tab", "shift+tab", "pageup", "pagedown", "enter"
        )
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        await until(pilot, lambda: bool(started))
        assert started[0][0].phases[0].epochs == 7
        assert started[0][1] == "quickstart"


async def test_choices_are_gone_through_with_keys(new_app) -> None:
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        form = app.screen
        assert isinstance(form, FormScreen)
        form._show("precision")
        await pilot.pause()
        await pilot.press("right")
        assert form.query_one(ValueInput).value == "float32"
        await pilot.press("b")
        assert form.query_one(ValueInput).value == "bfloat16"
        await pilot.press("left", "left", "backspace", "x")
        assert form.query_one(ValueInput).value == "auto"
        await pilot.press("right")
        await pilot.pause()
        assert form.experiment is not None
        assert form.experiment.precision == "float32"
        await pilot.press("ctrl+r")
        await pilot.pause()
        assert form.experiment is not None
        assert form.experiment.precision == "auto"


async def test_another_kind_and_rule_bring_their_fields_and_undo_edits(new_app) -> None:
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        await pilot.pause()
        await go_to(pilot, "paper/ff")
        await pilot.press("enter")
        await pilot.pause()
        form = app.screen
        assert isinstance(form, FormScreen)
        await pilot.press("ctrl+u", "3")

        async def choose(path: str, key: str) -> None:
            form._show(path)
            await pilot.pause()
            await pilot.press(key)
            await pilot.pause()

        await choose("model.layers.0.kind", "c")
        assert "channels" in text_of(form.query_one(RowList))
        assert form.experiment is not None
        assert form.experiment.model.layers[0].kind == "convolution"
        await choose("phases.0.rule", "b")
        head = next(field for field in form.draft.fields if field.path == "model.head")
        assert head.text == "on"
        await choose("model.head", "left")
        assert form.experiment is None
        assert "backprop needs a classifier" in text_of(form.query_one("#editor-about", Paragraphs))
        await pilot.press("left")
        await pilot.pause()
        assert form.experiment is not None
        await choose("phases.0.rule", "l")
        assert form.experiment is not None
        assert form.experiment.model.label.encoding == "none"


async def test_another_data_set_brings_its_values_and_keeps_the_changes(new_app) -> None:
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        await pilot.pause()
        await go_to(pilot, "paper/ff")
        await pilot.press("enter")
        await pilot.pause()
        form = app.screen
        assert isinstance(form, FormScreen)
        await pilot.press("ctrl+u", "3")
        form._show("data.name")
        await pilot.pause()
        await pilot.press("f")
        await pilot.pause()
        made = form.experiment
        assert made is not None
        assert (made.data.name, made.phases[0].epochs) == ("fashion-mnist", 3)
        assert made.phases[0].threshold == 10  # type: ignore[union-attr]
        await pilot.press("m")
        await pilot.pause()
        while form.query_one(ValueInput).value != "mnist-mini":
            await pilot.press("m")
            await pilot.pause()
        if "mnist-mini" not in read_preset("paper/ff").data_sets:
            assert form.experiment is None


async def test_quitting_asks_before_changes_in_the_form_are_lost(new_app) -> None:
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("enter", "ctrl+u", "7")
        await pilot.press("ctrl+c")
        assert isinstance(app.screen, ConfirmDialog)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, FormScreen)
        await until(pilot, lambda: app.screen.query_one(ValueInput).value == "7")
        await pilot.press("ctrl+q", "y")
        await pilot.pause()
    assert app.return_value == "quit"


async def test_the_footer_offers_no_key_that_the_form_types(new_app) -> None:
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        assert {"q", "question_mark", "l"} <= set(app.screen.active_bindings)
        await pilot.press("enter")
        await pilot.pause()
        keys = app.screen.active_bindings
        assert not {"q", "question_mark", "l"} & set(keys)
        assert {"ctrl+q", "f1", "enter", "escape"} <= set(keys)


async def form_of(pilot: Pilot, preset: str = "quickstart") -> FormScreen:
    await pilot.pause()
    await go_to(pilot, preset)
    await pilot.press("enter")
    await pilot.pause()
    assert isinstance(pilot.app.screen, FormScreen)
    return pilot.app.screen


@both_sizes
async def test_layers_are_added_moved_and_removed_in_place(new_app, size) -> None:
    app = new_app()
    async with app.run_test(size=size) as pilot:
        form = await form_of(pilot, "paper/ff")
        assert "ctrl+n" in form.active_bindings, "the cursor is in a phase"
        form._show("model.layers.1.units")
        await pilot.pause()
        await pilot.press("ctrl+u", "7", "ctrl+n")
        await pilot.pause()
        assert form.field is not None
        assert form.field.path == "model.layers.2.kind", "where the kind of the new one is chosen"
        assert "layer 3 · new" in text_of(form.query_one(RowList))
        await pilot.press("right")
        await pilot.press("shift+up")
        await pilot.pause()
        assert form.field.path == "model.layers.1.kind"
        kinds = [layer["kind"] for layer in form.draft.values["model"]["layers"]]
        assert kinds == ["fully-connected", "convolution", *["fully-connected"] * 3]
        assert form.unsaved == "2 changes", "the units, and the new layer"
        await pilot.press("ctrl+d")
        await pilot.pause()
        assert form.experiment is not None
        assert [layer.units for layer in form.experiment.model.layers] == [2000, 7, 2000, 2000]
        form._show("seed")
        await pilot.pause()
        assert "ctrl+n" not in form.active_bindings


async def test_the_last_phase_stays(new_app) -> None:
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        form = await form_of(pilot)
        await pilot.press("ctrl+d")
        await pilot.pause()
        assert form.experiment is not None
        assert len(form.experiment.phases) == 1
        await pilot.press("ctrl+n", "ctrl+d")
        await pilot.pause()
        assert form.unsaved == ""


@pytest.mark.parametrize("size", [(60, 16), SMALL, LARGE], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_change_is_marked_and_the_presets_value_is_beside_it(new_app, size) -> None:
    app = new_app()
    async with app.run_test(size=size) as pilot:
        form = await form_of(pilot)
        await pilot.press("ctrl+u", "7")
        await pilot.pause()
        rows, about = form.query_one(RowList), form.query_one("#editor-about", Paragraphs)
        (changed,) = [line for line in text_of(rows).splitlines() if "•" in line]
        assert "epochs" in changed
        assert {"7", "20"} <= set(changed.split())
        assert "preset 20" in text_of(about)
        assert "default 60" in text_of(about)
        assert "1 change" in str(rows.border_title)
        await pilot.press("ctrl+r")
        await pilot.pause()
        assert "•" not in text_of(rows)
        assert form.query_one(ValueInput).value == "20"


async def test_all_changes_are_undone_after_asking(new_app) -> None:
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        form = await form_of(pilot)
        await pilot.press("ctrl+u", "7", "ctrl+n", "ctrl+o")
        assert isinstance(app.screen, ConfirmDialog)
        await pilot.press("y")
        await pilot.pause()
        assert form.unsaved == ""
        assert form.draft.count == 0


async def test_leaving_asks_before_changes_are_lost(new_app) -> None:
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        form = await form_of(pilot)
        await pilot.press("ctrl+u", "7", "escape")
        assert isinstance(app.screen, ConfirmDialog)
        assert "1 change" in app.screen.question
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is form
        await pilot.press("escape", "y")
        await until(pilot, lambda: app.screen is app.presets_screen)
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.presets_screen)


async def test_an_experiment_is_saved_as_a_preset_and_deleted(new_app, own_folder: Path) -> None:
    app = new_app()
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        form = await form_of(pilot)
        await pilot.press("ctrl+u", "7", "ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, LineDialog))
        await pilot.press(*"ff", "enter")
        assert isinstance(app.screen, LineDialog), "that name is taken by fftui"
        await pilot.press(*"-short", "enter")
        await until(pilot, lambda: app.screen is form)
        assert (own_folder / "ff-short.toml").is_file()
        assert (form.preset, form.unsaved, form.draft.count) == ("ff-short", "", 0)
        await pilot.press("escape")
        presets = app.presets_screen
        await until(pilot, lambda: "ff-short" in text_of(presets.query_one(RowList)))
        assert "◇ ff-short" in text_of(presets.query_one(RowList))
        assert "X" not in presets.active_bindings, "the cursor is on quickstart"
        await pilot.press("down")
        assert str(own_folder) in text_of(presets.query_one("#about", Paragraphs))
        await pilot.press("X", "y")
        await until(pilot, lambda: "ff-short" not in text_of(presets.query_one(RowList)))
        assert not (own_folder / "ff-short.toml").exists()


async def test_an_own_preset_is_overwritten_only_after_a_question(
    new_app, own_folder: Path
) -> None:
    save_preset("mine", load_preset("quickstart", overrides={"seed": 3}), "quickstart")
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        form = await form_of(pilot, "◇ mine")
        await pilot.press("ctrl+u", "7", "ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, LineDialog))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is form)
        assert load_preset("mine").phases[0].epochs == 20
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, LineDialog))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        await pilot.press("y")
        await until(pilot, lambda: app.screen is form)
        assert (load_preset("mine").phases[0].epochs, load_preset("mine").seed) == (7, 3)


async def test_what_takes_too_much_memory_is_not_started(new_app, monkeypatch) -> None:
    app, started = new_app(), []
    monkeypatch.setattr(expectation, "memory_there_bytes", lambda rates=None: 1e8)
    monkeypatch.setattr(app.backend, "start", lambda *asked: started.append(asked))
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        form = await form_of(pilot)
        assert "smaller" in text_of(form.query_one("#editor-about", Paragraphs))
        await pilot.press("enter")
        await pilot.pause()
        assert app.screen is form
        assert not started


async def test_e_opens_what_a_run_was_asked_to_do(new_app, tmp_path: Path, events_of) -> None:
    asked = load_preset("quickstart", overrides={"phases.0.epochs": 3})
    run = add_run(tmp_path / "runs", list(events_of(layers=2, epochs=2)), status="finished")
    toml = tmp_path / "runs" / run / "experiment.toml"
    toml.write_text(tomli_w.dumps(asked.model_dump(mode="json", exclude_none=True)))
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("r")
        await until(pilot, lambda: run in text_of(app.screen.query_one(RowList)))
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        form = app.screen
        assert isinstance(form, FormScreen)
        assert (form.experiment, form.preset) == (asked, "quickstart")
        assert form.draft.changes == {"phases.0.epochs": "20"}
        assert form.unsaved == "", "nothing was edited"
        await pilot.press("escape")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        await until(pilot, lambda: app.screen.source.view.started is not None)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))


async def test_a_set_that_is_not_here_is_marked(new_app) -> None:
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        screen = app.presets_screen
        await until(pilot, lambda: bool(screen._facts.presets))
        listed = replace(screen._facts, sets=frozenset({"mnist-mini", "mnist"}))
        screen.post_message(FirstFactsLoaded(listed))
        await until(pilot, lambda: screen._facts is listed)
        await pilot.press("d", "d")
        await pilot.pause()
        assert "✗ fashion-mnist" in text_of(screen.query_one(RowList))
        assert "fftui data get cifar10" in text_of(screen.query_one("#about", Paragraphs))


async def test_too_little_room_on_the_disk_is_warned_of(new_app, monkeypatch) -> None:
    monkeypatch.setattr("fftui.runs.disk_room.free_bytes", lambda folder: 1e6)
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        about = (await form_of(pilot)).query_one("#editor-about", Paragraphs)
        await until(pilot, lambda: "may not fit on the disk" in text_of(about))
        assert "MB of 1.0 MB" in text_of(about)
