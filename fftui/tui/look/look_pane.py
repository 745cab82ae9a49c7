"""`LookPane`: a pane that a plain function draws, and that scrolls; pictures of pixels in it are
sent once each.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from textual import events
from textual.geometry import Region
from textual.message import Message

from fftui.tui.graphics.kitty import placeholders
from fftui.tui.graphics.mosaic import Size
from fftui.tui.graphics.picture_terminal import PictureTerminal
from fftui.tui.look.room import Drawn, Placed, Room
from fftui.tui.partial_update import writes
from fftui.tui.widgets.row_widget import Line, Paint, RowWidget, line

Draw = Callable[[Room], Drawn]
WHEEL = 3  # rows
DRAW_AFTER_S = 0.05  # cells are often written several times in a row


class LookPane(RowWidget):
    """One of the numbered panes of the screen."""

    @dataclass
    class Chosen(Message):
        """The user clicked pane number `number`."""

        number: int

    def __init__(self, number: int, name: str, terminal: PictureTerminal) -> None:
        super().__init__(id=f"look-{name}")
        self.number = number
        self._terminal = terminal
        self._placed: tuple[Placed, ...] = ()
        self._cell: Size | None = None  # of the pictures that are placed
        self._written_on: set[Placed] = set()  # pictures whose cells were, as Sixel
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
        room = Room(
            width,
            height,
            self.glyphs,
            ascii_only=self.ascii_only,
            shades=theme.ansi,  # the terminal's own colours, or none
            light=not theme.dark,
            top=self._top,
            left=self._left,
            cell=None if self.ascii_only or theme.ansi else self._terminal.cell,
        )
        drawn = self._draw(room)
        self._tops, self._lefts = drawn.tops, drawn.lefts
        self._top, self._left = min(self._top, drawn.tops - 1), min(self._left, drawn.lefts - 1)
        return self._place(drawn, room)[:height]

    # Pictures of pixels

    def repaint(self) -> None:
        """Compute the rows again. What is drawn as Sixel is drawn on empty cells: all of them are
        written where it changes. A pane that is not shown is sent nothing.
        """
        if not self.display:
            self._rows = None
            return
        before = self._placed
        super().repaint()
        if self._placed != before and self._terminal.protocol == "sixel":
            self.refresh()

    def _place(self, drawn: Drawn, room: Room) -> Sequence[Line]:
        """The rows with the placeholders of the pictures, which are sent where they are new."""
        self._placed, self._cell = drawn.pictures, room.cell
        if self._terminal.protocol != "kitty" or room.cell is None:
            return drawn.rows
        mosaics = [placed.mosaic for placed in drawn.pictures]
        inks = self._terminal.send(self.id or "", mosaics, room.cell)
        self.call_after_refresh(self._terminal.remove_unused)
        rows = list(drawn.rows)
        for placed, ink in zip(drawn.pictures, inks, strict=True):
            mosaic = placed.mosaic
            for row in filter(mosaic.has_pictures, range(mosaic.height)):
                text = placeholders(row, mosaic.width)
                rows[placed.top + row] = line((text, Paint(ink)))
        return rows

    def cells_written(self, update: RenderableType | None) -> None:
        """Draw those pictures again, as Sixel, on whose cells `update` has written."""
        if self._terminal.protocol != "sixel" or not self.display:
            return
        over = {placed for placed in self._placed if writes(update, self._region_of(placed))}
        if over and not self._written_on:
            self.set_timer(DRAW_AFTER_S, self._draw_again)
        self._written_on |= over

    def _region_of(self, placed: Placed) -> Region:
        """The cells of pictures on the screen."""
        left, top = self.content_region.offset
        return Region(left, top + placed.top, placed.mosaic.width, placed.mosaic.height)

    def _draw_again(self) -> None:
        """Draw the pictures that were written on, unless something else is over them."""
        over, self._written_on = self._written_on & {*self._placed}, set()
        toasts = [each.region for each in self.screen.query("Toast")]
        if not self.screen.is_current or not self.display or self._cell is None:
            return
        for placed in over:
            region = self._region_of(placed)
            if not any(map(region.overlaps, toasts)):
                self._terminal.draw(placed.mosaic, self._cell, (region.x, region.y))
