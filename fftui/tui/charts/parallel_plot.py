"""Parallel coordinates in cells, without any widget: an axis for each setting of a sweep and one
for the accuracy, and a line for each trial.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fftui.runs.line_points import Point
from fftui.sweeps.sweep_facts import SweepFacts, TrialFacts, ends, place
from fftui.tui.charts.cell_plot import Cell, Series, draw
from fftui.tui.charts.fitting import fitted
from fftui.tui.charts.scale import Window
from fftui.tui.style_names import StyleName

LEAST_APART = 11  # cells between two axes
MOST_LINES = 200  # that are drawn behind the best one and that of the cursor
SIGNS = {"finished": ".", "pruned": ",", "best": "#", "cursor": "o"}


@dataclass(frozen=True)
class Axis:
    """An axis: what it is of, the values at its top and bottom, and the number of the setting
    (None: accuracy).
    """

    name: str
    top: str
    bottom: str
    setting: int | None


@dataclass(frozen=True)
class ParallelLines:
    """The axes that have room, from the left; the lines of the trials by their number, drawn from
    the first to the last; and how many trials have no line for want of room.
    """

    axes: tuple[Axis, ...]
    lines: dict[int, Series]
    left_out: int

    def heights(self, number: int) -> tuple[Point, ...]:
        """Where the line of a trial meets the axes: their number and the height, from 0 to 1."""
        return tuple(self.lines[number].points) if number in self.lines else ()


def parallel_lines(
    facts: SweepFacts, names: Sequence[str], width: int, chosen: int | None, cursor: int | None
) -> ParallelLines:
    """The parallel coordinates of a sweep in `width` cells: `names` are those of the settings,
    `chosen` is the setting whose axis is shown in any case, `cursor` the number of the trial under
    the cursor.
    """
    shown = _settings_shown(len(facts.overs), width, chosen)
    measured = [a for each in facts.trials if (a := accuracy_of(each)) is not None]
    low, high = fitted([100 * each for each in measured])
    axes = []
    for at in shown:
        bottom, top = ends(facts.overs[at].domain)
        axes.append(Axis(names[at], top, bottom, at))
    axes.append(Axis("validation %", f"{high:g}", f"{low:g}", None))
    best = facts.best.number if facts.best is not None else None
    front = [number for number in (best, cursor) if number is not None]
    behind = [each for each in facts.trials if each.number not in front]
    behind.sort(key=lambda each: (each.state == "finished", accuracy_of(each) or 0.0))
    drawn = behind[-MOST_LINES:]
    by_number = {each.number: each for each in facts.trials}
    lines = {}
    for trial in (*drawn, *(by_number[n] for n in dict.fromkeys(front) if n in by_number)):
        points = _points(facts, trial, shown, low, high)
        kind = _kind(trial, best, cursor)
        lines[trial.number] = Series(
            str(trial.number), points, STYLES[kind], SIGNS[kind], dotted=kind == "pruned"
        )
    return ParallelLines(tuple(axes), lines, len(behind) - len(drawn))


STYLES: dict[str, StyleName] = {
    "finished": "dim",
    "pruned": "faint",
    "best": "accent",
    "cursor": "second",
}


def accuracy_of(trial: TrialFacts) -> float | None:
    """The accuracy at the end, or the newest of a trial that goes on."""
    return trial.accuracy if trial.accuracy is not None else trial.latest


def cells(lines: ParallelLines, width: int, height: int, *, braille: bool) -> list[list[Cell]]:
    """The lines in `height` rows of `width` cells."""
    window = Window(0.0, float(max(1, len(lines.axes) - 1)), 0.0, 1.0)
    return draw(list(lines.lines.values()), window, width, height, braille=braille)


def columns(count: int, width: int) -> list[int]:
    """The columns of cells of so many axes."""
    return [round(at * (width - 1) / max(1, count - 1)) for at in range(count)]


def _settings_shown(count: int, width: int, chosen: int | None) -> list[int]:
    """The settings whose axes have room: the first ones, or those up to the chosen one."""
    room = max(1, (width - 1) // LEAST_APART)
    first = max(0, min((chosen or 0) - room + 1, count - room))
    return list(range(first, min(count, first + room)))


def _kind(trial: TrialFacts, best: int | None, cursor: int | None) -> str:
    if trial.number == cursor:
        return "cursor"
    if trial.number == best:
        return "best"
    return "pruned" if trial.state in ("pruned", "failed") else "finished"


def _points(
    facts: SweepFacts, trial: TrialFacts, shown: Sequence[int], low: float, high: float
) -> tuple[Point, ...]:
    points = []
    for at, setting in enumerate(shown):
        height = place(facts.overs[setting].domain, trial.values[setting])
        if height is not None:
            points.append((float(at), height))
    accuracy = accuracy_of(trial)
    if accuracy is not None and high > low:
        points.append((float(len(shown)), (100 * accuracy - low) / (high - low)))
    return tuple(points)
