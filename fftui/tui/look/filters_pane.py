"""First-layer weights as pictures, as many as fit; the rest by scrolling."""

from fftui.network_report import FilterPictures
from fftui.tui.look.pixels import cells, fitted_size, resized
from fftui.tui.look.room import Drawn, Room, side_by_side, words
from fftui.tui.widgets.row_widget import Line, Span

GAP = 1
LEAST_TILES = 6  # that are shown, smaller than they are if need be
LEAST_SIDE = 8  # pixels, unless the pictures are smaller


def filters_pane(filters: FilterPictures, room: Room) -> Drawn:
    """Each picture with its unit's number."""
    if not filters.pictures:
        return Drawn(tuple(words([filters.problem], room)))
    rows_free = room.height - len(words([_said(filters, 0, len(filters.pictures))], room))
    width, height = _tile(filters, room.width, rows_free)
    across = max(1, (room.width + GAP) // (max(width, 4) + GAP))
    down = max(1, rows_free // (1 + (height + 1) // 2))
    lines = -(-len(filters.pictures) // across)
    tops = max(1, lines - down + 1)
    top = min(room.top, tops - 1)
    rows: list[Line] = []
    for index in range(top, min(lines, top + down)):
        shown = range(index * across, min((index + 1) * across, len(filters.pictures)))
        blocks = [_block(filters, number, width, height, room) for number in shown]
        rows += side_by_side(blocks, max(width, 4), GAP)
    last = min(len(filters.pictures), (top + down) * across)
    return Drawn((*rows, *words([_said(filters, top * across, last)], room, "dim")), tops)


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
        across = (columns + GAP) // (max(size[0], 4) + GAP)
        down = rows // (1 + (size[1] + 1) // 2)
        if across * down >= wanted:
            return size
    return fitted_size(picture, columns, max(1, rows - 1))


def _block(
    filters: FilterPictures, index: int, width: int, height: int, room: Room
) -> list[tuple[Span, ...]]:
    caption: tuple[Span, ...] = ((f"{filters.units[index]}", "dim"),)
    return [caption, *cells(resized(filters.pictures[index], width, height), room)]
