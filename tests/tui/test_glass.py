"""What the terminal gets: values as they are, readable colours, ASCII where it is wanted."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import Color, ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as ScreenColor
from textual.pilot import Pilot

import fftui.tui
from fftui import events as ev
from fftui.errors import RequestError
from fftui.events import to_json
from fftui.presets import load_preset
from fftui.runs.new_folder import create
from fftui.runs.view import RunView
from fftui.runs.workspace import Workspace
from fftui.tui.app import FFTUIApp
from fftui.tui.glass import Glass, ascii_cells
from fftui.tui.messages import OpenRun, ResumeRun
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.live_screen import LiveScreen
from fftui.tui.screens.runs_screen import RunsScreen
from fftui.tui.screens.settings_screen import SettingsScreen
from fftui.tui.widgets.row_list import RowList

from .on_screen import LARGE, until

HOSTILE = "[/b]"


def glass(app: FFTUIApp) -> list[list[Segment]]:
    """The segments of every row of the top screen, as the terminal gets them."""
    return [list(strip) for strip in app.screen._compositor.render_strips()]


def text_on(app: FFTUIApp) -> str:
    return "\n".join("".join(segment.text for segment in row) for row in glass(app))


def hostile(events: Iterator[tuple[float, ev.Event]]) -> Iterator[tuple[float, ev.Event]]:
    """The events of a run with markup in every name and text."""
    for at, event in events:
        if isinstance(event, ev.RunStarted):
            yield (
                at,
                replace(
                    event,
                    experiment=HOSTILE,
                    data=HOSTILE,
                    device=HOSTILE,
                    layers=tuple(f"{HOSTILE}{label}" for label in event.layers),
                ),
            )
        elif isinstance(event, ev.MachineDescribed):
            yield at, replace(event, gpu=HOSTILE, other_gpus=(HOSTILE,))
        elif isinstance(event, ev.MetricsUnavailable):
            yield at, replace(event, reason=HOSTILE)
        elif isinstance(event, ev.RunFinished):
            yield at, ev.Noted(HOSTILE)
            yield at, replace(event, status="failed", error=HOSTILE)
        else:
            yield at, event


@pytest.fixture
def hostile_run(tmp_path: Path, events_of: Callable[..., Iterator[tuple[float, ev.Event]]]) -> str:
    folder = create(Workspace(tmp_path / "runs", device="cpu"), load_preset("quickstart"))
    lines = [to_json(at, event) + "\n" for at, event in hostile(events_of(layers=2, epochs=2))]
    folder.journal.write_text("".join(lines), encoding="utf-8")
    record = {"name": HOSTILE, "data": HOSTILE, "status": "failed", "preset": HOSTILE}
    folder.write_record(folder.record().model_copy(update=record))
    hostile_path = folder.path.with_name(f"20260101-000000-{HOSTILE.replace('/', '')}[red]")
    folder.path.rename(hostile_path)
    return hostile_path.name


async def test_markup_in_values_is_text_on_every_screen(
    new_app: Callable[..., FFTUIApp], hostile_run: str
) -> None:
    app = new_app()
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        screen = app.presets_screen
        await until(pilot, lambda: bool(screen.recent_runs))
        screen._presets = [replace(p, description=HOSTILE) for p in screen._presets]
        screen.torch_loaded(HOSTILE)
        app.notify(f"toast {HOSTILE}", title=f"title {HOSTILE}")
        await until(pilot, lambda: f"toast {HOSTILE}" in text_on(app))
        assert f"title {HOSTILE}" in text_on(app)

        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("ctrl+u", *HOSTILE, "enter")
        await pilot.pause()
        assert "does not fit" in text_on(app)
        await pilot.press("escape", "y")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        await until(pilot, lambda: HOSTILE in text_on(app))
        await pilot.press("slash", *"[/nothing]", "enter")
        await pilot.pause()
        assert "no run is wanted by the filter: [/nothing]" in text_on(app)
        await pilot.press("escape", "enter")
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        await until(pilot, lambda: f"System · {HOSTILE}" in text_on(app))
        assert hostile_run in text_on(app)
        await pilot.press("g")
        await pilot.pause(0.1)
        await pilot.press("g", "t")
        await until(pilot, lambda: "validation_images" in text_on(app))
        assert isinstance(app.screen, SettingsScreen)
        assert f"Settings · {hostile_run}" in text_on(app)


async def test_the_palette_shows_markup_as_text(
    new_app: Callable[..., FFTUIApp], hostile_run: str
) -> None:
    app = new_app()
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        await until(pilot, lambda: bool(app.presets_screen.recent_runs))
        await pilot.press("ctrl+p", *"open run")
        await until(pilot, lambda: hostile_run in text_on(app))
        assert f"{HOSTILE} on {HOSTILE}" in text_on(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))


async def test_questions_show_markup_as_text(new_app: Callable[..., FFTUIApp]) -> None:
    app = new_app()
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        await app.push_screen(ConfirmDialog(f"Stop {HOSTILE}?", (("s", HOSTILE),)))
        await pilot.pause()
        assert f"Stop {HOSTILE}?" in text_on(app)
        assert f"s  {HOSTILE}" in text_on(app)


async def test_an_error_with_markup_is_text(
    new_app: Callable[..., FFTUIApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = new_app()

    def refuse(run: str) -> None:
        raise RequestError(HOSTILE)

    monkeypatch.setattr(app.backend, "resume", refuse)
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        app.post_message(ResumeRun("run [/x]"))
        await until(pilot, lambda: HOSTILE in text_on(app))
        assert "run [/x]" in text_on(app)


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


TITLES = ("border_title", "border_subtitle")
MODULES = sorted(Path(fftui.tui.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_widget_reads_values_as_markup(path: Path) -> None:
    """Titles of values go through `set_title`, and texts of values into widgets without markup."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for name in ("Static", "Label"):
        for call in calls(tree, name):
            plain = any(word.arg == "markup" for word in call.keywords)
            assert plain or all(isinstance(each, ast.Constant) for each in call.args)
    for node in ast.walk(tree):
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Attribute) and target.attr in TITLES:
            is_text = isinstance(node.value, ast.Constant) or (
                isinstance(node.value, ast.Call)
                and isinstance(node.value.func, ast.Name)
                and node.value.func.id == "literal"
            )
            assert is_text
        assert not (isinstance(node, ast.Attribute) and node.attr == "from_markup")


