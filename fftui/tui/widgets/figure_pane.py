"""`FigurePane`: a figure in cells, which scrolls where it is higher than its room."""

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from fftui.tui.figure_backend import CellRun


class FigurePane(ScrollView, can_focus=True):
    """Rows of coloured cells."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._cells: tuple[tuple[CellRun, ...], ...] = ()

    def show(self, rows: tuple[tuple[CellRun, ...], ...]) -> None:
        """Show `rows`, from the top."""
        self._cells = rows
        width = max((sum(len(text) for text, _, _ in row) for row in rows), default=0)
        self.virtual_size = Size(width, len(rows))
        self.scroll_home(animate=False)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Row `y` of what is visible."""
        at, width = y + self.scroll_offset.y, self.size.width
        row = self._cells[at] if at < len(self._cells) else ()
        base = self.rich_style
        segments = [
            Segment(text, base + Style(color=ink or None, bgcolor=ground or None))
            for text, ink, ground in row
        ]
        return Strip(segments).adjust_cell_length(width, base)
