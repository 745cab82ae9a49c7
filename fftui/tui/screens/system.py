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
    What the machine does, over the whole run. Up, down and the page keys scroll; g goes back.
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
