"""Strips: a figure over time as blocks on a fixed scale, and the marks where another layer begins.

Whatever is not finite is not drawn. Marks take columns of their own, so that nothing lies hidden under one.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import accumulate

from fftui.runs.history import FIGURES, Bucket, Place, Range
from fftui.tui.glyphs import Glyphs
from fftui.tui.widgets.painted import Piece
from fftui.tui.widgets.plot import DOTS, Tone

MARKS_AT_MOST = 1 / 4  # of a strip's columns; with more there would be nothing left to see
SHADE = ":"  # from the least to the greatest, where there is no braille
Draw = Callable[[float, float, int, Glyphs], Sequence[str]]


def changes(places: Sequence[Place]) -> list[int]:
    """The columns at which another layer begins. What lies between two layers goes with the one before it."""
    found: list[int] = []
    known: Place | None = None
    for column, place in enumerate(places):
        if place[0] is None:
            continue
        if column and place != known:
            found.append(column)
        known = place
    return found


def newest(places: Sequence[Place], width: int) -> tuple[int, list[int]]:
    """How many of the newest columns fit into `width` cells, and at which of those a mark stands before them.

    Where layers change too often for their marks there are none.
    """
    shown = min(len(places), max(0, width))
    marks = changes(places[len(places) - shown :])
    if len(marks) > width * MARKS_AT_MOST:
        return shown, []
    while shown and shown + len(marks) > width:
        shown -= 1
        marks = changes(places[len(places) - shown :])
    return shown, marks


def stretched(buckets: Sequence[Bucket], width: int) -> tuple[list[Bucket], list[int]]:
    """All samples as columns that fill `width` cells together with the marks before some of them.

    A column is what begins in it, or what goes on through it.
    """
    marks = changes([bucket.place for bucket in buckets])
    room = width - len(marks) if len(marks) <= width * MARKS_AT_MOST else width
    total = sum(bucket.samples for bucket in buckets)
    starts = accumulate((bucket.samples for bucket in buckets), initial=0)
    begun: dict[int, Bucket] = {}
    for bucket, start in zip(buckets, starts, strict=False):
        column = start * room // total
        begun[column] = begun[column].merged(bucket) if column in begun else bucket
    columns: list[Bucket] = []
    for column in range(room if buckets else 0):
        columns.append(begun.get(column) or columns[-1])
    if room == width:
        return columns, []
    return columns, changes([bucket.place for bucket in columns])


def area(columns: Sequence[Bucket], figure: str, top: float, height: int, glyphs: Glyphs) -> list[str]:
    """`height` rows of a figure on the scale 0 to `top`: full up to the least of a column, shaded to the greatest.

    One row has no room for both and shows the greatest. Where a figure is not told its column is blank.
    """
    index = FIGURES.index(figure)
    draw = _level if height == 1 else _braille if glyphs.braille else _letters
    stacks = [_column(column.ranges[index], top, height, glyphs, draw) for column in columns]
    return ["".join(stack[row] for stack in stacks) for row in range(height)]


def marked(text: str, before: Sequence[int], sign: str, tone: Tone) -> list[Piece]:
    """`text` with `sign` put in before these columns, in a tone of its own."""
    return list(_marked(text, before, sign, tone))


def _marked(text: str, before: Sequence[int], sign: str, tone: Tone) -> Iterator[Piece]:
    for start, end in zip((0, *before), (*before, len(text)), strict=True):
        if start:
            yield (sign, "accent")
        if start < end:
            yield (text[start:end], tone)


def _column(seen: Range | None, top: float, height: int, glyphs: Glyphs, draw: Draw) -> Sequence[str]:
    """One column's signs, top first."""
    if seen is None or not (math.isfinite(seen.low) and math.isfinite(seen.high)):
        return " " * height
    return draw(_share(seen.low, top), _share(seen.high, top), height, glyphs)


def _level(_low: float, high: float, _height: int, glyphs: Glyphs) -> Sequence[str]:
    return glyphs.levels[_cells(high, len(glyphs.levels) - 1)]


def _braille(low: float, high: float, height: int, _glyphs: Glyphs) -> Sequence[str]:
    return _dots(_cells(low, 4 * height), _cells(high, 4 * height), height)


@cache
def _dots(full: int, most: int, height: int) -> Sequence[str]:
    """Every dot of a column up to row `full`, every other one from there, the highest row `most` whole."""
    masks = [0] * height
    for dot in range(most):
        row = 4 * height - 1 - dot
        for column in range(2):
            if dot < full or dot == most - 1 or (dot + column) % 2:
                masks[row // 4] |= DOTS[row % 4][column]
    return [chr(0x2800 + mask) if mask else " " for mask in masks]


def _letters(low: float, high: float, height: int, glyphs: Glyphs) -> Sequence[str]:
    full, most = (round(share * height) for share in (low, high))
    if not most:
        return " " * (height - 1) + glyphs.levels[1]
    return " " * (height - most) + SHADE * (most - full) + glyphs.levels[-1] * full


def _share(value: float, top: float) -> float:
    return min(1.0, max(0.0, value / top)) if top > 0 else 0.0


def _cells(share: float, most: int) -> int:
    """1 to `most`: something is drawn for 0 too, so that idle differs from not told."""
    return max(1, round(share * most))
