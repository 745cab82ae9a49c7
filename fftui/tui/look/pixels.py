"""Pictures as rows of cells: two pixels a cell in colours, or one sign a cell in shades of ink."""

from collections.abc import Iterable
from functools import lru_cache

from fftui.network_report import Picture
from fftui.tui.look.room import Room
from fftui.tui.widgets.row_widget import Paint, Span

SHADES = " ░▒▓█"
ON_LIGHT = 224  # brightness of white, so that it is seen on a light ground
STEPS = 32  # of brightness: neighbouring cells of one colour go to the terminal as one
PixelRow = list[tuple[int, ...]]


def fitted_size(picture: Picture, columns: int, rows: int) -> tuple[int, int]:
    """Width and height in pixels in which a picture fills at most so many cells: a whole multiple
    of its own where it fits, else smaller, in proportion.
    """
    across, down = columns / picture.width, 2 * rows / picture.height
    factor = min(across, down)
    factor = float(int(factor)) if factor >= 1 else factor
    return max(1, int(picture.width * factor)), max(1, int(picture.height * factor))


@lru_cache(512)
def resized(picture: Picture, width: int, height: int) -> Picture:
    """The picture in `width` × `height` pixels, each the mean of those that it covers."""
    if (width, height) == (picture.width, picture.height):
        return picture
    columns = [_span(x, picture.width, width) for x in range(width)]
    values = bytearray()
    for row in range(height):
        rows = _span(row, picture.height, height)
        for across in columns:
            covered = [picture.at(x, y) for y in rows for x in across]
            values += bytes(sum(each) // len(covered) for each in zip(*covered, strict=True))
    return Picture(width, height, picture.channels, bytes(values))


def _span(index: int, size: int, wanted: int) -> range:
    """The pixels of `size` that pixel `index` of `wanted` covers: all that it covers half of."""
    first = int(index * size / wanted + 0.5 * (wanted < size))
    last = int((index + 1) * size / wanted + 0.5 * (wanted < size))
    return range(min(first, size - 1), min(size, max(first + 1, last)))


def picture_rows(picture: Picture, columns: int, rows: int, room: Room) -> list[tuple[Span, ...]]:
    """The picture as large as fits into the cells."""
    return cells(resized(picture, *fitted_size(picture, columns, rows)), room)


def cells(picture: Picture, room: Room) -> list[tuple[Span, ...]]:
    """The picture's own pixels, a column of cells each; the last of an odd number of rows twice."""
    last = picture.height - 1
    pairs = [(row, min(row + 1, last)) for row in range(0, picture.height, 2)]
    pixels = [[picture.at(x, y) for x in range(picture.width)] for y in range(picture.height)]
    paint = _shaded if room.shades or room.ascii_only else _coloured
    return [paint(pixels[upper], pixels[lower], room) for upper, lower in pairs]


def _coloured(upper: PixelRow, lower: PixelRow, room: Room) -> tuple[Span, ...]:
    white = ON_LIGHT if room.light else 255
    paints = [Paint(_hex(a, white), _hex(b, white)) for a, b in zip(upper, lower, strict=True)]
    return tuple((("▀" * count), paint) for paint, count in _runs(paints))


def _shaded(upper: PixelRow, lower: PixelRow, room: Room) -> tuple[Span, ...]:
    signs = room.glyphs.levels if room.ascii_only else SHADES
    text = ""
    for pair in zip(upper, lower, strict=True):
        values = [value for pixel in pair for value in pixel]
        share = sum(values) / (255 * len(values))
        share = 1 - share if room.light else share
        text += signs[min(len(signs) - 1, int(share * len(signs)))]
    return ((text, "text"),)


def _hex(pixel: tuple[int, ...], white: int) -> str:
    values = pixel if len(pixel) == 3 else pixel * 3
    red, green, blue = (value * STEPS // 256 * white // (STEPS - 1) for value in values)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _runs(paints: Iterable[Paint]) -> Iterable[tuple[Paint, int]]:
    """Neighbouring equal paints and their number."""
    last, count = None, 0
    for paint in paints:
        if paint != last and last is not None:
            yield last, count
            count = 0
        last, count = paint, count + 1
    if last is not None:
        yield last, count
