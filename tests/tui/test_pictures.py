"""Each screen looks as it did: its pictures are compared with those in `pictures/`.

RENEW_PICTURES=1 python -m pytest -q -n auto tests/tui/test_pictures.py   # stores them anew
"""

import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from textual.command import CommandList
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Input

from fftui import events as ev
from fftui.presets import load_preset
from fftui.runs import estimate, run_fields
from fftui.runs.estimate import Rates
from fftui.runs.folder import RunFolder
from fftui.tui.app import FFTUIApp
from fftui.tui.commands import SteadyPalette
from fftui.tui.messages import (
    OpenClaims,
    OpenRun,
    OpenStudy,
    OpenSweep,
    ShowFigures,
    ShowSettings,
)
from fftui.tui.widgets.row_list import RowList

from . import invented
from .conftest import BEGUN, fold, sample_events
from .on_screen import add_run, until
from .pictures import FOLDER, Album, signs, styles
from .test_claims_screens import FakeClaimsBackend

SIZES = ((60, 16), (80, 24), (120, 40), (200, 50))
IN_ASCII = SIZES[:2]
STYLED = (80, 24)  # colours do not depend on the size
FINISHED, FAILED = "20261101-080000-ff-mnist-aaaa", "20261101-090000-backprop-mnist-bbbb"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp()  # ages are counted until then
WITHOUT_HELP = {"HelpScreen", "ConfirmDialog", "SteadyPalette"}
RATES = Rates(1.5e11, 6e11, auto_is_bfloat16=True, bytes_per_s=4e10, memory_bytes=16_000_000_000)


@dataclass(frozen=True)
class Scene:
    """A screen: its class, what opens it (a message, then keys), a text that it shows once all of
    it is read, and whether it `fits` its size and theme, where that takes long; `view` is of a run
    that learns meanwhile, `then` states that follow, and `holds` brings what else there is.
    """

    name: str
    screen: str
    opens: Callable[[], Message] | None = None
    keys: tuple[str, ...] = ()
    shows: str = ""
    view: dict[str, Any] | None = None
    then: tuple[ev.Event, ...] = ()
    waiting: int = 0  # runs in the queue
    holds: Callable[[FFTUIApp], None] = lambda app: None
    fits: Callable[[FFTUIApp], bool] = lambda app: True


def _palette_is_whole(app: FFTUIApp) -> bool:
    """Whether the palette has its last entry: it is filled while it is there."""
    last = f"Set up {app.backend.presets()[-1].name}"
    return any(last in str(entry.prompt) for entry in app.screen.query_one(CommandList).options)


def _study_learns(app: FFTUIApp) -> None:
    invented.with_running_study(app, fold(sample_events(until=(2, 5))))


LEARNING = {"until": (2, 5)}
ON_GPU = LEARNING | {"gpu": True, "validation": True}
DIVERGED = ev.LayerDiverged(1, 2, 5, 180, 4, "a smaller learning rate")
FAILS = ev.RunFinished("failed", None, (), 40.0, DIVERGED.text)
SCENES = (
    Scene("presets", "PresetsScreen"),
    Scene("form", "FormScreen", keys=("enter",)),
    Scene("runs", "RunsScreen", keys=("r",), shows="failed"),
    Scene("run-finished", "LiveScreen", partial(OpenRun, FINISHED), shows="97.12 %"),
    Scene("run-failed", "LiveScreen", partial(OpenRun, FAILED), shows="it broke"),
    Scene("settings", "SettingsScreen", partial(ShowSettings, FINISHED)),
    Scene("learning", "LiveScreen", view=LEARNING),
    Scene("learning-on-gpu", "LiveScreen", view=ON_GPU),
    Scene("paused", "LiveScreen", view=LEARNING, then=(ev.StatusChanged("paused"),)),
    Scene("measuring", "LiveScreen", view={"finish": False}, shows="measuring"),
    Scene("diverged", "LiveScreen", view=LEARNING, then=(DIVERGED, FAILS), shows="not finite"),
    Scene("layers", "LayersScreen", keys=("a",), view=LEARNING),
    Scene("system", "SystemScreen", keys=("g",), view=LEARNING),
    Scene("columns", "ColumnsScreen", keys=("r", "K"), shows="Columns of the list"),
    Scene("queue", "QueueScreen", keys=("Q",)),
    Scene("queue-filled", "QueueScreen", keys=("Q",), shows="2 wait", view=LEARNING, waiting=2),
    Scene("compare", "CompareScreen", keys=("r", "space", "space", "c")),
    Scene("help", "HelpScreen", keys=("question_mark",), view=LEARNING),
    Scene("quit", "ConfirmDialog", keys=("q",), view=LEARNING),
    Scene("studies", "StudiesScreen", keys=("s",), shows="~55 s"),
    Scene("claims", "ClaimsScreen", partial(OpenClaims, "quick"), shows="cannot tell"),
    Scene("palette", "SteadyPalette", keys=("ctrl+p",), view=LEARNING, fits=_palette_is_whole),
    Scene("palette-found", "SteadyPalette", keys=("ctrl+p", *"run"), shows="Open run"),
    Scene(
        "study-running",
        "StudyScreen",
        partial(OpenStudy, invented.STUDY),
        shows="97.11",
        holds=_study_learns,
    ),
    Scene(
        "study-finished",
        "StudyScreen",
        partial(OpenStudy, invented.STUDY),
        shows="97.11",
        holds=invented.with_finished_study,
    ),
    Scene(
        "sweep",
        "SweepScreen",
        partial(OpenSweep, invented.SWEEP.name),
        shows="97.42",
        holds=invented.with_sweep,
    ),
    Scene(
        "figures",
        "FiguresScreen",
        partial(ShowFigures, FINISHED, (FINISHED,), "quick"),
        shows="figure 1 of",
        holds=invented.with_figures,
        fits=invented.figures_fit,
    ),
)


