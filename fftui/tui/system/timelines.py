"""Timelines: a metric over time as blocks on a fixed scale, with marks where another layer begins.

Values that are not finite are not drawn. Marks take columns of their own, so that they hide no
value.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import accumulate

from fftui.events import StageKey
from fftui.runs.history import METRICS, Bucket
from fftui.tui.charts.cell_plot import DOTS
from fftui.tui.glyphs import Glyphs
from fftui.tui.style_names import StyleName
from fftui.tui.widgets.row_widget import Span

MARKS_AT_MOST = 1 / 4  # of a timeline's columns; more marks would leave no room for values
SHADE = ":"  # from the lowest to the highest value, in ASCII
Extent = tuple[float, float]  # the lowest and the highest value of a column
Draw = Callable[[float, float, int, Glyphs], Sequence[str]]


def stage_changes(stages: Sequence[StageKey]) -> list[int]:
    """The columns at which another layer begins. Columns between two layers count as part of the
    first.
    """
    found: list[int] = []
    known: StageKey | None = None
    for column, stage in enumerate(stages):
        if stage[0] is None:
            continue
        if column and stage != known:
            found.append(column)
        known = stage
    return found


def newest_columns(stages: Sequence[StageKey], width: int) -> tuple[int, list[int]]:
    """How many of the newest columns fit into `width` cells, and the columns that have a mark
    before them.

    There are no marks where layers change too often.
    """
    shown = min(len(stages), max(0, width))
    marks = stage_changes(stages[len(stages) - shown :])
    if len(marks) > width * MARKS_AT_MOST:
        return shown, []
    while shown and shown + len(marks) > width:
        shown -= 1
        marks = stage_changes(stages[len(stages) - shown :])
    return shown, marks


def fill_width(buckets: Sequence[Bucket], width: int) -> tuple[list[Bucket], list[int]]:
    """All samples as columns that fill `width` cells, and the columns that have a mark before them.

    A column holds the buckets that begin in it, or the one that continues through it.
    """
    marks = stage_changes([bucket.stage for bucket in buckets])
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
    return columns, stage_changes([bucket.stage for bucket in columns])


def timeline(
    extents: Sequence[Extent | None], top: float, height: int, marks: Sequence[int], glyphs: Glyphs
) -> list[list[Span]]:
    """`height` rows of a metric as `area` draws them, with a mark before each column of `marks`."""
    rows = area(extents, top, height, glyphs)
    return [with_marks(row, marks, glyphs.boundary, "dim") for row in rows]


def extents_of(columns: Sequence[Bucket], metric: str) -> list[Extent | None]:
    """The lowest and the highest value of a metric in each column; None where it is missing."""
    index = METRICS.index(metric)
    seen = (column.ranges[index] for column in columns)
    return [(each.low, each.high) if each else None for each in seen]


def area(extents: Sequence[Extent | None], top: float, height: int, glyphs: Glyphs) -> list[str]:
    """`height` rows of a metric on the scale 0 to `top`: full to the lowest value of a column,
    shaded to the highest.

    A single row shows the highest. Where a metric is not available its column is blank.
    """
    draw = _level if height == 1 else _braille if glyphs.braille else _letters
    stacks = [_column(extent, top, height, glyphs, draw) for extent in extents]
    return ["".join(stack[row] for stack in stacks) for row in range(height)]


def with_marks(text: str, before: Sequence[int], sign: str, style: StyleName) -> list[Span]:
    """`text` in `style`, with `sign` inserted before the columns of `before` in the
    accent style.
    """
    return list(_with_marks(text, before, sign, style))


def _with_marks(text: str, before: Sequence[int], sign: str, style: StyleName) -> Iterator[Span]:
    for start, end in zip((0, *before), (*before, len(text)), strict=True):
        if start:
            yield (sign, "accent")
        if start < end:
            yield (text[start:end], style)


def _column(
    extent: Extent | None, top: float, height: int, glyphs: Glyphs, draw: Draw
) -> Sequence[str]:
    """The signs of one column, top first."""
    if extent is None or not all(map(math.isfinite, extent)):
        return " " * height
    low, high = extent
    return draw(_share(low, top), _share(high, top), height, glyphs)


def _level(_low: float, high: float, _height: int, glyphs: Glyphs) -> Sequence[str]:
    return glyphs.levels[_cells(high, len(glyphs.levels) - 1)]


def _braille(low: float, high: float, height: int, _glyphs: Glyphs) -> Sequence[str]:
    return _dots(_cells(low, 4 * height), _cells(high, 4 * height), height)


@cache
def _dots(full: int, most: int, height: int) -> Sequence[str]:
    """Every dot of a column up to row `full`, every other dot from there, and all of row `most`."""
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
    """1 to `most`: something is drawn for 0 too, so that idle differs from not available."""
    return max(1, round(share * most))
