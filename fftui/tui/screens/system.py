"""The system screen: what the machine does over the whole run, and for each layer."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer

from fftui.runs.view import RunView
from fftui.tui.sources import Source
from fftui.tui.widgets.status import RunHead
from fftui.tui.widgets.system_history import SystemHistory

if TYPE_CHECKING:
    from fftui.tui.app import FFTUIApp

LOOK_EVERY_S = 1.0


class SystemScreen(Screen[None]):
    """A run's figures over time and by layer."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("g,b,escape", "leave", "Back", key_display="g")]
    HELP = """
    What the machine did over the whole run, each figure on its own fixed scale: filled up to the least, shaded up to
    the greatest value of that stretch of time; where a figure has a single row, up to the greatest. Lines across are
    where the next layer began.

    Below, what each layer asked for while it learned: time, means, and energy in all and for each image. `compute` is
    time on the device, `data` time for the images. `rest` is the idle machine before the run, `learning` all layers.
    Then the GPUs that do not learn here, what is not told and why, and how steady the looks were.

    Up, down, the page keys and the wheel scroll; g goes back.
    """

    def __init__(self, source: Source, word: Callable[[RunView], str | None]) -> None:
        """`word` is the run's state where its view does not tell it."""
        super().__init__()
        self.source = source
        self._word = word
        self._head = RunHead(source.run, id="head")

    def compose(self) -> ComposeResult:
        """The run, its figures, the keys."""
        self._history = SystemHistory(cast("FFTUIApp", self.app).machine, id="history")
        yield self._head
        yield self._history
        yield Footer()

    def on_mount(self) -> None:
        """Begin to look; the live screen below goes on polling a journal."""
        self._history.focus()
        self.look()
        self.set_interval(LOOK_EVERY_S, self.look)

    def look(self) -> None:
        """Show the newest view."""
        view = self.source.view
        self._head.run = self.source.run
        self._head.show(view, self._word(view))
        self._history.show(view)

    def action_leave(self) -> None:
        """Back to the run."""
        self.app.pop_screen()
