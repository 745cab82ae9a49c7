"""The paper's Figure 2 of one probe image: as it is, and as the first layer is shown it."""

import math

from fftui.network_report import NetworkReport, Picture, ProbeSample
from fftui.tui.graphics.mosaic import MOST_ROWS, Mosaic, Size, fitted_scale
from fftui.tui.look.pixels import cells, fitted_size, picture_rows, resized
from fftui.tui.look.room import Drawn, Placed, Room, drawn, side_by_side, words
from fftui.tui.widgets.cell_text import cut
from fftui.tui.widgets.row_widget import Line, Span

GAP = 2
Block = list[tuple[Span, ...]]


def inputs_pane(sample: ProbeSample, report: NetworkReport, room: Room) -> Drawn:
    """The image, the positive and the negative input; below them what goes in beside the pixels,
    and how the label goes in.
    """
    if room.cell is not None and (made := _in_pixels(sample, report, room, room.cell)) is not None:
        return made
    said = words([sample.words], room, "dim")
    pictures = 1 + len(sample.inputs)
    width = (room.width - GAP * (pictures - 1)) // pictures
    has_beside = any(each.beside for each in sample.inputs)
    free = max(2, room.height - len(said) - 1)
    below = _beside_rows(sample, free) if has_beside else 0
    image: Block = [(_caption("image", sample.label, report, width),)]
    image += picture_rows(sample.pixels, width, free - below, room)
    blocks = [image]
    for each in sample.inputs:
        block: Block = [(_caption(each.role, each.label, report, width),)]
        block += picture_rows(each.pixels, width, free - below, room)
        for beside in each.beside:
            block += _beside(beside, width, below, room)
        blocks.append(block)
    return drawn([*side_by_side(blocks, width, GAP), *said], room)


def _in_pixels(sample: ProbeSample, report: NetworkReport, room: Room, cell: Size) -> Drawn | None:
    """The same in pictures of pixels; None where there is no room for them."""
    said = words([sample.words], room, "dim")
    roles = [("image", sample.label), *((each.role, each.label) for each in sample.inputs)]
    width = (room.width - GAP * (len(roles) - 1)) // len(roles)
    free = min(MOST_ROWS, room.height - len(said) - 1)
    below = _beside_rows(sample, free) if any(each.beside for each in sample.inputs) else 0
    captions = [[(_caption(role, label, report, width),)] for role, label in roles]
    rows = side_by_side(captions, width, GAP)
    groups = [(tuple(each.pixels for each in sample.inputs), free - below)]
    groups += [(group, below) for group in zip(*(i.beside for i in sample.inputs), strict=True)]
    placed: list[Placed] = []
    for pictures, most in groups:
        mosaic = _mosaic((None if placed else sample.pixels, *pictures), (width, most), cell)
        placed.append(Placed(len(rows), mosaic))
        rows += [Line()] * mosaic.height
    rows += said
    fits = width > 0 and free - below > 0 and len(rows) <= room.height
    return Drawn(tuple(rows), pictures=tuple(placed)) if fits else None


def _mosaic(pictures: tuple[Picture | None, ...], most: Size, cell: Size) -> Mosaic:
    """Pictures of one size beside each other, as large as fits `most` cells each."""
    one = next(filter(None, pictures))
    scale = fitted_scale(one, max(1, most[0] * cell[0]), max(1, most[1] * cell[1]))
    rows = max(1, math.ceil(one.height * scale / cell[1]))
    return Mosaic(pictures, len(pictures), max(1, most[0]), rows, scale, GAP)


def _caption(role: str, label: int, report: NetworkReport, width: int) -> Span:
    if role == "neutral":
        return (cut("mean of all labels", width), "bold")
    return (cut(f"{role}: {report.name(label)}", width), "bold")


def _beside_rows(sample: ProbeSample, free: int) -> int:
    """Rows for what goes in beside the pixels: one for vectors, a third of all for planes."""
    highest = max(each.height for put_in in sample.inputs for each in put_in.beside)
    return 1 if highest == 1 else max(1, free // 3)


def _beside(picture: Picture, width: int, rows: int, room: Room) -> Block:
    if picture.height > 1:
        return picture_rows(picture, width, rows, room)
    across, _ = fitted_size(picture, width, 10**6)
    return cells(resized(picture, max(1, across), 2), room)
