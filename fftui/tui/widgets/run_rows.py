"""The rows of a list of runs, and the details of one."""

import os
import socket
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import overload

from rich.cells import cell_len

from fftui.runs.listing import ListedRun
from fftui.runs.run_fields import FIELD_OF, RunField
from fftui.text import format as fmt
from fftui.text.run_list_text import DIVERGED, is_right, title_of, value_text
from fftui.tui.glyphs import Glyphs
from fftui.tui.style_names import StyleName
from fftui.tui.widgets.cell_text import cut, cut_in_middle
from fftui.tui.widgets.row_list import Column, Row, cell
from fftui.tui.widgets.row_widget import Span
from fftui.tui.widgets.run_status import STATUS_STYLES

DEFAULT_COLUMNS = (
    "name",
    "data",
    "status",
    "accuracy",
    "time",
    "age",
    "stage",
    "tag",
    "host",
    "precision",
    "device",
    "id",
)
LEAST_NAME = 24
OFTEN_EMPTY = ("stage", "tag")  # not worth a column where no run has one
BRIGHT = ("name", "data", "accuracy", "time")


def shown_by_default(runs: Sequence[ListedRun]) -> tuple[str, ...]:
    """The default columns, without those that no run has something in."""
    return tuple(
        name
        for name in DEFAULT_COLUMNS
        if name not in OFTEN_EMPTY or any(FIELD_OF[name].value(run) for run in runs)
    )


class RowsOfRuns(Sequence[Row]):
    """The rows of some runs, made when they are asked for: a screen shows fifty of ten thousand."""

    def __init__(self, runs: Sequence[ListedRun], row: Callable[[ListedRun], Row]) -> None:
        self._runs = runs
        self._row = row

    def __len__(self) -> int:
        return len(self._runs)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        if isinstance(index, slice):
            return RowsOfRuns(self._runs[index], self._row)
        return self._row(self._runs[index])


class RunRows:
    """Makes the rows of runs, each once until it changes."""

    def __init__(
        self, columns: Sequence[RunField], glyphs: Glyphs, marked: Collection[str]
    ) -> None:
        """`marked` are the ids of the marked runs, as they are when a row is asked for."""
        self._marked = marked
        self.fields = tuple(columns)
        self._glyphs = glyphs
        self._has_age = [at for at, field in enumerate(self.fields) if field.kind == "age"]
        self._made: dict[str, tuple[ListedRun, tuple[str, ...], Row]] = {}

    def of(self, runs: Sequence[ListedRun]) -> Sequence[Row]:
        """The rows of `runs`."""
        return RowsOfRuns(runs, self.row)

    def columns(self) -> list[Column]:
        """The columns of the list: the name shrinks first, then the last ones are dropped."""
        named = "name" in {field.name for field in self.fields}
        return [
            Column(
                title_of(field),
                right=is_right(field),
                elastic=field.name == "name" or (not named and at == 0),
                least=LEAST_NAME,
                drop=0 if field.name == "name" else at,
                shorten=cut_in_middle if field.name in ("name", "id") else cut,
            )
            for at, field in enumerate(self.fields)
        ]

    def row(self, run: ListedRun) -> Row:
        """The row of `run`."""
        row = self._unmarked(run)
        return replace(row, marked=True) if run.id in self._marked else row

    def _unmarked(self, run: ListedRun) -> Row:
        ages = tuple(value_text(self.fields[at], run) for at in self._has_age)
        made = self._made.get(run.id)
        if made is not None and made[0] is run and made[1] == ages and run.progress is None:
            return made[2]
        row = Row(tuple(self._cell(field, run) for field in self.fields))
        self._made[run.id] = (run, ages, row)
        return row

    def _cell(self, field: RunField, run: ListedRun) -> Span:
        text = value_text(field, run)
        if field.name == "status":
            return cell(f"{_sign(run, self._glyphs)} {text}", status_style(run))
        bright = field.name in BRIGHT or field.kind == "setting"
        return cell(text, "text" if bright and text != fmt.MISSING else "dim")


def status_style(run: ListedRun) -> StyleName:
    """The style of a run's status."""
    if run.record is None or run.diverged:
        return "bad"
    return STATUS_STYLES.get(run.record.status, "text")


def _sign(run: ListedRun, glyphs: Glyphs) -> str:
    if run.record is None or run.diverged:
        return glyphs.states["failed"]
    return glyphs.states.get(run.record.status, " ")


def details(run: ListedRun, width: int) -> list[tuple[Span, ...]]:
    """Two lines about a run: its id and where it is, and its error or note."""
    facts = "  ".join(_facts(run))
    facts = cut(facts, max(0, width - 24))
    shown = cut_in_middle(run.id, width - 3 - (cell_len(facts) + 2 if facts else 0))
    first: tuple[Span, ...] = ((f" {shown}", "bold"), (f"  {facts}", "dim"))
    text, style = _remark(run)
    return [first, ((f" {cut(' '.join(text.split()), width - 2)}", style),)]


def _facts(run: ListedRun) -> list[str]:
    record = run.record
    if record is None:
        return []
    if not (run.is_running or run.progress):
        return [text for text in (record.device, record.precision) if text]
    host = str(record.machine.get("host", socket.gethostname()))
    facts = [value_text(FIELD_OF["stage"], run)]
    if run.progress is not None:
        facts.append(f"last event {value_text(FIELD_OF['last_event'], run)} ago")
    if run.is_running and record.pid != os.getpid():
        here = host == socket.gethostname()
        facts.append(f"process {record.pid}" if here else f"process {record.pid} on {host}")
    return [fact for fact in facts if fact]


def _remark(run: ListedRun) -> tuple[str, StyleName]:
    """What is worth a line: how it is damaged or failed, else its name, tags and note."""
    problem = run.problem or (run.record.error if run.record is not None else "")
    if problem or run.diverged:
        return problem or DIVERGED, "bad"
    tags = " ".join(f"#{tag}" for tag in run.annotations.tags)
    name = run.record.name if run.record is not None else ""
    return " · ".join(text for text in (name, tags, run.annotations.note) if text), "dim"
