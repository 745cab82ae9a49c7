"""Sixel: a picture in bands of six rows, each colour of a band by itself.

Source: DEC, VT330/VT340 Programmer Reference Manual, volume 2, chapter 14.
"""

import re

from fftui.tui.graphics.mosaic import Raster

BAND = 6  # rows
_LONG = re.compile(r"(.)\1{3,}")
_SIGNS = bytes((63 + bits) % 256 for bits in range(256))


def encode(picture: Raster) -> str:
    """The control sequence that draws a picture from the cursor's cell on; what is transparent
    stays as it was.
    """
    bands = "-".join(_band(picture, top) for top in range(0, picture.height, BAND))
    used = sorted(set(picture.pixels) - {0})
    palette = "".join(_register(number, picture.colours[number - 1]) for number in used)
    return f'\x1bP0;1;0q"1;1;{picture.width};{picture.height}{palette}{bands}\x1b\\'


def _register(number: int, colour: tuple[int, int, int]) -> str:
    red, green, blue = (round(value * 100 / 255) for value in colour)
    return f"#{number - 1};2;{red};{green};{blue}"


def _band(picture: Raster, top: int) -> str:
    width = picture.width
    rows = [
        picture.pixels[row * width : (row + 1) * width]
        for row in range(top, min(top + BAND, picture.height))
    ]
    return "$".join(
        f"#{number - 1}{_columns(rows, number)}" for number in sorted(set().union(*rows) - {0})
    )


def _columns(rows: list[bytes], number: int) -> str:
    """A sign for each column: which of its rows have the colour. The rows' bytes are added as one
    large number each: no sum is over 63.
    """
    total = 0
    for row, values in enumerate(rows):
        only = bytes(number) + bytes((1 << row,)) + bytes(255 - number)
        total += int.from_bytes(values.translate(only), "big")
    bits = total.to_bytes(len(rows[0]), "big").rstrip(b"\0")
    signs = bits.translate(_SIGNS).decode("ascii")
    return _LONG.sub(lambda run: f"!{len(run[0])}{run[1]}", signs)
