"""`RowList`: a table of text with a cursor; it paints only the visible rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from fftui.tui.glyphs import plain
from fftui.tui.style_names import StyleName
from fftui.tui.widgets.cell_text import centred, cut, fitted
from fftui.tui.widgets.row_widget import Line, RowWidget, Span, line

GAP = 2  # cells between columns
EDGE = 2  # before the first one
MARGIN = 3  # rows kept visible above and below the cursor
MEASURED = 400  # rows of a long list by which the widths of its columns are set


@dataclass(frozen=True)
class Column:
    """A column: its title, its alignment, and how it gives way where there is no room for all.

    The `elastic` column shrinks first, down to `least` cells; then columns are dropped, the highest
    `drop` first (0 never). `shorten` cuts a text that is wider than its column.
    """

    title: str
    right: bool = False
    elastic: bool = False
    least: int = 12
    drop: int = 0
    shorten: Callable[[str, int], str] = cut


@dataclass(frozen=True)
class Row:
    """One row: one cell per column, each with its style. `heading` rows cannot be selected;
    `marked` ones have a sign at their left.
    """

    cells: tuple[Span, ...]
    heading: bool = False
    marked: bool = False


class RowList(RowWidget, can_focus=True):
    """Rows under column titles; up, down, page keys and the mouse move the cursor, a second click
    selects. A click on a column's title is a message.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "move(-1000000)", "First", show=False),
        Binding("end", "move(1000000)", "Last", show=False),
    ]

    @dataclass
    class Highlighted(Message):
        """The cursor was moved to row `index` of `list`."""

        list: "RowList"
        index: int

    @dataclass
    class Selected(Message):
        """Row `index` of `list` was selected."""

        list: "RowList"
        index: int

    @dataclass
    class TitleClicked(Message):
        """The title of column `column` of `list` was clicked."""

        list: "RowList"
        column: int

    def __init__(self, columns: Sequence[Column], *, empty: str, id: str | None = None) -> None:
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.empty = empty
        self.items: Sequence[Row] = ()
        self.index = 0
        self._top = 0
        self._needs: list[int] = [0] * len(self.columns)

    def show_rows(
        self, items: Sequence[Row], *, index: int | None = None, columns: Sequence[Column] = ()
    ) -> None:
        """Show `items` with the cursor on row `index` (where it was, if None). Of a long list some
        rows are asked for, to measure the columns, and those in view when they come into view.
        """
        if columns:
            self.columns = tuple(columns)
        self.items = items
        self.index = self._selectable(self.index if index is None else index, 1)
        self._needs = [cell_len(c.title) for c in self.columns]
        self._measure(range(0, len(items), max(1, len(items) // MEASURED)))
        self.repaint()

    def _measure(self, indices: range) -> None:
        """Let the columns be as wide as these rows need."""
        ascii_only, needs = self.ascii_only, self._needs
        for index in indices:
            row = self.items[index]
            if row.heading:
                continue
            for column, (text, _) in enumerate(row.cells[: len(needs)]):
                needs[column] = max(needs[column], cell_len(plain(text, ascii_only)))

    def action_move(self, by: int) -> None:
        """Move the cursor by `by` rows."""
        self.move_to(self.index + by, 1 if by > 0 else -1)

    def action_page(self, by: int) -> None:
        """Move the cursor by a page."""
        self.move_to(self.index + by * max(1, self.size.height - 2), by)

    def move_to(self, index: int, direction: int = 1) -> None:
        """Put the cursor on row `index`, or on the next selectable one in `direction`."""
        found = self._selectable(index, direction)
        if found != self.index and self.items:
            self.index = found
            self.repaint()
            self.post_message(self.Highlighted(self, found))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the clicked row, on the scrollbar as far down the list as the click
        is; a click on the row under the cursor selects it.
        """
        offset = event.get_content_offset(self)
        if offset is None or not self.items or offset.y >= self.size.height:
            return
        if offset.y == 0:
            if (column := self._column_at(offset.x)) is not None:
                self.post_message(self.TitleClicked(self, column))
            return
        if self._overflows and offset.x == self.size.width - 1:
            self.move_to((offset.y - 1) * (len(self.items) - 1) // max(1, self.size.height - 2))
            return
        index = offset.y - 1 + self._top
        if index < len(self.items) and not self.items[index].heading:
            if index == self.index:
                self.post_message(self.Selected(self, index))
            else:
                self.move_to(index)

    def _column_at(self, x: int) -> int | None:
        """The column whose title stands at a cell of the first row; None between two."""
        begin = EDGE
        for column, width in zip(*self._shown_columns(), strict=True):
            if begin <= x < begin + width:
                return column
            begin += width + GAP
        return None

    def _shown_columns(self) -> tuple[list[int], list[int]]:
        """The columns that have room beside the cursor and the scrollbar, and their widths."""
        return self._fitted(self.size.width - EDGE - (2 if self._overflows else 0))

    @property
    def _overflows(self) -> bool:
        """Whether there is a scrollbar: the rows have no room below the titles."""
        return len(self.items) > max(1, self.size.height - 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move the cursor down."""
        event.stop()
        self.action_move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move the cursor up."""
        event.stop()
        self.action_move(-1)

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """The column titles, and the rows around the cursor."""
        if not self.items:
            return centred(self.empty, width, height)
        if len(self.items) > MEASURED:
            self._measure(range(self._top, min(len(self.items), self._top + height)))
        body = max(1, height - 1)
        overflows = len(self.items) > body
        shown, widths = self._fitted(width - EDGE - (2 if overflows else 0))
        titles = " " * EDGE + (" " * GAP).join(
            fitted(self.columns[c].title, w, right=self.columns[c].right)
            for c, w in zip(shown, widths, strict=True)
        )
        ahead = min(MARGIN, (body - 1) // 2)
        self._top = max(0, min(self._top, self.index - ahead))
        self._top = max(
            0, min(max(self._top, self.index + ahead - body + 1), len(self.items) - body)
        )
        shown_rows = range(self._top, min(len(self.items), self._top + body))
        lines = [self._line(index, shown, widths) for index in shown_rows]
        if overflows:
            lines = self._with_scrollbar(lines, width)
        return [line((titles, "dim")), *lines][:height]

    def _with_scrollbar(self, lines: Sequence[Line], width: int) -> list[Line]:
        """The visible rows with the part of all rows that they are, in the last cell."""
        body, count = len(lines), len(self.items)
        length = max(1, body * body // count)
        begin = self._top * (body - length) // max(1, count - body)
        barred = []
        for y, each in enumerate(lines):
            used = sum(cell_len(plain(text, self.ascii_only)) for text, _ in each.spans)
            is_here = begin <= y < begin + length
            bar = self.glyphs.thumb if is_here else self.glyphs.axis_vertical
            spans = (*each.spans, (" " * (width - 1 - used), "text"))
            barred.append(Line((*spans, (bar, "dim" if is_here else "faint")), each.cursor))
        return barred

    def _line(self, index: int, shown: Sequence[int], widths: Sequence[int]) -> Line:
        row = self.items[index]
        if row.heading:
            return line(("  " + row.cells[0][0], row.cells[0][1]))
        here = index == self.index
        mark = self.glyphs.mark if row.marked else " "
        spans: list[Span] = [(f"{self.glyphs.cursor if here else ' '}{mark}", "accent")]
        for column, width in zip(shown, widths, strict=True):
            text, style = row.cells[column]
            short = self.columns[column].shorten(plain(text, self.ascii_only), width)
            spans.append((fitted(short, width, right=self.columns[column].right), style))
            spans.append((" " * GAP, "text"))
        return Line(tuple(spans[:-1]), cursor=here)

    def _fitted(self, width: int) -> tuple[list[int], list[int]]:
        """The columns that fit into `width` cells, and their widths."""
        shown = list(range(len(self.columns)))
        while True:
            widths = [self._needs[c] for c in shown]
            over = sum(widths) + GAP * (len(shown) - 1) - width
            elastic = next((i for i, c in enumerate(shown) if self.columns[c].elastic), None)
            if elastic is not None:
                least = min(self.columns[shown[elastic]].least, widths[elastic])
                shrunk = max(least, widths[elastic] - over)
                over -= widths[elastic] - shrunk
                widths[elastic] = shrunk
            dropped = max(shown, key=lambda c: self.columns[c].drop)
            if over <= 0 or self.columns[dropped].drop == 0:
                return shown, widths
            shown.remove(dropped)

    def _selectable(self, index: int, direction: int) -> int:
        """The selectable row nearest to `index`, searched in `direction` first."""
        if not self.items:
            return 0
        index = min(len(self.items) - 1, max(0, index))
        forward = range(index, len(self.items)) if direction > 0 else range(index, -1, -1)
        backward = range(index, -1, -1) if direction > 0 else range(index, len(self.items))
        return next((i for i in (*forward, *backward) if not self.items[i].heading), 0)


def cell(text: str, style: StyleName = "text") -> Span:
    """One cell of a row: `text` in `style`."""
    return (text, style)
