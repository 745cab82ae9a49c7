"""`Uncovered`: what a screen does regularly, only while no other screen covers it."""

import os
from collections.abc import Callable

from textual.screen import Screen
from textual.timer import Timer

REFRESH_VARIABLE = "FFTUI_REFRESH"  # seconds; the command line checks and sets it


class Uncovered(Screen[None]):
    """A screen with one regular task. While another screen (help, a question, the palette) is on
    top of it, the task rests: what it would draw cannot be seen, or only behind a dialog, and costs
    bytes on the wire.
    """

    def __init__(self) -> None:
        super().__init__()
        self._regular: tuple[Timer, Callable[[], object]] | None = None

    def repeat(self, every_s: float, task: Callable[[], object]) -> None:
        """Do `task` now, and every `every_s` seconds, or as seldom as `--refresh` says."""
        task()
        slow_s = float(os.environ.get(REFRESH_VARIABLE, "0"))
        self._regular = (self.set_interval(max(every_s, slow_s), task), task)

    def on_screen_suspend(self) -> None:
        """Rest."""
        if self._regular is not None:
            self._regular[0].pause()

    def on_screen_resume(self) -> None:
        """Catch up, and go on."""
        if self._regular is not None:
            timer, task = self._regular
            task()
            timer.reset()
            timer.resume()