@given(st.text())
def test_the_glass_lets_no_control_character_through_and_keeps_the_width(text: str) -> None:
    for ascii_only in (True, False):
        (shown,) = Glass(ascii_only=ascii_only).apply([Segment(text)], ScreenColor(0, 0, 0))
        assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in shown.text)
        assert cell_len(shown.text) == cell_len(text)
        assert shown.text.isascii() or not ascii_only


def test_drawn_signs_have_an_ascii_sign() -> None:
    assert ascii_cells("⏎ │─┌ █▂ … 🔎 · ▌") == "? |-+ #_ ~ ?? * #"


async def test_only_ascii_reaches_an_ascii_terminal(
    new_app: Callable[..., FFTUIApp],
    new_control: Callable[..., object],
    view_of: Callable[..., RunView],
) -> None:
    app = new_app(new_control(view_of(until=(2, 5))), ascii_only=True)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        for keys in (["n"], ["escape", "question_mark"], ["escape", "g"], ["g", "t"], ["escape"]):
            await pilot.press(*keys)
            await pilot.pause()
            assert text_on(app).isascii()
        app.notify("goodness g⁺ → θ …")
        await pilot.press("b", "r")
        await pilot.pause()
        assert text_on(app).isascii()
        await until(pilot, lambda: "goodness g+ -> theta ~" in text_on(app))
        await pilot.press("escape", "enter", "ctrl+p")
        await pilot.pause(0.3)
        assert text_on(app).isascii()


