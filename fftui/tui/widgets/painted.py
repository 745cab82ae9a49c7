"""`Painted`: a widget made of whole rows of text that repaints only those rows that changed.

Everything live on fftui's screens is one of these: a few hundred bytes a second over SSH instead of a full frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from fftui.tui.glyphs import Glyphs, plain
from fftui.tui.widgets.plot import Tone

if TYPE_CHECKING:
    from fftui.tui.app import FFTUIApp

TONES: tuple[Tone, ...] = ("text", "dim", "faint", "accent", "second", "good", "warn", "bad", "bold", "title")
Piece = tuple[str, Tone]


@dataclass(frozen=True)
class Line:
    """One row: pieces of text with their tones; `cursor` lights the whole row."""

    pieces: tuple[Piece, ...] = ()
    cursor: bool = False


def line(*pieces: Piece | str, cursor: bool = False) -> Line:
    """A row of pieces; bare text has the tone `text`."""
    return Line(tuple((p, "text") if isinstance(p, str) else p for p in pieces), cursor)


class Painted(Widget):
    """A widget that paints rows. Subclasses give them in `rows()` and call `repaint()` when their data changed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"painted--{tone}" for tone in TONES} | {"painted--cursor"}

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._rows: list[Line] | None = None

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """The rows to show in `width` × `height` cells."""
        raise NotImplementedError  # Textual's widgets have a metaclass of their own, so this cannot be an ABC

    @property
    def ascii_only(self) -> bool:
        """Whether only ASCII may be drawn."""
        return cast("FFTUIApp", self.app).ascii_only

    @property
    def glyphs(self) -> Glyphs:
        """The signs to draw with."""
        return cast("FFTUIApp", self.app).glyphs

    def repaint(self) -> None:
        """Compute the rows again and refresh those that differ."""
        if not self.is_attached or self.size.width < 1:
            return
        old, new = self._rows, list(self.rows(self.size.width, self.size.height))
        self._rows = new
        if old is None or len(old) != len(new):
            self.refresh()
            return
        changed = [Region(0, y, self.size.width, 1) for y, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
        if changed:
            self.refresh(*changed)

    def on_resize(self) -> None:
        """Lay the rows out anew."""
        self._rows = None
        self.repaint()

    def render_line(self, y: int) -> Strip:
        """Row `y` as Textual wants it."""
        if self._rows is None:
            self._rows = list(self.rows(self.size.width, self.size.height))
        width = self.size.width
        row = self._rows[y] if y < len(self._rows) else Line()
        lit = self.get_component_rich_style("painted--cursor", partial=True) if row.cursor else Style.null()
        styles = {tone: self.get_component_rich_style(f"painted--{tone}") + lit for _, tone in row.pieces}
        segments = [Segment(plain(text, self.ascii_only), styles[tone]) for text, tone in row.pieces if text]
        return Strip(segments).adjust_cell_length(width, self.rich_style + lit)
