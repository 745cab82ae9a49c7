"""`RowWidget`: a widget of whole rows of text that repaints only the cells that changed.

Every live widget of fftui is one: it sends a few hundred bytes per second over SSH instead of full
frames.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, get_args

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from fftui.tui.glass import literal
from fftui.tui.glyphs import Glyphs, glyphs, plain
from fftui.tui.style_names import LINE_STYLES, StyleName

# Textual works through its stylesheet for each style of each widget, so only widgets with the lines
# of a comparison declare the styles of these.
STYLE_NAMES = tuple(style for style in get_args(StyleName) if style not in LINE_STYLES)

BETWEEN = 12  # cells that stay, between two parts of a row that are written by themselves


@dataclass(frozen=True)
class Paint:
    """The colours of a picture's cells, `#rrggbb`; without a ground it is the widget's."""

    ink: str
    ground: str | None = None


Span = tuple[str, StyleName | Paint]


@dataclass(frozen=True)
class Line:
    """One row: spans of text with their styles; `cursor` highlights the whole row."""

    spans: tuple[Span, ...] = ()
    cursor: bool = False


def line(*spans: Span | str, cursor: bool = False) -> Line:
    """A row of spans; plain text has the style `text`."""
    return Line(tuple((p, "text") if isinstance(p, str) else p for p in spans), cursor)


def component_classes(styles: Sequence[str]) -> set[str]:
    """The names by which the stylesheet knows the styles of a `RowWidget`."""
    return {f"row-widget--{style}" for style in styles}


def changed_parts(old: Line, new: Line, width: int, *, ascii_only: bool) -> list[tuple[int, int]]:
    """Where two rows of `width` cells differ: the first cell of each part and the one after its
    last. Parts that are near each other are one: to move there costs as many bytes as to write on.
    """
    before, after = (_cells(each, width, ascii_only=ascii_only) for each in (old, new))
    if before is None or after is None or old.cursor != new.cursor:
        return [(0, width)]
    parts: list[tuple[int, int]] = []
    for at, (one, other) in enumerate(zip(before, after, strict=True)):
        if one == other:
            continue
        if parts and at - parts[-1][1] < BETWEEN:
            parts[-1] = (parts[-1][0], at + 1)
        else:
            parts.append((at, at + 1))
    return parts


def _cells(row: Line, width: int, *, ascii_only: bool) -> list[tuple[str, object]] | None:
    """The sign and the style of each cell; None where a sign takes more than one or none."""
    cells: list[tuple[str, object]] = []
    for text, style in row.spans:
        shown = plain(text, ascii_only)
        if cell_len(shown) != len(shown):
            return None
        cells += [(sign, style) for sign in shown]
    return (cells + [(" ", None)] * (width - len(cells)))[:width]


class RowWidget(Widget):
    """A widget that paints rows. Subclasses return them from `rows()` and call `repaint()` when
    their data changes.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = component_classes((*STYLE_NAMES, "cursor"))

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._rows: list[Line] | None = None
        self._title = ""

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """The rows to show in `width` × `height` cells."""
        # Textual's widgets have a metaclass of their own, so this cannot be an ABC
        raise NotImplementedError

    @property
    def ascii_only(self) -> bool:
        """Whether only ASCII may be drawn: the app has the class that the stylesheet asks for."""
        return self.app.has_class("-ascii")

    @property
    def glyphs(self) -> Glyphs:
        """The signs to draw with."""
        return glyphs(self.ascii_only)

    def set_title(self, title: str) -> None:
        """Write `title` on the upper edge; the whole widget is repainted only if it differs."""
        shown = plain(title, self.ascii_only)
        if self._title != shown:
            self._title = shown
            self.border_title = literal(shown)

    def repaint(self) -> None:
        """Compute the rows again and repaint the cells that differ."""
        if not self.is_attached or self.size.width < 1:
            return
        old, new = self._rows, list(self.rows(self.size.width, self.size.height))
        self._rows = new
        if old is None or len(old) != len(new):
            self.refresh()
            return
        width, ascii_only = self.size.width, self.ascii_only
        changed = [
            Region(begin, y, end - begin, 1)
            for y, (a, b) in enumerate(zip(old, new, strict=True))
            if a != b
            for begin, end in changed_parts(a, b, width, ascii_only=ascii_only)
        ]
        if changed:
            self.refresh(*changed)

    def on_resize(self) -> None:
        """Compute all rows again for the new size."""
        self._rows = None
        self.repaint()

    def render_line(self, y: int) -> Strip:
        """Row `y` as a strip of segments."""
        if self._rows is None:
            self._rows = list(self.rows(self.size.width, self.size.height))
        width = self.size.width
        row = self._rows[y] if y < len(self._rows) else Line()
        highlight = (
            self.get_component_rich_style("row-widget--cursor", partial=True)
            if row.cursor
            else Style.null()
        )
        styles = {style: self._style_of(style) + highlight for _, style in row.spans}
        segments = [
            Segment(plain(text, self.ascii_only), styles[style])
            for text, style in row.spans
            if text
        ]
        return Strip(segments).adjust_cell_length(width, self.rich_style + highlight)

    def _style_of(self, style: StyleName | Paint) -> Style:
        if isinstance(style, Paint):
            return self.rich_style + Style(color=style.ink, bgcolor=style.ground)
        return self.get_component_rich_style(f"row-widget--{style}")
