"""First-layer weights as pictures, as many as fit; the rest by scrolling."""

import math

from fftui.network_report import FilterPictures
from fftui.tui.graphics.mosaic import MOST_ROWS, Mosaic, Size
from fftui.tui.look.pixels import cells, fitted_size, resized
from fftui.tui.look.room import Drawn, Placed, Room, side_by_side, words
from fftui.tui.widgets.row_widget import Line, Span

GAP = 1
LEAST_TILES = 6  # that are shown, smaller than they are if need be
LEAST_SIDE = 8  # pixels, unless the pictures are smaller
NUMBER = 4  # cells of a unit's number
LEAST_HEIGHT = 1.3  # cells, of a picture whose pixels need none of their own


def filters_pane(filters: FilterPictures, room: Room) -> Drawn:
    """Each picture with its unit's number."""
    if not filters.pictures:
        return Drawn(tuple(words([filters.problem], room)))
    rows_free = room.height - len(words([_said(filters, 0, len(filters.pictures))], room))
    if room.cell is not None and min(room.width, rows_free) > NUMBER:
        return _in_pixels(filters, room, min(rows_free, MOST_ROWS), room.cell)
    width, height = _tile(filters, room.width, rows_free)
    across = max(1, (room.width + GAP) // (max(width, NUMBER) + GAP))
    down = max(1, rows_free // (1 + (height + 1) // 2))
    lines = -(-len(filters.pictures) // across)
    tops = max(1, lines - down + 1)
    top = min(room.top, tops - 1)
    rows: list[Line] = []
    for index in range(top, min(lines, top + down)):
        shown = range(index * across, min((index + 1) * across, len(filters.pictures)))
        blocks = [_block(filters, number, width, height, room) for number in shown]
        rows += side_by_side(blocks, max(width, NUMBER), GAP)
    last = min(len(filters.pictures), (top + down) * across)
    return Drawn((*rows, *words([_said(filters, top * across, last)], room, "dim")), tops)


def _in_pixels(filters: FilterPictures, room: Room, rows_free: int, cell: Size) -> Drawn:
    """The same in pictures of pixels: many more of them."""
    count = len(filters.pictures)
    scale, across, down = _layout(filters, (room.width, rows_free), cell)
    columns, high = _cells_of(filters, scale, cell)
    lines = math.ceil(count / across)
    tops = max(1, lines - down + 1)
    first = min(room.top, tops - 1) * across
    last = min(count, first + across * down)
    shown = filters.pictures[first:last]
    mosaic = Mosaic(shown, across, columns, high, scale, GAP, skip=1)
    rows: list[Line] = []
    for number in range(first, last, across):
        units = filters.units[number : min(number + across, last)]
        rows += side_by_side([[((str(unit), "dim"),)] for unit in units], columns, GAP)
        rows += [Line()] * high
    said = words([_said(filters, first, last)], room, "dim")
    return Drawn((*rows, *said), tops, pictures=(Placed(1, mosaic),))


def _layout(filters: FilterPictures, room: Size, cell: Size) -> tuple[float, int, int]:
    """How many times as large pictures are drawn, and how many of them fit beside and below each
    other: so large that all fit, or as small as can be seen; smaller so that several fit.
    """
    one, count = filters.pictures[0], len(filters.pictures)
    least = math.ceil(LEAST_HEIGHT * cell[1] / one.height)
    whole = range(max(1, room[1] * cell[1] // one.height), 0, -1)
    scale, across, down = 1.0, 1, 1
    for scale in (*map(float, whole), *(part / 16 for part in range(15, 0, -1))):
        columns, high = _cells_of(filters, scale, cell)
        across, down = (room[0] + GAP) // (columns + GAP), room[1] // (high + 1)
        if across * down >= (count if scale > least else min(LEAST_TILES, count)):
            break
    return scale, max(1, min(across, count)), max(1, down)


def _cells_of(filters: FilterPictures, scale: float, cell: Size) -> Size:
    """Columns and rows of a picture drawn so large, and of the number above it."""
    one = filters.pictures[0]
    return (
        max(NUMBER, math.ceil(one.width * scale / cell[0])),
        math.ceil(one.height * scale / cell[1]),
    )


def _said(filters: FilterPictures, first: int, last: int) -> str:
    """Which of the pictures from `first` on are shown, and how to read them."""
    size = f"{filters.pictures[0].width}×{filters.pictures[0].height}"
    return (
        f"{first + 1} to {last} of {_of(filters)}, {size} pixels; grey is 0, light positive, dark"
        " negative"
    )


def _of(filters: FilterPictures) -> str:
    shown = len(filters.pictures)
    return str(shown) if shown == filters.of else f"the {shown} most active"


def _tile(filters: FilterPictures, columns: int, rows: int) -> tuple[int, int]:
    """Pixels of a tile: as the pictures are, or smaller so that several fit; small ones larger."""
    picture = filters.pictures[0]
    wanted = min(LEAST_TILES, len(filters.pictures))
    width, height = picture.width, picture.height
    longest = max(width, height)
    for side in range(4 * longest, min(LEAST_SIDE, longest) - 1, -1):
        factor = side / longest
        if factor > 1 and factor != int(factor):
            continue
        size = max(1, int(width * factor)), max(1, int(height * factor))
        across = (columns + GAP) // (max(size[0], NUMBER) + GAP)
        down = rows // (1 + (size[1] + 1) // 2)
        if across * down >= wanted:
            return size
    return fitted_size(picture, columns, max(1, rows - 1))


def _block(
    filters: FilterPictures, index: int, width: int, height: int, room: Room
) -> list[tuple[Span, ...]]:
    caption: tuple[Span, ...] = ((f"{filters.units[index]}", "dim"),)
    return [caption, *cells(resized(filters.pictures[index], width, height), room)]
