"""`Uncovered`: what a screen does regularly, only while no other screen covers it."""

import os
from collections.abc import Callable

from textual.screen import Screen
from textual.timer import Timer

from fftui.tui.pace import Pace

REFRESH_VARIABLE = "FFTUI_REFRESH"  # seconds; the command line checks and sets it


class Uncovered(Screen[None]):
    """A screen with one regular task. While another screen (help, a question, the palette) is on
    top of it, the task rests: what it would draw cannot be seen, or only behind a dialog, and costs
    bytes on the wire.
    """

    def __init__(self) -> None:
        super().__init__()
        self._regular: tuple[Timer, Callable[[], object]] | None = None
        self._pace = Pace()

    def repeat(self, every_s: float, task: Callable[[], object]) -> None:
        """Do `task` now, and every `every_s` seconds, or as seldom as `--refresh` or what it costs
        says.
        """
        slow_s = float(os.environ.get(REFRESH_VARIABLE, "0"))
        self._regular = (self.set_interval(max(every_s, slow_s), self._do_if_due), task)
        self._do()

    def on_screen_suspend(self) -> None:
        """Rest."""
        if self._regular is not None:
            self._regular[0].pause()

    def on_screen_resume(self) -> None:
        """Catch up, and go on."""
        if self._regular is not None:
            timer, _ = self._regular
            self._do()
            timer.reset()
            timer.resume()

    def _do_if_due(self) -> None:
        if self._pace.is_due:
            self._do()

    def _do(self) -> None:
        if self._regular is not None:
            self._pace.refreshed()
            self._regular[1]()
