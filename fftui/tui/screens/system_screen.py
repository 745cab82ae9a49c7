"""The system screen: the machine's metrics over the whole run, and their means by layer."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from fftui.runs.view import RunView
from fftui.tui.run_sources import Source
from fftui.tui.screens.uncovered import Uncovered
from fftui.tui.system.system_history import SystemHistory
from fftui.tui.system.this_machine import Machine
from fftui.tui.widgets.footer import Footer
from fftui.tui.widgets.run_status import RunHeader

REFRESH_EVERY_S = 1.0


class SystemScreen(Uncovered):
    """A run's metrics over time and by layer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g,b,escape", "leave", "Back", key_display="g")
    ]
    HELP = """
    Each metric over the whole run on its own fixed scale: filled up to the lowest, shaded up to the
    highest value of the column's time; a metric with a single row shows the highest. Vertical lines
    mark where the next layer began.

    Below, for each layer while it learned: time, mean metrics, and energy in all and per image.
    `compute` is time on the device, `data` time for the images. `idle` is the machine before the
    run, `learning` all layers. Then the other GPUs, the metrics that are not available and why, and
    how regular the samples were.

    Up, down, the page keys and the wheel scroll; g goes back.
    """

    def __init__(
        self, source: Source, machine: Machine, status_text: Callable[[RunView], str | None]
    ) -> None:
        """`status_text` returns the run's status where its view does not have it."""
        super().__init__()
        self.source = source
        self._status_text = status_text
        self._header = RunHeader(source.run, id="header")
        self._history = SystemHistory(machine, id="history")

    def compose(self) -> ComposeResult:
        """The run's header, its metrics and the keys."""
        yield self._header
        yield self._history
        yield Footer()

    def on_mount(self) -> None:
        """Start refreshing the view; the live screen below goes on polling a journal."""
        self._history.focus()
        self.repeat(REFRESH_EVERY_S, self.refresh_view)

    def refresh_view(self) -> None:
        """Show the newest view."""
        view = self.source.view
        self._header.run = self.source.run
        self._header.show(view, self._status_text(view))
        self._history.show(view)

    def action_leave(self) -> None:
        """Go back to the run."""
        self.app.pop_screen()
