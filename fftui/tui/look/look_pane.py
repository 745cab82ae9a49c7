"""`LookPane`: a pane that a plain function draws, and that scrolls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from fftui.tui.look.room import Drawn, Room
from fftui.tui.widgets.row_widget import Line, RowWidget, line

Draw = Callable[[Room], Drawn]
WHEEL = 3  # rows


class LookPane(RowWidget):
    """One of the numbered panes of the screen."""

    @dataclass
    class Chosen(Message):
        """The user clicked pane number `number`."""

        number: int

    def __init__(self, number: int, name: str) -> None:
        super().__init__(id=f"look-{name}")
        self.number = number
        self._draw: Draw | None = None
        self._top = self._left = 0
        self._tops = self._lefts = 1

    def on_mount(self) -> None:
        """Say what it is before there is something to show."""
        self.set_title(f"{self.number} {(self.id or '').removeprefix('look-').capitalize()}")

    def show(self, title: str, draw: Draw) -> None:
        """Show what `draw` draws, under `title`."""
        self.set_title(f"{self.number} {title}")
        self._draw = draw
        self.repaint()

    def scroll_by(self, down: int, right: int) -> None:
        """Scroll, as far as there is something."""
        self._top = min(self._tops - 1, max(0, self._top + down))
        self._left = min(self._lefts - 1, max(0, self._left + right))
        self.repaint()

    @property
    def page(self) -> int:
        """Rows of a page."""
        return max(1, self.size.height - 3)

    def on_click(self) -> None:
        """Choose the pane."""
        self.post_message(self.Chosen(self.number))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll down; with shift to the right."""
        event.stop()
        self._wheel(WHEEL, event.shift)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll up; with shift to the left."""
        event.stop()
        self._wheel(-WHEEL, event.shift)

    def _wheel(self, by: int, sideways: bool) -> None:
        if sideways:
            self.scroll_by(0, by)
        else:
            self.scroll_by(by, 0)

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """What is drawn, or that there is nothing yet."""
        if self._draw is None:
            return [line(("nothing to show yet", "dim"))][:height]
        theme = self.app.current_theme
        drawn = self._draw(
            Room(
                width,
                height,
                self.glyphs,
                ascii_only=self.ascii_only,
                shades=theme.ansi,  # the terminal's own colours, or none
                light=not theme.dark,
                top=self._top,
                left=self._left,
            )
        )
        self._tops, self._lefts = drawn.tops, drawn.lefts
        self._top, self._left = min(self._top, drawn.tops - 1), min(self._left, drawn.lefts - 1)
        return drawn.rows[:height]
