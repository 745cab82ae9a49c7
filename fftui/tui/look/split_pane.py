"""Histograms of positive and negative goodness, one under the other on one axis, with θ."""

import math
from collections.abc import Sequence

from fftui.network_report import BINS, GoodnessSplit
from fftui.text.format import number, percent
from fftui.text.inspect_text import overlap_text, threshold_text
from fftui.tui.glyphs import Glyphs
from fftui.tui.look.room import Drawn, Room, drawn, words
from fftui.tui.style_names import StyleName
from fftui.tui.widgets.row_widget import Line, Span, line

LEAST_ROWS = 2  # of a histogram
REACH = 1.0  # widths of the values, up to which the axis goes on to a threshold beside them


def split_pane(split: GoodnessSplit, earlier: Sequence[float], room: Room) -> Drawn:
    """Both histograms, each as a share of its own images, and the overlap in words; `earlier` are
    the shares of negatives over the median positive of checkpoints before.
    """
    said = words(_said(split, earlier), room)
    height = max(LEAST_ROWS, (room.height - len(said) - 3) // 2)
    low, high = _axis(split)
    width = max(10, room.width - 1)
    mark = _mark(split.threshold, low, high, width)
    rows: list[Line] = []
    for name, counts, style in (
        ("positive", split.positive, "accent"),
        ("negative", split.negative, "second"),
    ):
        columns = _columns(counts, (split.low, split.high), (low, high), width)
        top = max(columns, default=0.0)
        title = f"{name}, up to {percent(top, 1)} % in a column"
        rows.append(line((title, "accent" if name == "positive" else "second")))
        rows += _histogram(
            columns, height, mark, room.glyphs, "accent" if style == "accent" else "second"
        )
    rows.append(_ticks(split, (low, high), mark, width, room.glyphs))
    return drawn([*rows, *said], room)


def _said(split: GoodnessSplit, earlier: Sequence[float]) -> list[str]:
    lines = [overlap_text(split), threshold_text(split)]
    if earlier:
        shares = ", ".join(percent(share, 1) for share in earlier[-4:])
        lines.append(f"at the checkpoints before: {shares} %")
    if split.not_finite:
        lines.append(f"{split.not_finite} values are not finite")
    return lines


def _axis(split: GoodnessSplit) -> tuple[float, float]:
    """The ends of the axis: those of the values, and the threshold if it is near."""
    low, high, theta = split.low, split.high, split.threshold
    reach = REACH * (high - low)
    if theta is None or not low - reach <= theta <= high + reach:
        return low, high
    margin = (high - low) * 0.02
    return min(low, theta - margin), max(high, theta + margin)


def _columns(
    counts: Sequence[int], of: tuple[float, float], axis: tuple[float, float], width: int
) -> list[float]:
    """The share of all values in each of `width` columns of the axis: a bin goes to all columns
    that it covers, in equal parts.
    """
    total = max(1, sum(counts))
    each = (of[1] - of[0]) / BINS
    scale = width / (axis[1] - axis[0])
    columns = [0.0] * width
    for index, count in enumerate(counts):
        first = (of[0] + index * each - axis[0]) * scale
        last = first + each * scale
        begin, end = int(first), min(width, max(int(first) + 1, math.ceil(last)))
        covered = range(min(begin, width - 1), end)
        for column in covered:
            overlap = min(last, column + 1) - max(first, column)
            columns[column] += count / total * max(0.0, overlap) / (last - first)
    return columns


def _mark(threshold: float | None, low: float, high: float, width: int) -> int | None:
    """The column of the threshold; None where it is not on the axis."""
    if threshold is None or not low <= threshold <= high:
        return None
    return min(width - 1, int((threshold - low) / (high - low) * width))


def _histogram(
    columns: Sequence[float], height: int, mark: int | None, glyphs: Glyphs, style: StyleName
) -> list[Line]:
    """Columns of equal scale, the highest as high as there is room; the threshold as a line where
    nothing stands.
    """
    levels = glyphs.levels
    full = len(levels) - 1
    top = max(columns, default=0.0) or 1.0
    heights = [share / top * height * full for share in columns]
    # what is there at all is seen
    heights = [max(1.0, each) if each > 0 else 0.0 for each in heights]
    rows = []
    for row in reversed(range(height)):
        text = "".join(levels[min(full, max(0, round(each - row * full)))] for each in heights)
        rows.append(Line(_marked(text, mark, glyphs, style)))
    return rows


def _marked(text: str, mark: int | None, glyphs: Glyphs, style: StyleName) -> tuple[Span, ...]:
    if mark is None or text[mark] != " ":
        return ((text, style),)
    return (
        (text[:mark], style),
        (glyphs.boundary, "warn"),
        (text[mark + 1 :], style),
    )


def _ticks(
    split: GoodnessSplit,
    axis: tuple[float, float],
    mark: int | None,
    width: int,
    glyphs: Glyphs,
) -> Line:
    """The ends of the axis and the threshold under them."""
    low, high = number(axis[0], 3), number(axis[1], 3)
    theta = "" if split.threshold is None else f"{glyphs.threshold} {number(split.threshold, 3)}"
    if theta and mark is None and split.threshold is not None:
        beyond = split.threshold > axis[1]
        high = f"{high} {glyphs.arrow} {theta}" if beyond else high
        low = low if beyond else f"{theta} < {low}"
        theta = ""
    text = list(f"{low}{high:>{max(0, width - len(low))}}")
    if theta and mark is not None:
        start = min(max(len(low) + 1, mark - len(theta) // 2), width - len(high) - len(theta) - 1)
        text[start : start + len(theta)] = theta
    return line(("".join(text), "dim"))