def luminance(rgb: tuple[int, int, int]) -> float:
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in map(_unit, rgb)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _unit(value: int) -> float:
    return value / 255


def contrast(style: Style, *, dark: bool) -> float:
    """The WCAG contrast of a style; the terminal's own colours are white on black, or the
    reverse if not `dark`.
    """
    own = ((255, 255, 255), (0, 0, 0)) if dark else ((0, 0, 0), (255, 255, 255))
    pair = [
        _rgb(color, default)
        for color, default in zip((style.color, style.bgcolor), own, strict=True)
    ]
    light = sorted(map(luminance, pair))
    return (light[1] + 0.05) / (light[0] + 0.05)


def _rgb(color: Color | None, default: tuple[int, int, int]) -> tuple[int, int, int]:
    if color is None or color.type == ColorType.DEFAULT:
        return default
    return tuple(color.get_truecolor())  # type: ignore[return-value]


def worst(app: FFTUIApp) -> tuple[float, str]:
    """The least contrast of any letter or digit on the screen."""
    dark = app.current_theme.dark
    return min(
        (contrast(segment.style or Style(), dark=dark), segment.text)
        for row in glass(app)
        for segment in row
        if any(sign.isalnum() for sign in segment.text)
    )


async def walk(pilot: Pilot) -> Iterator[str]:  # type: ignore[misc]
    """Every kind of screen, by the keys that lead there."""
    for keys in (["question_mark"], ["escape", "g"], ["g", "q"], ["escape", "b", "r"], ["b"]):
        await pilot.press(*keys)
        await pilot.pause()
        yield " ".join(keys)  # type: ignore[misc]
    await pilot.press("enter")
    await pilot.pause()
    yield "enter"  # type: ignore[misc]


@pytest.mark.parametrize("background", ["15;0", "0;15"], ids=["dark", "light"])
async def test_no_color_sends_no_colour_and_can_be_read(
    new_app: Callable[..., FFTUIApp],
    new_control: Callable[..., object],
    view_of: Callable[..., RunView],
    monkeypatch: pytest.MonkeyPatch,
    background: str,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLORFGBG", background)
    app = new_app(new_control(view_of(until=(2, 5))))
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        async for _ in walk(pilot):  # type: ignore[attr-defined]
            for row in glass(app):
                for segment in row:
                    style = segment.style or Style()
                    for color in (style.color, style.bgcolor):
                        assert color is None or color.type == ColorType.DEFAULT
        app.theme = "nord"
        await pilot.pause()
        assert worst(app)[0] == pytest.approx(21.0)


async def test_an_empty_no_color_does_not_count(
    new_app: Callable[..., FFTUIApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    app = new_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.theme == "fftui-dark"
        assert any(
            segment.style and segment.style.color and segment.style.color.triplet
            for row in glass(app)
            for segment in row
        )


async def test_every_theme_can_be_read(
    new_app: Callable[..., FFTUIApp],
    new_control: Callable[..., object],
    view_of: Callable[..., RunView],
) -> None:
    app = new_app(new_control(view_of(until=(2, 5))))
    async with app.run_test(size=(80, 24)) as pilot:
        for theme in app.available_themes:
            app.theme = theme
            await pilot.pause()
            assert worst(app) > (1.8, ""), theme
            assert app.export_screenshot()


async def test_titles_are_written_only_if_they_differ(new_app: Callable[..., FFTUIApp]) -> None:
    app = new_app()
    async with app.run_test(size=(80, 24)) as pilot:
        rows = app.screen.query_one(RowList)
        await pilot.pause()
        rows.set_title(HOSTILE)
        # at once: the screen sets a title of its own when it has read what it shows
        before = rows._border_title
        rows.set_title(HOSTILE)
        assert rows._border_title is before


async def test_a_run_that_is_opened_by_a_hostile_name_is_refused_in_words(
    new_app: Callable[..., FFTUIApp],
) -> None:
    app = new_app()
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        app.post_message(OpenRun("[/a]"))
        await until(pilot, lambda: "[/a]" in text_on(app))
