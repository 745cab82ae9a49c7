"""Every screen over hostile folders: nothing breaks, and no control character is drawn.

The screens come from the registry that `tests/tui/test_bindings.py` reads; a new one has to say
here by which keys it is reached.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from textual.binding import Binding
from textual.pilot import Pilot
from textual.screen import ModalScreen, Screen

from fftui.inert import in_cells
from fftui.runs.workspace import Workspace
from fftui.tui import screens
from fftui.tui.app import FFTUIApp
from fftui.tui.backend import Backend
from fftui.tui.screens.runs_screen import RunsScreen
from fftui.tui.system.this_machine import Machine
from fftui.tui.widgets.row_list import RowList

from ..tui.on_screen import until
from .folders import FOLDERS, Corpus
from .test_commands import ALL

# the keys from the first screen, and the bases that are no screens of their own
ROUTES: dict[str, tuple[str, ...]] = {
    "PresetsScreen": (),
    "FormScreen": ("enter",),
    "HelpScreen": ("question_mark",),
    "QueueScreen": ("Q",),
    "StudiesScreen": ("s",),
    "StudyScreen": ("s", "down", "enter"),
    "NarrowScreen": ("s", "down", "enter", "n"),
    "ClaimsScreen": ("s", "enter"),
    "ClaimScreen": ("s", "enter", "enter"),
    "SweepsScreen": ("S",),
    "SweepScreen": ("S", "enter"),
    "RunsScreen": ("r",),
    "ColumnsScreen": ("r", "K"),
    "LineDialog": ("r", "N"),
    "ConfirmDialog": ("r", "X"),
    "CompareScreen": ("r", "space", "down", "space", "c"),
    "LiveScreen": ("r", "enter"),
    "SystemScreen": ("r", "enter", "g"),
    "LayersScreen": ("r", "enter", "a"),
    "SettingsScreen": ("r", "enter", "t"),
    "FiguresScreen": ("r", "enter", "F"),
    "LookScreen": ("r", "enter", "i"),
}
BASES = {
    "ChartKeys", "InputScreen", "MarkingScreen", "ModalScreen", "OverviewScreen", "RunEditing",
    "RunOpening", "RunScreen", "Uncovered",
}  # fmt: skip
# what is pressed on each screen beside its own keys; and what would start, end or leave something
COMMON = ("down", "end", "Y", "escape")
LEFT_OUT = {"R", "e", "enter", "escape", "b", "q", "ctrl+q", "ctrl+c", "ctrl+z", "delete", "X", "s",
            "g", "l", "C", "D", "w"}  # fmt: skip


def screen_names() -> set[str]:
    modules = [
        importlib.import_module(f"{screens.__name__}.{each.name}")
        for each in pkgutil.iter_modules(screens.__path__)
    ]
    return {
        value.__name__
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Screen) and value is not Screen
    }


def drawn(app: FFTUIApp) -> str:
    """What the terminal gets of the top screen, row by row."""
    rows = app.screen._compositor.render_strips()
    return "\n".join("".join(part.text for part in row) for row in rows)


def check(app: FFTUIApp) -> None:
    for line in drawn(app).split("\n"):
        assert in_cells(line) == line, repr(line)
        assert "SPOOFED" not in line[: len(line) - len(line.lstrip()) + 7], line


def own_keys(screen: Screen[object]) -> Iterator[str]:
    for cls in type(screen).__mro__:
        if cls.__module__.startswith("fftui"):
            for binding in Binding.make_bindings(vars(cls).get("BINDINGS", ())):
                if binding.key not in LEFT_OUT:
                    yield binding.key


async def settle(pilot: Pilot[None]) -> None:
    """Wait until the process has nothing to do, twice: threads answer meanwhile."""
    for _ in range(2):
        await pilot.pause()


STAY = {"down", "space"}  # keys of routes that open no screen


async def go(pilot: Pilot[None], keys: tuple[str, ...]) -> None:
    """Press `keys`, each once the first list of the screen has rows, if there is one; a key that
    opens a screen is waited for, so that the next one is not the covered screen's.
    """
    for key in keys:
        before = pilot.app.screen
        await until(pilot, lambda: all(rows.items for rows in pilot.app.screen.query(RowList)[:1]))
        await pilot.press(key)
        if key not in STAY:
            await until(pilot, lambda before=before: pilot.app.screen is not before)
        await settle(pilot)


def app_over(runs: Path) -> FFTUIApp:
    machine = Machine(cores=2, memory_bytes=8_000_000_000)
    return FFTUIApp(Backend(Workspace(runs, None, "cpu")), machine=machine, load_torch=False)


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.chdir(tmp_path)
    with patch("fftui.tui.study_backend.StudyRun.run", lambda _: None):
        yield


def test_every_screen_has_a_route() -> None:
    assert screen_names() == {*ROUTES, *BASES}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ROUTES)
async def test_a_screen_draws_no_control_character(name: str, corpus: Corpus) -> None:
    corpus.add_names()
    corpus.add_sweep()
    for case in ("texts", "formulas", "pipes in Markdown"):
        corpus.add(case)
    app = app_over(corpus.runs)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        await go(pilot, ROUTES[name])
        assert type(app.screen).__name__ == name, (type(app.screen).__name__, drawn(app))
        check(app)
        screen = app.screen
        for key in (*dict.fromkeys(own_keys(screen)), *COMMON):
            if app.screen is not screen:
                break
            await pilot.press(key)
            await pilot.pause(0.02)
            check(app)
            if app.screen is not screen and isinstance(app.screen, ModalScreen):
                await pilot.press("escape")
                await settle(pilot)
        await pilot.pause(0.3)  # a screen looks four times a second
        check(app)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("keys", [("a",)], ids="".join)
async def test_no_folder_breaks_a_screen_of_a_run(keys: tuple[str, ...], corpus: Corpus) -> None:
    """Opened one after the other from the list."""
    names = list(FOLDERS)[:: 1 if ALL else 6]
    for name in names:
        corpus.add(name)
    app = app_over(corpus.runs)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        await go(pilot, ("r",))
        await until(pilot, lambda: bool(app.screen.query_one(RowList).items))
        runs = app.screen
        assert isinstance(runs, RunsScreen)
        for _ in names:
            await pilot.press("enter")
            await pilot.pause(0.05)
            for key in keys:
                await pilot.press(key)
                await pilot.pause(0.1)
            check(app)
            for _ in range(4):
                if app.screen is runs:
                    break
                await pilot.press("escape")
                await pilot.pause(0.05)
            await pilot.press("down")
            check(app)
    assert corpus.state_outside() == corpus.before
