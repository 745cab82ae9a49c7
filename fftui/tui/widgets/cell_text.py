"""Text in cells, and `Paragraphs`: a few rows of text with styles."""

import textwrap
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from fftui.tui.widgets.row_widget import Line, RowWidget, Span, line


def cut(text: str, width: int) -> str:
    """`text` in at most `width` cells, with a mark where it was cut."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - 1)).rstrip() + "…" if width > 1 else ""


def cut_in_middle(text: str, width: int) -> str:
    """`text` in at most `width` cells, both ends kept: names of a series differ behind what they
    share.
    """
    over = cell_len(text) - width
    if over <= 0 or width < 8:
        return cut(text, width)
    end = width // 2
    begin = set_cell_size(text, width - end - 1).rstrip()
    tail = text[len(text) - end :]
    while cell_len(tail) > end:
        tail = tail[1:]
    return f"{begin}…{tail}"


def fitted(text: str, width: int, *, right: bool = False) -> str:
    """`text` in exactly `width` cells, at the left or the right of them, with a mark where it was
    cut.
    """
    shown = cut(text, width)
    space = " " * (width - cell_len(shown))
    return space + shown if right else shown + space


def wrapped(texts: Sequence[str], width: int) -> list[str]:
    """`texts` as rows of at most `width` cells, each beginning one of its own."""
    return [row for text in texts for row in textwrap.wrap(text, max(8, width))]


class Paragraphs(RowWidget):
    """A widget that shows rows of styled text."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: tuple[Line, ...] = ()

    def show(self, *lines: tuple[Span, ...]) -> None:
        """Show `lines`, from the top."""
        self._lines = tuple(Line(spans) for spans in lines)
        self.repaint()

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """The rows that fit."""
        return self._lines[:height]


def centred(text: str, width: int, height: int) -> list[Line]:
    """A dim sentence in the middle of `height` rows, for panels that have nothing to show yet."""
    wrapped = textwrap.wrap(text, max(8, width - 2))[:height]
    above = (height - len(wrapped)) // 2
    rows = [line() for _ in range(above)] + [line((each.center(width), "dim")) for each in wrapped]
    return rows + [line() for _ in range(height - len(rows))]
