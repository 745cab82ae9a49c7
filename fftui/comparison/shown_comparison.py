"""`ShownComparison`: all that is shown of a comparison, and its tables in words."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from fftui.comparison.compared import Condition, DifferingSetting, titles_of
from fftui.comparison.lines import ConditionLine
from fftui.comparison.outcome_rows import Outcomes
from fftui.runs.curve_metrics import CurveMetric, XName
from fftui.text import format as fmt

NOTHING_DIFFERS = "nothing differs in their settings"


@dataclass(frozen=True)
class TextTable:
    """A table in words: its title, the heads of its columns, and its rows."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class ShownComparison:
    """What is compared, the lines as far as they are shown (`span` of `x`; None: all), and the
    condition (from 0) that the others' accuracies are compared with.
    """

    conditions: tuple[Condition, ...]
    differing: tuple[DifferingSetting, ...]
    outcomes: Outcomes
    metric: CurveMetric
    layer: int | None
    lines: tuple[ConditionLine, ...]
    x: XName = "epoch"
    span: tuple[float, float] | None = None
    log: bool = False
    smoothing: float = 0.0  # weight of the mean so far
    reference: int = 0

    @property
    def titles(self) -> tuple[str, ...]:
        """The conditions' names, told from one another by their settings."""
        return titles_of(self.conditions, self.differing)

    @property
    def folded(self) -> bool:
        """Whether a line is the mean of several seeds."""
        return any(len(each.runs) > 1 for each in self.conditions)

    @property
    def heading(self) -> str:
        """The metric, its layer, and how it is shown, in words."""
        first, last = self.span or (0.0, 0.0)
        parts = (
            self.metric.title,
            "" if self.layer is None else f"layer {self.layer}",
            f"{self.x} {first:.6g} to {last:.6g}" if self.span else "",
            "log" if self.log else "",
            f"smoothed {self.smoothing:g}" if self.smoothing else "",
            "mean of seeds, min to max" if self.folded else "",
        )
        return " · ".join(part for part in parts if part)

    def shown_lines(self) -> tuple[ConditionLine, ...]:
        """The lines within the span."""
        return tuple(each.part(self.x, self.span) for each in self.lines)

    def tables(self) -> Iterator[TextTable]:
        """The outcomes, what differs, and the values of the lines."""
        yield self.outcome_table()
        yield self.settings_table()
        yield self.lines_table()

    def outcome_table(self) -> TextTable:
        """A row for each condition."""
        letter = self.conditions[self.reference].letter
        measured = ("test %", "± 95 %", f"less {letter}, points")
        head = ("", "run", "seeds", "status", *measured, "learned for", "energy", "memory")
        rows = (
            (
                condition.letter,
                title,
                str(outcome.seeds),
                status_of(condition),
                fmt.percent(outcome.accuracy),
                fmt.percent(outcome.half),
                difference_text(self.outcomes, number, self.reference),
                fmt.duration(outcome.train_s),
                fmt.energy(outcome.energy_j),
                fmt.size(outcome.memory_bytes),
            )
            for number, (condition, title, outcome) in enumerate(
                zip(self.conditions, self.titles, self.outcomes.rows, strict=True)
            )
        )
        return TextTable("Outcomes", head, tuple(rows))

    def settings_table(self) -> TextTable:
        """A row for each setting in which conditions differ."""
        letters = tuple(each.letter for each in self.conditions)
        rows = (
            (each.path, *(fmt.MISSING if value is None else value for value in each.values))
            for each in self.differing
        )
        return TextTable("What differs", ("setting", *letters), tuple(rows))

    def lines_table(self) -> TextTable:
        """The first, last, smallest and largest value of each line."""
        head = ("", "points", "first", "last", "smallest", "largest")
        rows = []
        for each in self.shown_lines():
            values = [value for value in each.curve.values if math.isfinite(value)]
            if values:
                numbers = (values[0], values[-1], min(values), max(values))
                letter = self.conditions[each.number].letter
                rows.append((letter, str(len(each.curve.values)), *map(fmt.number, numbers)))
        return TextTable(f"{self.heading} by {self.x}", head, tuple(rows))


def status_of(condition: Condition) -> str:
    """The status of a condition's runs: one word where all have the same."""
    found = dict.fromkeys(run.record.status for run in condition.runs)
    return ", ".join(found)


def difference_text(outcomes: Outcomes, one: int, other: int) -> str:
    """The accuracy of one condition less another's, in points with its interval: `+1.20 ± 0.40`;
    `*` where it was not taken image by image.
    """
    found = outcomes.difference(one, other)
    if found is None:
        return "" if one == other else fmt.MISSING
    half = fmt.percent(found.half, missing="?")
    return f"{100 * found.difference:+.2f} ± {half}{'' if found.paired else '*'}"
