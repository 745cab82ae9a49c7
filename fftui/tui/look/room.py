"""`Room`: the cells of a pane and how it may draw; `Drawn`: its rows, its pictures of pixels, and
how far it scrolls.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from fftui.tui.glyphs import Glyphs
from fftui.tui.graphics.mosaic import Mosaic, Size
from fftui.tui.widgets.cell_text import wrapped
from fftui.tui.widgets.row_widget import Line, Span, line


@dataclass(frozen=True)
class Room:
    """`width` × `height` cells, scrolled to row `top` and column `left`. Pictures are drawn in
    colours, or in `shades` of the terminal's ink, which is dark where the ground is `light`; in
    pixels where the terminal draws them, of which a `cell` has so many across and down.
    """

    width: int
    height: int
    glyphs: Glyphs
    ascii_only: bool = False
    shades: bool = False
    light: bool = False
    top: int = 0
    left: int = 0
    cell: Size | None = None


@dataclass(frozen=True)
class Placed:
    """Pictures of pixels from row `top` on, at the left edge; those of the rows that they have are
    empty.
    """

    top: int
    mosaic: Mosaic


@dataclass(frozen=True)
class Drawn:
    """Rows, and the number of positions that they can be scrolled to, down and to the right."""

    rows: tuple[Line, ...]
    tops: int = 1
    lefts: int = 1
    pictures: tuple[Placed, ...] = ()


def words(texts: Sequence[str], room: Room, style: str = "text") -> list[Line]:
    """Texts as rows that fit, each beginning one of its own."""
    dim = style == "dim"
    return [line((row, "dim" if dim else "text")) for row in wrapped(texts, room.width)]


def drawn(rows: Sequence[Line], room: Room) -> Drawn:
    """The rows that fit, from the top; they scroll where there are more."""
    tops = max(1, len(rows) - room.height + 1)
    top = min(room.top, tops - 1)
    return Drawn(tuple(rows[top : top + room.height]), tops)


def padded(spans: Sequence[Span], width: int) -> tuple[Span, ...]:
    """The spans, and spaces behind them up to `width` cells."""
    missing = width - sum(cell_len(text) for text, _ in spans)
    return (*spans, (" " * missing, "text")) if missing > 0 else tuple(spans)


def side_by_side(blocks: Sequence[Sequence[Sequence[Span]]], width: int, gap: int) -> list[Line]:
    """Blocks of rows beside each other, each `width` cells wide, with `gap` cells between them."""
    height = max(map(len, blocks), default=0)
    lines = []
    for row in range(height):
        spans: list[Span] = []
        for block in blocks:
            cells = block[row] if row < len(block) else ()
            spans += [*padded(cells, width), (" " * gap, "text")]
        lines.append(Line(tuple(spans[:-1])))
    return lines
