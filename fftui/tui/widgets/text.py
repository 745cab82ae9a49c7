"""`Paragraphs`: a few rows of text with tones."""

from collections.abc import Sequence

from fftui.tui.widgets.painted import Line, Painted, Piece


class Paragraphs(Painted):
    """Shows the rows it was last given."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: tuple[Line, ...] = ()

    def show(self, *lines: tuple[Piece, ...]) -> None:
        """Show `lines`, from the top."""
        self._lines = tuple(Line(pieces) for pieces in lines)
        self.repaint()

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """Those that fit."""
        return self._lines[:height]
