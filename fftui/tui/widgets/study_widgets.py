"""`StudyHeader`, the two lines of a study, and the rows of its results so far."""

from collections.abc import Sequence

from rich.cells import cell_len

from fftui.text import format as fmt
from fftui.tui.glyphs import plain
from fftui.tui.study_backend import StudyFacts, StudyRun, StudyTable, failed
from fftui.tui.style_names import StyleName
from fftui.tui.widgets.cell_text import cut
from fftui.tui.widgets.row_list import GAP, Column, Row, cell
from fftui.tui.widgets.row_widget import Line, RowWidget, Span, line

# The order in which columns are dropped where there is no room, the highest first. Columns that
# identify a condition are never dropped.
DROPS = {
    "test accuracy %": 0,
    "paper %": 0,
    "note": 1,
    "seeds": 2,
    "learned for": 4,
    "train accuracy %": 5,
}
DROPS |= {"paper train %": 6}
DROP_MEASURES = 3
LEAST = 12  # cells of a column that is cut
EDGE = 5  # cells before the first column: the cursor and the sign


class StudyHeader(RowWidget):
    """Two lines: the study's title and status, and the trial that is learning."""

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = title
        self._facts: StudyFacts | None = None
        self._run: StudyRun | None = None

    def show(self, facts: StudyFacts | None, run: StudyRun | None) -> None:
        """Show the facts of the study and the progress of `run`, the thread that runs it, or ran
        it.
        """
        self._facts, self._run = facts, run
        self.repaint()

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """The two lines; the title is cut first."""
        (status, style), sign = self._status_text(), self.glyphs.states
        shown = f"{sign.get(status, sign['waiting'])} {status}"
        room = width - cell_len(shown) - 4
        title = cut(plain(self._title, self.ascii_only), room)
        gap = max(1, room - cell_len(title) + 2)
        return [
            line(" ", (title, "bold"), " " * gap, (shown, style)),
            line(*self._progress_spans(width - 2)),
        ]

    def _status_text(self) -> tuple[str, StyleName]:
        run = self._run
        if run is not None and run.is_alive():
            return ("stopping", "warn") if run.stopping else ("running", "accent")
        if run is not None and run.problem:
            return "failed", "bad"
        if self._facts is not None and not self._facts.remaining:
            return "finished", "good"
        if run is not None:
            return ("interrupted", "warn") if run.stopping else ("ended", "warn")
        return "not running", "dim"

    def _progress_spans(self, width: int) -> list[Span]:
        run, facts = self._run, self._facts
        if run is not None and run.problem:
            return [(f" {cut(run.problem, width)}", "bad")]
        parts = []
        if run is not None and run.is_alive():
            at = run.progress
            parts.append(
                "checking which runs exist" if at is None else f"trial {at.index} of {at.of}"
            )
            if at is not None:
                parts.append(f"{at.trial.condition.text}, seed {at.trial.experiment.seed}")
        if facts is None:
            parts.append("reading the runs")
        else:
            parts.append(f"{facts.done} of {len(facts.study.trials)} done")
            if facts.expected_s:
                parts.append(f"{fmt.roughly(facts.expected_s)} left")
        failures = failed(run.ended) if run is not None else []
        text = plain("   ".join(parts), self.ascii_only)
        if not failures:
            return [(f" {cut(text, width)}", "dim")]
        text, why = cut(text, width * 6 // 10), f"{len(failures)} failed: {failures[-1].error}"
        return [(f" {text}   ", "dim"), (cut(why, width - cell_len(text) - 3), "bad")]


def columns_of(table: StudyTable, conditions: Sequence[str], width: int) -> tuple[Column, ...]:
    """The columns of a study's table in `width` cells: the sign of each condition's state, then the
    table.

    Numbers and notes are dropped before a column that identifies conditions is cut.
    """
    needs = {
        name: max(map(cell_len, each))
        for name, each in zip(
            table.columns, zip(table.columns, *table.rows, strict=True), strict=True
        )
    }
    drops = {
        name: 0 if name in conditions else DROPS.get(name, DROP_MEASURES) for name in table.columns
    }
    kept = [needs[name] for name, drop in drops.items() if drop == 0]
    identifying = [name for name in table.columns if name in conditions]
    elastic = "note" if "note" in needs else identifying[-1] if identifying else ""
    least = LEAST if elastic == "note" else needs.get(elastic, LEAST)
    if sum(kept) + GAP * len(kept) + EDGE > width:
        elastic = max(identifying, key=lambda name: needs[name], default="")
        least = LEAST
    return (
        Column(""),
        *(
            Column(
                name,
                right=name not in (*conditions, "note"),
                elastic=name == elastic,
                least=least,
                drop=drops[name],
            )
            for name in table.columns
        ),
    )


def rows_of(table: StudyTable, states: Sequence[str], signs: dict[str, str]) -> list[Row]:
    """The rows of a study's table; `states` holds the state of each condition: learning, finished
    or waiting.
    """
    styles: dict[str, StyleName] = {"learning": "accent", "finished": "good"}
    return [
        Row(
            (
                cell(signs[state], styles.get(state, "dim")),
                *(_cell(name, text) for name, text in zip(table.columns, row, strict=True)),
            )
        )
        for row, state in zip(table.rows, states, strict=True)
    ]


def _cell(name: str, text: str) -> Span:
    if name == "note":
        return cell(text, "dim")
    style: StyleName = "bold" if name == "test accuracy %" else "text"
    return cell(text, style) if text else cell(fmt.MISSING, "dim")
