import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.events import Key

from fftui.presets import load_preset
from fftui.tui.app import FFTUIApp, TorchLoaded
from fftui.tui.messages import StartRun
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.form_screen import FormScreen
from fftui.tui.screens.live_screen import LiveScreen
from fftui.tui.widgets.cell_text import Paragraphs
from fftui.tui.widgets.row_list import RowList
from fftui.tui.widgets.run_status import RunHeader

from .on_screen import LARGE, SMALL, add_run, both_sizes, go_to, text_of, until


def test_the_first_screen_needs_neither_torch_nor_polars_nor_a_chart_nor_a_run() -> None:
    charts = ("fftui.tui.widgets.chart", "fftui.tui.charts.cell_plot")
    runs = ("fftui.runs.view", "fftui.runs.run_thread", "fftui.data.verify")
    late = ("torch", "polars", "numpy", *charts, *runs)
    code = f"import sys, fftui.tui.app; print([m for m in {late} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_what_is_loaded_is_not_searched_for_garbage(new_app, monkeypatch) -> None:
    frozen: list[bool] = []
    monkeypatch.setattr("fftui.tui.app.gc.freeze", lambda: frozen.append(True))
    app = new_app()
    async with app.run_test() as pilot:
        await until(pilot, lambda: len(frozen) == 1)
        app.post_message(TorchLoaded(""))
        await until(pilot, lambda: len(frozen) == 2)


@both_sizes
async def test_presets_are_listed_with_their_accuracies_and_details(
    new_app: Callable[..., FFTUIApp], size
) -> None:
    app = new_app()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        shown = text_of(app.screen.query_one(RowList))
        assert "quickstart" in shown
        assert "97.14" in shown
        await go_to(pilot, "paper/ff")
        assert "paper/ff" in text_of(app.screen.query_one(RowList))
        about = text_of(app.screen.query_one("#about", Paragraphs))
        assert "85.95" in about
        assert "cifar100" in about


async def test_the_time_of_a_recent_run_is_shown_with_its_preset(
    new_app: Callable[..., FFTUIApp], tmp_path: Path
) -> None:
    add_run(tmp_path / "runs", [], status="finished", train_s=133.0, test_accuracy=0.9512)
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: bool(app.presets_screen.recent_runs))
        await pilot.pause()
        assert "2:13" in text_of(app.screen.query_one(RowList))
        assert "95.12" in text_of(app.screen.query_one("#about", Paragraphs))


async def test_the_reason_of_a_refused_start_is_shown(new_app, monkeypatch) -> None:
    app = new_app()

    def refuse(experiment: object, preset: object) -> tuple[str, object]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(app.backend, "start", refuse)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        await until(pilot, lambda: "No space left" in text_of(app.screen.query_one(RunHeader)))
        assert not app.busy


async def test_a_second_run_asks_when_it_is_to_begin(new_app, new_control, view_of) -> None:
    app = new_app(new_control(view_of(until=(1, 2))))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("b", "enter")
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, ConfirmDialog)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, FormScreen)
        assert not app.queue.waiting


async def test_quitting_asks_only_while_a_run_learns(new_app, new_control, view_of) -> None:
    app = new_app(new_control(view_of(until=(1, 2))))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("q")
        await pilot.pause()
        assert isinstance(app.screen, ConfirmDialog)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, LiveScreen)
        await pilot.press("ctrl+c", "k")
        await pilot.pause()
    assert app.return_value == "keep"
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("q")
        await pilot.pause()
    assert app.return_value == "quit"


async def test_keys_in_quick_succession_are_a_question_and_its_answer(
    new_app, new_control, view_of
) -> None:
    for keys, expected in (("qs", ("stop", [])), ("ss", (None, ["stop"]))):
        control = new_control(view_of(until=(1, 2)))
        app = new_app(control)
        async with app.run_test(size=SMALL) as pilot:
            await pilot.pause()
            for key in keys:  # without a pause between them
                app.post_message(Key(key, key))
            await until(pilot, lambda: (app.return_value, control.calls) == expected)  # noqa: B023


async def test_ascii_is_ascii(new_app, new_control, view_of) -> None:
    app = new_app(new_control(view_of(until=(2, 13), gpu=True)), ascii_only=True)
    async with app.run_test(size=LARGE) as pilot:
        await pilot.pause()

        def drawn() -> str:
            return "".join(
                s.text for strip in app.screen._compositor.render_strips() for s in strip
            )

        assert drawn().isascii(), {c for c in drawn() if not c.isascii()}
        await pilot.press("b", "enter")
        await pilot.pause()
        assert drawn().isascii(), {c for c in drawn() if not c.isascii()}
        assert "enter" in drawn()  # where Textual draws a sign


@pytest.mark.parametrize("variable", ["NO_COLOR", "TEXTUAL_THEME", "COLORFGBG"])
async def test_the_terminal_chooses_the_theme(new_app, variable: str, monkeypatch) -> None:
    app = new_app()
    assert app.theme == "fftui-dark"
    value, theme = {
        "NO_COLOR": ("1", "ansi-dark"),
        "TEXTUAL_THEME": ("nord", "nord"),
        "COLORFGBG": ("0;15", "fftui-light"),
    }[variable]
    monkeypatch.setenv(variable, value)
    app = FFTUIApp(app.backend, load_torch=False)
    assert app.theme == theme
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("ctrl+t")
        await pilot.pause()
        assert app.theme != theme


async def test_a_click_on_the_scrollbar_goes_there(new_app) -> None:
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        rows = app.screen.query_one(RowList)
        await until(pilot, lambda: len(rows.items) > rows.size.height)
        await pilot.click(rows, offset=(SMALL[0] - 1, rows.region.height - 1))
        assert rows.index == len(rows.items) - 1
        await pilot.click(rows, offset=(SMALL[0] - 1, 2))
        assert rows.index == 0


async def test_e_opens_what_could_not_be_started_with_its_edits(new_app, monkeypatch) -> None:
    def start(*_: object) -> None:
        raise OSError(28, "No space left on device")

    app, asked = new_app(), load_preset("quickstart", overrides={"phases.0.epochs": 3})
    monkeypatch.setattr(app.backend, "start", start)
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        await pilot.pause()
        app.post_message(StartRun(asked, "quickstart"))
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        await until(pilot, lambda: any("e opens it" in n.message for n in app._notifications))
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        assert (app.screen.experiment, app.screen.preset) == (asked, "quickstart")
        assert app.screen.draft.changes == {"phases.0.epochs": "20"}
