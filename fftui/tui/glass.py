"""What reaches the terminal: no markup in text from outside, no control characters, and ASCII alone
where the terminal shows no more.

Values, names, paths and errors are text, whatever they hold. Textual reads square brackets in a
plain `str` as markup, so such text becomes a `Content` first; `Glass` is the last filter over all
that any widget draws, Textual's own too.
"""

from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter

from fftui.inert import in_cells

SIGNS = {
    "-": "─━═╌┄┈╴╶╸╺–—−‒▔",
    "|": "│┃║┆┊╎╵╷╹╻",
    "+": "┌┐└┘├┤┬┴┼╭╮╰╯╔╗╚╝╠╣╦╩╬┏┓┗┛┣┫┳┻╋⁺±",
    "_": "▁▂▃",
    "#": "▄▅▆▇█▉▊▋▌▍▎▏▐▀▕▖▗▘▙▚▛▜▝▞▟░▒▓■",
    "~": "…",
    "x": "×",
    "*": "●•·",
    ">": "→›»▶▸",
    "<": "←‹«◀◂",
    "^": "↑▲▴⏶",
    "v": "↓▼▾⏷",
    "'": "‘’",
    '"': "“”",
}  # replaced cell by cell; what is longer in ASCII was written out before (`glyphs.plain`)
SAME_WIDTH = {ord(sign): ascii_sign for ascii_sign, signs in SIGNS.items() for sign in signs}


def literal(text: str) -> Content:
    """`text` as Textual shows it where a plain `str` would be read as markup."""
    return Content(text)


@lru_cache(4096)
def ascii_cells(text: str) -> str:
    """`text` in ASCII, in as many cells."""
    if text.isascii():
        return text
    translated = text.translate(SAME_WIDTH)
    return "".join(sign if sign.isascii() else "?" * cell_len(sign) for sign in translated)


class Glass(LineFilter):
    """Removes what a terminal would obey or show in another order; with `ascii_only`, replaces
    every sign that is not ASCII.
    """

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__()
        self._ascii_only = ascii_only

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments as the terminal gets them."""
        return [
            segment if segment.control else Segment(self._shown(segment.text), segment.style)
            for segment in segments
        ]

    def _shown(self, text: str) -> str:
        text = in_cells(text)
        return ascii_cells(text) if self._ascii_only else text
