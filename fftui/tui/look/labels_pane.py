"""The score of one image for each candidate label, as bars."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fftui.network_report import NetworkReport, best
from fftui.text.format import number
from fftui.tui.look.room import Drawn, Room, drawn
from fftui.tui.style_names import StyleName
from fftui.tui.widgets.cell_text import cut, fitted
from fftui.tui.widgets.row_widget import Line, Span, line

NAME = 14  # cells of a label's name at most
VALUE = 9
SAID = 18  # cells of the words behind a bar
PARTS = " ▏▎▍▌▋▊▉"  # eighths of a cell


@dataclass(frozen=True)
class Candidates:
    """The scores of an image for each label, its true label, and the label of the negative shown
    (None: none is).
    """

    scores: tuple[float, ...]
    label: int
    shown: int | None


def labels_pane(of: Candidates, report: NetworkReport, room: Room) -> Drawn:
    """A row for each label, or the highest ones and the true one where there is no room for all."""
    numbered, room_rows = list(range(len(of.scores))), room.height - 1
    order = numbered if len(numbered) <= room_rows else _highest(of)
    finite = [score for score in of.scores if math.isfinite(score)] or [0.0]
    low, high = min(finite), max(finite)
    name = min(NAME, max(len(_name(label, report)) for label in order))
    bar = max(4, room.width - name - VALUE - SAID - 4)
    rows = [_row(label, of, report, (name, bar, low, high)) for label in order]
    top = best(of.scores)
    right = "right" if top == of.label else f"wrong, {report.name(top)}"
    by_height = "" if order == numbered else "highest first; "
    said = f"{by_height}true {report.name(of.label)}; prediction {right}"
    said += f"; bars begin at {number(low)}"
    return drawn([line((cut(said, room.width), "dim")), *rows], room)


def _highest(of: Candidates) -> list[int]:
    return sorted(range(len(of.scores)), key=lambda label: -of.scores[label])


def _name(label: int, report: NetworkReport) -> str:
    name = report.name(label)
    return name if name == str(label) else f"{label} {name}"


def _row(
    label: int, of: Candidates, report: NetworkReport, sizes: tuple[int, int, float, float]
) -> Line:
    name, bar, low, high = sizes
    score, top = of.scores[label], best(of.scores)
    share = (score - low) / (high - low) if high > low and math.isfinite(score) else 0.0
    said = [
        word
        for word, holds in (
            ("true", label == of.label),
            ("highest", label == top),
            ("negative", label == of.shown),
        )
        if holds
    ]
    style = _style(label, of, top)
    spans: Sequence[Span] = (
        (f"{fitted(_name(label, report), name)} ", style if said else "text"),
        (fitted(_bar(share, bar), bar), style),
        (f"{number(score):>{VALUE}} ", "text"),
        (f" {', '.join(said)}", style),
    )
    return Line(tuple(spans))


def _style(label: int, of: Candidates, top: int) -> StyleName:
    if label == of.label:
        return "good"
    return "bad" if label == top else "second" if label == of.shown else "dim"


def _bar(share: float, width: int) -> str:
    eighths = round(share * width * 8)
    return "█" * (eighths // 8) + PARTS[eighths % 8].strip()
