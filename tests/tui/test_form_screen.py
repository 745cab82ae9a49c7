"""The form: fields that check as one types, and are not lost."""

from collections.abc import Callable

from fftui.tui.app import FFTUIApp
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.form_screen import FormScreen, ValueInput
from fftui.tui.screens.live_screen import LiveScreen
from fftui.tui.widgets.cell_text import Paragraphs
from fftui.tui.widgets.row_list import RowList

from .on_screen import LARGE, SMALL, both_sizes, go_to, text_of, until


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
        form._goto("precision")
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
            form._goto(path)
            await pilot.pause()
            await pilot.press(key)
            await pilot.pause()

        await choose("model.layers.0.kind", "c")
        assert "channels" in text_of(form.query_one(RowList))
        assert form.experiment is not None
        assert form.experiment.model.layers[0].kind == "convolution"
        await choose("phases.0.rule", "b")
        assert "phases.0.epochs" not in form._edits, "the new rule has epochs of its own"
        head = next(field for field in form._fields if field.path == "model.head")
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
        form._goto("data.name")
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
        if "mnist-mini" not in form.preset.data_sets:
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
        assert app.screen.query_one(ValueInput).value == "7"
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
