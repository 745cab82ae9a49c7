"""The panes of a sweep: parallel coordinates and the importance of its settings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from fftui.sweeps.sweep_facts import LEAST_FINISHED, SweepFacts, short_paths
from fftui.text import format as fmt
from fftui.tui.charts.cell_plot import Cell
from fftui.tui.charts.parallel_plot import (
    STYLES,
    ParallelLines,
    accuracy_of,
    cells,
    columns,
    parallel_lines,
)
from fftui.tui.charts.scale import Window
from fftui.tui.style_names import StyleName
from fftui.tui.widgets.cell_text import centred, cut
from fftui.tui.widgets.chart import merged_cells
from fftui.tui.widgets.row_widget import Line, RowWidget, Span, line

LABEL = 14  # cells at the right of the last axis
LEAST = (24, 6)  # cells to draw in
BAR = 30  # cells of the longest bar, at most


@dataclass(frozen=True)
class _Made:
    """What was drawn of `facts`, and for what else."""

    facts: SweepFacts
    key: tuple[object, ...]
    lines: ParallelLines
    grid: list[list[Cell]]


class ParallelPane(RowWidget):
    """Parallel coordinates: the best trial and the one under the cursor before the others, with
    marks of their own where they meet an axis.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._facts: SweepFacts | None = None
        self._chosen: int | None = None
        self._cursor: int | None = None
        self._made: _Made | None = None

    def show(self, facts: SweepFacts, chosen: int | None, cursor: int | None) -> None:
        """Show the trials of `facts`; `chosen` is the number of the setting whose axis is bright,
        `cursor` that of the trial under the cursor.
        """
        self._facts, self._chosen, self._cursor = facts, chosen, cursor
        self.repaint()

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """Names of the axes, their tops, the lines, their bottoms."""
        facts = self._facts
        if facts is None or not facts.trials:
            return centred("no trial has begun yet", width, height)
        if width < LEAST[0] or height < LEAST[1]:
            return [line(("too small to draw", "dim"))]
        label = LABEL if width >= 4 * LABEL else 0
        across, body = width - label - 2, height - 3
        lines, grid = self._drawn(facts, across, body)
        at = columns(len(lines.axes), across)
        grid = [list(row) for row in grid]
        self._draw_axes(grid, at)
        self._draw_marks(grid, at, lines)
        ends = self._ends(lines, body) if label else {}
        self.set_title(self._heading(facts, lines))
        inked: list[StyleName] = [
            "bold" if axis.setting is not None and axis.setting == self._chosen else "dim"
            for axis in lines.axes
        ]
        tops = [axis.top for axis in lines.axes]
        return [
            _labels([axis.name for axis in lines.axes], at, inked, width),
            _labels(tops, at, ["faint"] * len(at), width),
            *(
                line(
                    " ",
                    *merged_cells(row),
                    *([(f" {ends[y][0]}", ends[y][1])] if y in ends else []),
                )
                for y, row in enumerate(grid)
            ),
            _labels([axis.bottom for axis in lines.axes], at, ["faint"] * len(at), width),
        ]

    def _drawn(
        self, facts: SweepFacts, across: int, body: int
    ) -> tuple[ParallelLines, list[list[Cell]]]:
        key = (across, body, self._chosen, self._cursor, self.ascii_only)
        made = self._made
        if made is None or made.facts is not facts or made.key != key:
            names = short_paths([over.path for over in facts.overs])
            lines = parallel_lines(facts, names, across, self._chosen, self._cursor)
            grid = cells(lines, across, body, braille=self.glyphs.braille)
            made = self._made = _Made(facts, key, lines, grid)
        return made.lines, made.grid

    def _draw_axes(self, grid: list[list[Cell]], at: Sequence[int]) -> None:
        for row in grid:
            for column in at:
                if not row[column].lines:
                    row[column] = Cell(self.glyphs.axis_vertical, "faint")

    def _draw_marks(self, grid: list[list[Cell]], at: Sequence[int], lines: ParallelLines) -> None:
        marks = (
            (self._best, self.glyphs.mark, STYLES["best"]),
            (self._cursor, self.glyphs.states["learning"], STYLES["cursor"]),
        )
        window = Window(0.0, 1.0, 0.0, 1.0)
        for number, sign, style in marks:
            for axis, height in lines.heights(number) if number is not None else ():
                grid[window.row(height, len(grid))][at[int(axis)]] = Cell(sign, style)

    @property
    def _best(self) -> int | None:
        best = self._facts.best if self._facts is not None else None
        return best.number if best is not None else None

    def _ends(self, lines: ParallelLines, body: int) -> dict[int, tuple[str, StyleName]]:
        """What stands behind the last axis, by row: which lines the marked ones are."""
        window, last = Window(0.0, 1.0, 0.0, 1.0), len(lines.axes) - 1
        found: dict[int, tuple[str, StyleName]] = {}
        both = self._best == self._cursor
        named = [
            (self._best, "best, here" if both else "best", STYLES["cursor" if both else "best"])
        ]
        if not both:
            named.append((self._cursor, "here", STYLES["cursor"]))
        for number, name, style in named:
            heights = dict(lines.heights(number)) if number is not None else {}
            if last not in heights:
                continue
            row = window.row(heights[last], body)
            free = (each for each in (row, row + 1, row - 1) if 0 <= each < body)
            place = next((each for each in free if each not in found), None)
            if place is not None:
                found[place] = (cut(f"{name} {number}", LABEL), style)
        return found

    def _heading(self, facts: SweepFacts, lines: ParallelLines) -> str:
        shown = len(lines.axes) - 1
        parts = ["Parallel coordinates"]
        if shown < len(facts.overs):
            parts.append(f"{shown} of {len(facts.overs)} settings")
        if lines.left_out:
            parts.append(f"without {lines.left_out} of the lower trials")
        return " · ".join(parts)


