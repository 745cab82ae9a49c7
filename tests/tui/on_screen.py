"""What tests of screens share: sizes, the text of a widget, and waiting for what a screen shows."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from fftui import events as ev
from fftui.events import to_json
from fftui.presets import load_preset
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace
from fftui.tui.screens.presets_screen import PresetsScreen
from fftui.tui.widgets.row_list import RowList
from fftui.tui.widgets.row_widget import RowWidget

SMALL, LARGE = (80, 24), (200, 50)
both_sizes = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "200x50"])


def text_of(widget: RowWidget) -> str:
    """The text of a widget, row by row."""
    lines = widget.rows(widget.size.width, widget.size.height)
    return "\n".join("".join(text for text, _ in line.spans) for line in lines)


async def until(pilot: Pilot, condition: Callable[[], bool]) -> None:
    """Wait until the condition is true: a minute at most, as a busy machine is no defect."""
    last = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < last, "the condition was never true"
        await pilot.pause(0.05)


async def burst(pilot: Pilot, *keys: str) -> None:
    """Keys that come at once, as in one packet of SSH: `pilot.press` waits after each."""
    for key in keys:
        name = _character_to_key(key) if len(key) == 1 else key
        pilot.app.post_message(events.Key(name, key if len(key) == 1 else None))
    await pilot.pause()
    await pilot.pause()


async def go_to(pilot: Pilot, preset: str) -> None:
    """Put the cursor of the first screen on a preset."""
    screen = pilot.app.screen
    assert isinstance(screen, PresetsScreen)
    rows = screen.query_one(RowList)
    rows.move_to([row.cells[0][0] for row in rows.items].index(preset))
    await pilot.pause()


def add_run(
    runs: Path,
    run_events: list[tuple[float, ev.Event]],
    *,
    preset: str = "quickstart",
    **record: object,
) -> str:
    """A run on disk with these events."""
    folder = create(Workspace(runs, device="cpu"), load_preset(preset), preset=preset)
    folder.journal.write_text(
        "".join(to_json(at, e) + "\n" for at, e in run_events), encoding="utf-8"
    )
    folder.write_record(folder.record().model_copy(update=record))
    return folder.id
