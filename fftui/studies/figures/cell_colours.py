"""Colours of a figure on the ground of a terminal: what was made for white paper shows on a dark
ground too.
"""

from typing import Any

from matplotlib.artist import Artist
from matplotlib.collections import Collection
from matplotlib.colors import to_hex, to_rgb, to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

APART = 0.28  # difference of lightness by which a colour shows on the ground
BAND = 0.9  # a lighter grey marks a part of the axis
PAPER = 0.98  # lighter is the paper itself
LINE_PT = 1.6  # a line of one dot

RGB = tuple[float, float, float]
Colour = Any  # of Matplotlib: a name, a number in text, three or four numbers


def recolour(artist: Artist, ink: str, ground: str) -> None:
    """Give an artist colours that show on the ground, without soft edges; a white marker or surface
    takes the ground's.
    """
    if isinstance(artist, Line2D):
        artist.set_antialiased(False)
        face = artist.get_markerfacecolor()
        artist.set_color(shown(artist.get_color(), ink, ground))
        artist.set_markeredgecolor(shown(artist.get_markeredgecolor(), ink, ground))
        artist.set_markerfacecolor(_surface(face, ink, ground))
        artist.set_linewidth(max(artist.get_linewidth(), LINE_PT))
    elif isinstance(artist, Patch):
        artist.set_antialiased(False)
        artist.set_facecolor(_surface(artist.get_facecolor(), ink, ground))
        artist.set_edgecolor(_surface(artist.get_edgecolor(), ink, ground))
    elif isinstance(artist, Collection):
        faces: Any = artist.get_facecolor()
        artist.set_facecolor([_surface(tuple(each), ink, ground) for each in faces])


def shown(colour: Colour, ink: str, ground: str) -> str:
    """The colour, turned towards the ink until it shows on the ground; a grey that does not show is
    the ink.
    """
    rgb = to_rgb(colour)
    if _is_grey(rgb) and not _is_apart(rgb, ground):
        return ink
    for share in (0.0, 0.25, 0.5, 0.75):
        mixed = _mixed(rgb, to_rgb(ink), share)
        if _is_apart(mixed, ground):
            return to_hex(mixed)
    return ink


def _surface(colour: Colour, ink: str, ground: str) -> Colour:
    """A surface's colour, with its transparency: the paper's white is the ground, a band stays
    hardly visible.
    """
    red, green, blue, alpha = to_rgba(colour)
    rgb = (red, green, blue)
    if alpha == 0:
        return colour
    if min(rgb) > PAPER or to_hex(rgb) == ground:
        return (*to_rgb(ground), alpha)
    if _is_grey(rgb) and min(rgb) > BAND:
        return (*_mixed(to_rgb(ground), to_rgb(ink), 0.12), alpha)
    return (*to_rgb(shown(rgb, ink, ground)), alpha)


def _mixed(one: RGB, other: RGB, share: float) -> RGB:
    red, green, blue = ((1 - share) * a + share * b for a, b in zip(one, other, strict=True))
    return red, green, blue


def _is_grey(rgb: RGB) -> bool:
    return max(rgb) - min(rgb) < 0.05


def _is_apart(rgb: RGB, ground: str) -> bool:
    """Whether a colour is lighter or darker enough than the ground."""
    return abs(sum(rgb) - sum(to_rgb(ground))) / 3 >= APART