def _labels(
    texts: Sequence[str], at: Sequence[int], styles: Sequence[StyleName], width: int
) -> Line:
    """Texts over or under axes in the columns `at`, cut where they would meet: the first begins at
    its axis, the others have theirs in the middle where there is room.
    """
    spans: list[Span] = []
    end = 0
    for number, (text, column, style) in enumerate(zip(texts, at, styles, strict=True)):
        following = min(cell_len(texts[number + 1]), at[1] - at[0]) if number + 1 < len(at) else 0
        until = at[number + 1] - following // 2 if following else width
        wide = cell_len(text)
        start = max(end + (number > 0), 1 + column - (wide // 2 if number else 0))
        start = max(end + (number > 0), min(start, until - wide))
        shown = cut(text, max(0, until - start))
        spans += [(" " * (start - end), "text"), (shown, style)]
        end = start + cell_len(shown)
    return Line(tuple(spans))


class ImportancePane(RowWidget):
    """How much each setting matters, as bars with numbers, the largest first."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._facts: SweepFacts | None = None
        self._chosen: int | None = None

    def show(self, facts: SweepFacts, chosen: int | None) -> None:
        """Show the importance of the settings; `chosen` is the number of the bright one."""
        self._facts, self._chosen = facts, chosen
        found = facts.importance
        of = f" · of the best {found.best} of {found.of} trials, by PED-ANOVA" if found else ""
        self.set_title(f"Importance{of}")
        self.repaint()

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """A row a setting."""
        facts = self._facts
        found = facts.importance if facts is not None else None
        if facts is None or found is None:
            done = facts.count("finished") if facts is not None else 0
            return centred(
                f"of {LEAST_FINISHED} finished trials or more; {done} so far", width, height
            )
        names = short_paths([over.path for over in facts.overs])
        wide = min(max(map(cell_len, names)), max(8, width // 2))
        room = max(4, min(BAR, width - wide - 11))
        order = sorted(range(len(names)), key=lambda at: -found.shares[at])
        return [self._bar(names[at], at, found.shares[at], wide, room) for at in order[:height]]

    def _bar(self, name: str, at: int, share: float, wide: int, room: int) -> Line:
        filled = round(share * room)
        style: StyleName = "bold" if at == self._chosen else "text"
        shown = cut(name, wide)
        return line(
            (f" {shown}{' ' * (wide - cell_len(shown))}  ", style),
            (self.glyphs.bar_done * filled, "accent"),
            (self.glyphs.bar_left * (room - filled), "faint"),
            (f" {100 * share:3.0f} %", style),
        )


def header_lines(
    facts: SweepFacts | None, status: Span, problem: str, width: int
) -> list[tuple[Span, ...]]:
    """The two lines over a sweep: what it is and whether it goes on; what has been found."""
    if facts is None:
        return [
            ((f" {cut(problem or 'reading the sweep', width - 2)}", "bad" if problem else "dim"),)
        ]
    text, style = status
    what = f"{facts.name} · {facts.preset} on {facts.data} · {facts.sampler}"
    room = width - cell_len(text) - 3
    named = cut(what, room)
    first: tuple[Span, ...] = (
        (f" {named}", "bold"),
        (" " * max(1, room - cell_len(named) + 1), "text"),
        (text, style),
    )
    if problem:
        return [first, ((f" {cut(problem, width - 2)}", "bad"),)]
    found = summary(facts)
    if cell_len(found) > width - 2:  # the best trial stays in sight
        found = cut("   ".join([_trials(facts), *_best(facts)]), width - 2)
    return [first, ((f" {found}", "dim"),)]


def summary(facts: SweepFacts) -> str:
    """What has been found, in one line."""
    counts = [
        f"{count} {state}"
        for state in ("finished", "pruned", "failed", "running", "interrupted", "begun", "waiting")
        if (count := facts.count(state))
    ]
    trials = f"{_trials(facts)}: {', '.join(counts)}" if counts else "no trials yet"
    return "   ".join([trials, *_best(facts)])


def _trials(facts: SweepFacts) -> str:
    number = len(facts.trials)
    return f"{number} trial{'s' if number != 1 else ''}"


def _best(facts: SweepFacts) -> Iterator[str]:
    """The best trial, and what the test images say of it."""
    best = facts.best
    if best is not None:
        yield f"best is trial {best.number}, {fmt.percent(accuracy_of(best))} %"
        tested = best.test is not None
        yield f"test {fmt.percent(best.test)} %" if tested else "not tested yet"
