"""The tables of a comparison: what came out of each condition, and which settings differ."""

from collections.abc import Collection, Sequence
from typing import ClassVar

from textual.geometry import Size

from fftui.comparison.compared import Condition, DifferingSetting
from fftui.comparison.shown_comparison import (
    NOTHING_DIFFERS,
    ShownComparison,
    difference_text,
    status_of,
)
from fftui.text import format as fmt
from fftui.tui.charts.compare_chart import colour_of
from fftui.tui.style_names import LINE_STYLES, StyleName
from fftui.tui.widgets.cell_text import cut
from fftui.tui.widgets.chart import Chart
from fftui.tui.widgets.row_list import EDGE, Column, Row, RowList, cell
from fftui.tui.widgets.row_widget import Span, component_classes
from fftui.tui.widgets.run_status import STATUS_STYLES

VALUE_CELLS = 16  # of a setting's value


class FittedList(RowList):
    """A `RowList` as high as its rows, where there is room."""

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The rows under the heads of the columns, at least one."""
        return max(1, len(self.items)) + 1

    def show_rows(
        self, items: Sequence[Row], *, index: int | None = None, columns: Sequence[Column] = ()
    ) -> None:
        """As `RowList.show_rows`; the layout follows the number of rows."""
        resized = len(items) != len(self.items)
        super().show_rows(items, index=index, columns=columns)
        if resized:
            self.refresh(layout=True)


class CompareChart(Chart):
    """A chart with the colours of a comparison's lines."""

    COMPONENT_CLASSES: ClassVar[set[str]] = component_classes(LINE_STYLES)


class OutcomeList(FittedList):
    """A row for each condition: its letter and line, its name, and what came out."""

    COMPONENT_CLASSES: ClassVar[set[str]] = component_classes(LINE_STYLES)

    def show(self, shown: ShownComparison, hidden: Collection[int]) -> None:
        """Show the outcomes, with the accuracies less that of `shown.reference`."""
        letter = shown.conditions[shown.reference].letter
        table = [
            self._row(shown, number, number in hidden) for number in range(len(shown.conditions))
        ]
        columns = {
            "": Column(""),
            "run": Column("run", elastic=True, least=24),
            "seeds": Column("seeds", right=True, drop=4),
            "test %": Column("test %", right=True),
            "±": Column("±", right=True, drop=2),
            "less": Column(f"less {letter}, points", right=True, drop=1),
            "time": Column("learned for", right=True, drop=3),
            "energy": Column("energy", right=True, drop=5),
            "memory": Column("memory", right=True, drop=6),
            "status": Column("status", drop=7),
        }
        empty = {"seeds": "1", "energy": fmt.MISSING, "±": fmt.MISSING}
        left_out = {
            name
            for name, nothing in empty.items()
            if all(cells[name][0] == nothing for cells in table)
        }
        names = [name for name in columns if name not in left_out]
        self.set_title(" · ".join(filter(None, ("Compared", _count(shown), _going_on(shown)))))
        self.show_rows(
            [Row(tuple(cells[name] for name in names)) for cells in table],
            index=shown.reference,
            columns=[columns[name] for name in names],
        )

    def _row(self, shown: ShownComparison, number: int, is_hidden: bool) -> dict[str, Span]:
        condition, outcome = shown.conditions[number], shown.outcomes.rows[number]
        swatch = "  " if is_hidden else self.glyphs.bar_done * 2
        ink: StyleName = "dim" if is_hidden else colour_of(condition)
        found = shown.outcomes.difference(number, shown.reference)
        status = status_of(condition)
        sign = self.glyphs.states.get(status, " ")
        return {
            "": cell(f"{condition.letter} {swatch}", ink),
            "run": cell(shown.titles[number], "dim" if is_hidden else "text"),
            "seeds": cell(str(outcome.seeds)),
            "test %": cell(fmt.percent(outcome.accuracy)),
            "±": cell(fmt.percent(outcome.half), "dim"),
            "less": cell(
                difference_text(shown.outcomes, number, shown.reference),
                "text" if found is not None and found.is_clear else "dim",
            ),
            "time": cell(fmt.duration(outcome.train_s)),
            "energy": cell(fmt.energy(outcome.energy_j)),
            "memory": cell(fmt.size(outcome.memory_bytes)),
            "status": cell(f"{sign} {status}", STATUS_STYLES.get(status, "dim")),
        }


def _count(shown: ShownComparison) -> str:
    runs = sum(len(each.runs) for each in shown.conditions)
    return f"{runs} runs" + (f" as {len(shown.conditions)}" if shown.folded else "")


def _going_on(shown: ShownComparison) -> str:
    count = sum(run.is_learning for each in shown.conditions for run in each.runs)
    return f"{count} not ended" if count else ""


class DifferingList(FittedList):
    """A row for each setting in which conditions differ; a column for each condition, the first of
    them `front`.
    """

    def show(
        self, conditions: Sequence[Condition], differing: Sequence[DifferingSetting], front: int
    ) -> None:
        """Show what differs."""
        order = sorted(range(len(conditions)), key=lambda at: at != front)
        columns = [Column("setting", elastic=True, least=18)]
        columns += [Column(conditions[at].letter, drop=place) for place, at in enumerate(order)]
        self.empty = NOTHING_DIFFERS
        rows = [
            Row((cell(each.path, "dim"), *(cell(_value(each.values[at])) for at in order)))
            for each in differing
        ]
        self.show_rows(rows, columns=columns)
        self._show_count()

    def on_resize(self) -> None:
        """Show as many conditions as have room now."""
        super().on_resize()
        self._show_count()

    def _show_count(self) -> None:
        """Write the numbers of settings, and of conditions where not all have room."""
        parts = ["What differs", f"{len(self.items)} settings" if self.items else ""]
        there, room = len(self.columns), len(self._fitted(self.size.width - EDGE)[0])
        if self.items and room < there:
            parts.append(f"{room - 1} of {there - 1} runs")
        self.set_title(" · ".join(filter(None, parts)))


def _value(value: str | None) -> str:
    return fmt.MISSING if value is None else cut(value, VALUE_CELLS)
