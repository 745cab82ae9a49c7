"""`Mosaic`: pictures in cells of a terminal, and its pixels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image

from fftui.network_report import Picture

GREYS = 16  # of pictures without colours: more are hardly told apart, and each costs bytes
MOST_ROWS = 60  # of cells: Kitty has marks for so many and some more
Size = tuple[int, int]


@dataclass(frozen=True)
class Mosaic:
    """Lines of pictures, `across` in each: a picture has `columns` × `rows` cells, the next one
    begins `gap` columns further, the next line `skip` rows further. Pictures are drawn `scale`
    times as large as they are, in sharp squares where it is a whole number; None leaves a place
    empty.
    """

    pictures: tuple[Picture | None, ...]
    across: int
    columns: int
    rows: int
    scale: float
    gap: int = 0
    skip: int = 0

    @property
    def width(self) -> int:
        """Columns of all of it."""
        return self.across * (self.columns + self.gap) - self.gap

    @property
    def height(self) -> int:
        """Rows of all of it."""
        lines = math.ceil(len(self.pictures) / self.across)
        return lines * (self.rows + self.skip) - self.skip

    def has_pictures(self, row: int) -> bool:
        """Whether row `row` has pixels: those between two lines have none."""
        return 0 <= row < self.height and row % (self.rows + self.skip) < self.rows


@dataclass(frozen=True)
class Raster:
    """Pixels as one byte each, row by row: 0 is transparent, n the colour n − 1 of `colours`."""

    width: int
    height: int
    pixels: bytes
    colours: tuple[tuple[int, int, int], ...]

    def cut(self, at: Size, size: Size) -> "Raster":
        """The part from column and row `at` on, of at most this size."""
        left, top = at
        right, bottom = min(left + size[0], self.width), min(top + size[1], self.height)
        starts = range(top * self.width, bottom * self.width, self.width)
        pixels = b"".join(self.pixels[row + left : row + right] for row in starts)
        return Raster(right - left, bottom - top, pixels, self.colours)


def fitted_scale(picture: Picture, width: int, height: int) -> float:
    """How many times as large a picture fits into so many pixels: a whole number from 1 on."""
    factor = min(width / picture.width, height / picture.height)
    return float(int(factor)) if factor >= 1 else factor


@lru_cache(16)
def raster(mosaic: Mosaic, cell: Size, colours: int) -> Raster:
    """The pixels of a mosaic on cells of so many pixels, in at most `colours` colours."""
    size = mosaic.width * cell[0], mosaic.height * cell[1]
    canvas, drawn = Image.new("RGB", size), Image.new("L", size)
    for place, picture in enumerate(mosaic.pictures):
        if picture is not None:
            row, column = divmod(place, mosaic.across)
            tile = _tile(picture, mosaic.scale)
            left = column * (mosaic.columns + mosaic.gap) * cell[0]
            top = row * (mosaic.rows + mosaic.skip) * cell[1]
            canvas.paste(tile, (left, top))
            drawn.paste(255, (left, top, left + tile.width, top + tile.height))
    grey = all(picture is None or picture.channels == 1 for picture in mosaic.pictures)
    reduced = canvas.quantize(min(colours, GREYS if grey else 255), dither=Image.Dither.NONE)
    shifted = reduced.tobytes().translate(bytes(min(255, n + 1) for n in range(256)))
    pixels = Image.new("L", size)
    pixels.paste(Image.frombytes("L", size, shifted), mask=drawn)
    return Raster(*size, pixels.tobytes(), _triples(reduced.getpalette() or ()))


def _tile(picture: Picture, scale: float) -> Image.Image:
    mode = "L" if picture.channels == 1 else "RGB"
    image = Image.frombytes(mode, (picture.width, picture.height), picture.pixels)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    how = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX
    return image.resize(size, how).convert("RGB")


def _triples(values: Sequence[int]) -> tuple[tuple[int, int, int], ...]:
    return tuple(zip(values[::3], values[1::3], values[2::3], strict=True))
