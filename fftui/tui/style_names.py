"""The names of the styles of cells in charts and rows; a theme says how each looks."""

from typing import Literal

StyleName = Literal[
    "text",
    "dim",
    "faint",
    "accent",
    "second",
    "good",
    "warn",
    "bad",
    "bold",
    "title",
    "line-1",
    "line-2",
    "line-3",
    "line-4",
    "line-5",
    "line-6",
]
# Of the lines of a comparison, in turn.
LINE_STYLES: tuple[StyleName, ...] = ("line-1", "line-2", "line-3", "line-4", "line-5", "line-6")