@pytest.fixture
def make(
    new_app: Callable[..., FFTUIApp], new_control: Callable[..., Any], view_of: Callable[..., Any],
    events_of: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., FFTUIApp]]:  # fmt: skip
    """Makes apps whose time, clock zone, folder, rates and runs are always the same."""
    monkeypatch.setattr(run_fields, "time", SimpleNamespace(time=lambda: NOW))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(estimate._Measured, "rates", RATES)
    monkeypatch.setattr("fftui.runs.disk_room.free_bytes", lambda folder: 4e10)
    runs = Path("runs")
    _add(runs, FINISHED, list(events_of()), status="finished", test_accuracy=0.9712, train_s=133.0)
    broken = (BEGUN + 9, ev.RunFinished("failed", None, (), 9.0, "it broke"))
    _add(runs, FAILED, [*events_of(until=(1, 3)), broken], status="failed", error="it broke")

    def make_one(scene: Scene, *, ascii_only: bool) -> FFTUIApp:
        control = None
        if scene.view is not None:
            view = view_of(**scene.view)
            for event in scene.then:
                view = view.after(view.now, event)
            control = new_control(view, view.status == "paused", alive=view.result is None)
        app = new_app(control, runs=runs, ascii_only=ascii_only)
        monkeypatch.setattr(app, "claims", FakeClaimsBackend)
        scene.holds(app)
        return app

    yield make_one
    monkeypatch.undo()
    time.tzset()


def _add(runs: Path, name: str, run_events: list[Any], **record: object) -> None:
    """A run with a name that is always the same, as are its times."""
    started = datetime.strptime(name[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    folder = RunFolder(runs / add_run(runs, run_events, started=started, **record))
    folder.path.rename(folder.path.with_name(name))


async def reach(pilot: Pilot, scene: Scene) -> None:
    """Open the scene's screen."""
    app = pilot.app
    assert isinstance(app, FFTUIApp)
    await until(pilot, lambda: len(app.presets_screen.recent_runs) >= 2)
    for number in range(scene.waiting):
        path = Path("runs", f"20261102-08000{number}-quickstart-mnist-mini-cccc")
        if not path.exists():  # the first app's
            app.backend.waiting(load_preset("quickstart"), "quickstart").path.rename(path)
        app.queue.add(RunFolder(path))
    if scene.opens is not None:
        app.presets_screen.post_message(scene.opens())
        await pilot.pause()
    for key in scene.keys:
        await until(pilot, lambda: all(rows.items for rows in app.screen.query(RowList)[:1]))
        await pilot.press(key)
        await pilot.pause()
    await until(pilot, lambda: type(app.screen).__name__ == scene.screen)
    await until(pilot, lambda: scene.shows in signs(app) and scene.fits(app))
    for field in app.screen.query(Input):
        field.cursor_blink = False


async def resize(pilot: Pilot, scene: Scene, size: tuple[int, int]) -> None:
    """Give the terminal another size, and wait until the screen is laid out for it."""
    app = pilot.app
    assert isinstance(app, FFTUIApp)
    await pilot.resize_terminal(*size)
    await until(pilot, lambda: app.screen._compositor.size == size and scene.fits(app))


async def restyle(pilot: Pilot, scene: Scene, theme: str) -> None:
    """Give the screen another theme; the palette keeps the colours with which it was opened."""
    app = pilot.app
    assert isinstance(app, FFTUIApp)
    app.theme = theme
    if isinstance(app.screen, SteadyPalette):
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, SteadyPalette))
        await reach(pilot, scene)
    await until(pilot, lambda: scene.fits(app))


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_a_screen_is_as_in_its_pictures(scene: Scene, make: Callable[..., FFTUIApp]) -> None:
    album = Album(scene.name)
    app = make(scene, ascii_only=False)
    async with app.run_test(size=STYLED) as pilot:
        await reach(pilot, scene)
        for width, height in SIZES:
            await resize(pilot, scene, (width, height))
            await album.add(pilot, f"{width}x{height}", signs)
            if scene.screen not in WITHOUT_HELP:  # the end of the footer is in sight
                assert re.search(r"(\?|F1) Help .*Quit", signs(app))
        await resize(pilot, scene, STYLED)
        for theme in ("fftui-dark", "fftui-light"):
            await restyle(pilot, scene, theme)
            await album.add(pilot, theme, styles)
    app = make(scene, ascii_only=True)
    async with app.run_test(size=STYLED) as pilot:
        await reach(pilot, scene)
        for width, height in IN_ASCII:
            await resize(pilot, scene, (width, height))
            await album.add(pilot, f"{width}x{height} in ASCII", signs)
            assert signs(app).isascii()
    album.close()


@pytest.mark.skipif(bool(os.environ.get("RENEW_PICTURES")), reason="they are being stored")
def test_no_picture_is_left_of_a_scene_that_is_gone() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == {scene.name for scene in SCENES}
