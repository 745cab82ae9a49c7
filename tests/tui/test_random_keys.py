"""Every key in every state, in random order: no exception, whatever is pressed.

    FFTUI_TEST_EXAMPLES=250 python -m pytest tests/tui/test_random_keys.py

presses ten thousand keys; without the variable about a hundred.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual.binding import Binding

from fftui.runs.view import RunView
from fftui.runs.workspace import Workspace
from fftui.tui.app import FFTUIApp
from fftui.tui.backend import Backend
from fftui.tui.run_sources import LiveSource

from .conftest import MACHINE, FakeControl, sample_events
from .on_screen import add_run
from .test_bindings import screen_classes

SWEEP = Path(__file__).parents[1] / "sweeps" / "formats" / "format-1"
EXAMPLES = int(os.environ.get("FFTUI_TEST_EXAMPLES", "3"))
KEYS_EACH = 40
# what is pressed first, and whether a run learns in this process
STATES = {
    "presets": ((), False),
    "form": (("enter",), False),
    "learning": ((), True),
    "form while learning": (("escape", "enter"), True),
    "runs": (("r",), False),
    "ended run": (("r", "enter"), False),
    "studies": (("s",), False),
    "sweep": (("S", "enter"), False),
    "quit?": (("q",), True),
}
COMMON = (
    "up", "down", "left", "right", "home", "end", "pagedown", "tab", "shift+tab", "space", "enter",
    "escape", "backspace", "a", "1", "9", "full_stop", "left_square_bracket", "slash", "ctrl+p",
)  # fmt: skip
LEFT_OUT = {"ctrl+z"}  # suspends the process


def bound_keys() -> list[str]:
    """Every key that the app or one of its screens binds."""
    bindings = [b for cls in (FFTUIApp, *screen_classes()) for b in vars(cls).get("BINDINGS", ())]
    found = {binding.key for binding in Binding.make_bindings(bindings)}
    return sorted((found | set(COMMON)) - LEFT_OUT)


@contextmanager
def nothing_learns() -> Iterator[None]:
    """Runs and studies that are started are stood in for."""
    control = FakeControl(view=RunView())
    started = ("20260921-120000-started-0000", control)
    stand_ins: dict[str, Any] = {
        "fftui.tui.backend.Backend.start": lambda *_: started,
        "fftui.tui.backend.Backend.resume": lambda *_: started,
        "fftui.tui.backend.Backend.begin": lambda *_: started,
        "fftui.tui.backend.Backend.start_beside": lambda *_: None,
        "fftui.tui.study_backend.StudyRun.run": lambda _: None,
        "fftui.tui.sweep_backend.SweepRun.run": lambda _: None,
    }
    with ExitStack() as stack:
        for name, stand_in in stand_ins.items():
            stack.enter_context(patch(name, stand_in))
        yield


def app_of(runs: Path, *, learning: bool) -> FFTUIApp:
    """The app over three runs, the first of this process where one learns, and a sweep."""
    ended = list(sample_events(layers=2, epochs=3))
    add_run(runs, ended, status="finished", test_accuracy=0.9)
    add_run(runs, ended[: len(ended) // 2], status="interrupted")
    copytree(SWEEP, runs / ".sweeps" / "stored")
    (runs / "damaged").mkdir()
    (runs / "damaged" / "run.json").write_text("{")
    view = RunView()
    for at, event in sample_events(until=(2, 5), finish=False):
        view = view.after(at, event)
    source = LiveSource("20260921-120000-ff-mnist-7f3a", FakeControl(view=view))
    return FFTUIApp(
        Backend(Workspace(runs, None, "cpu")),
        source=source if learning else None,
        machine=MACHINE,
        load_torch=False,
    )


async def press(state: str, keys: list[str], size: tuple[int, int], runs: Path) -> None:
    first, learning = STATES[state]
    app = app_of(runs, learning=learning)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for key in (*first, *keys):
            if app._exit:
                break
            await pilot.press(key)
    # what broke is raised where the test ends


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    st.sampled_from(sorted(STATES)),
    st.lists(st.sampled_from(bound_keys()), min_size=KEYS_EACH, max_size=KEYS_EACH),
    st.sampled_from([(80, 24), (60, 16), (200, 50)]),
)
def test_no_key_breaks_the_screen(state: str, keys: list[str], size: tuple[int, int]) -> None:
    # what keys export is written where the user stands, what they save in the folder of presets
    with (
        TemporaryDirectory() as folder,
        chdir(folder),
        patch.dict(os.environ, FFTUI_PRESETS=f"{folder}/presets"),
        nothing_learns(),
    ):
        asyncio.run(press(state, keys, size, Path(folder)))
