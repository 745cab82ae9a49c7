"""Kitty's protocol: a picture is sent once under a number, and shown where cells with placeholders
stand whose colour is that number.

Source: https://sw.kovidgoyal.net/kitty/graphics-protocol/, "Unicode placeholders".
"""

from base64 import b64encode
from io import BytesIO
from itertools import product

from PIL import Image

from fftui.tui.graphics.mosaic import Raster

PLACEHOLDER = "\U0010eeee"
CHUNK = 4096  # characters of a message
# the marks for the numbers from 0 on, which say the row
MARKS = (
    "\u0305\u030d\u030e\u0310\u0312\u033d\u033e\u033f\u0346\u034a\u034b\u034c\u0350\u0351\u0352"
    "\u0357\u035b\u0363\u0364\u0365\u0366\u0367\u0368\u0369\u036a\u036b\u036c\u036d\u036e\u036f"
    "\u0483\u0484\u0485\u0486\u0487\u0592\u0593\u0594\u0595\u0597\u0598\u0599\u059c\u059d\u059e"
    "\u059f\u05a0\u05a1\u05a8\u05a9\u05ab\u05ac\u05af\u05c4\u0610\u0611\u0612\u0613\u0614\u0615"
)
# Colours of the cube of 256 that a terminal with all colours is sent unchanged, and one with 256
# as the same one of the cube: full in one primary, without another.
_LEVELS = (0, 95, 135, 175, 215, 255)
_INKS = tuple(levels for levels in product(range(6), repeat=3) if 0 in levels and 5 in levels)
NUMBERS = len(_INKS)  # of pictures at once


def ink(index: int) -> str:
    """The colour, `#rrggbb`, of the placeholders of picture `index`, from 0."""
    red, green, blue = (_LEVELS[level] for level in _INKS[index])
    return f"#{red:02x}{green:02x}{blue:02x}"


def number_of(index: int, *, truecolor: bool) -> int:
    """The number of picture `index`: its colour, as the terminal is sent it."""
    if truecolor:
        return int(ink(index)[1:], 16)
    red, green, blue = _INKS[index]
    return 16 + 36 * red + 6 * green + blue


def transmission(picture: Raster, number: int, columns: int, rows: int) -> list[str]:
    """The control sequences that send a picture for so many cells."""
    data = b64encode(_png(picture)).decode("ascii")
    chunks = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
    first = f"a=T,U=1,f=100,q=2,i={number},c={columns},r={rows},"
    last = len(chunks) - 1
    return [
        f"\x1b_G{first if place == 0 else 'q=2,'}m={int(place < last)};{chunk}\x1b\\"
        for place, chunk in enumerate(chunks)
    ]


def deletion(number: int) -> str:
    """The control sequence that removes a picture, and what the terminal keeps of it."""
    return f"\x1b_Ga=d,d=I,q=2,i={number}\x1b\\"


def placeholders(row: int, columns: int) -> str:
    """The text of a row of a picture: the cells after the first are known by it."""
    return PLACEHOLDER + MARKS[row] + MARKS[0] + PLACEHOLDER * (columns - 1)


def _png(picture: Raster) -> bytes:
    image = Image.frombytes("P", (picture.width, picture.height), picture.pixels)
    image.putpalette((0, 0, 0, *(value for colour in picture.colours for value in colour)))
    with BytesIO() as file:
        image.save(file, "PNG", transparency=0, optimize=True)
        return file.getvalue()
