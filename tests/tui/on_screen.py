"""What tests of screens share: sizes, the text of a widget, and waiting for what a screen shows."""

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from fftui.tui.widgets.row_widget import RowWidget

SMALL, LARGE = (80, 24), (200, 50)
both_sizes = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "200x50"])


def text_of(widget: RowWidget) -> str:
    """The text of a widget, row by row."""
    lines = widget.rows(widget.size.width, widget.size.height)
    return "\n".join("".join(text for text, _ in line.spans) for line in lines)


async def until(pilot: Pilot, condition: Callable[[], bool]) -> None:
    """Wait until the condition is true, ten seconds at most."""
    for _ in range(200):
        if condition():
            return
        await pilot.pause(0.05)
    raise AssertionError("the condition was never true")
