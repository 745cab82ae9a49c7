"""The runs screen: all runs, newest first, to sort, filter and open."""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Footer, Input

from fftui.errors import FFTUIError
from fftui.runs.folder import RunRecord
from fftui.runs.workspace import Workspace
from fftui.text import format as fmt
from fftui.tui.backend import Backend
from fftui.tui.messages import EditRun, LookInto, OpenRun
from fftui.tui.screens.marking import MarkingScreen
from fftui.tui.screens.typing_keys import InputScreen
from fftui.tui.screens.uncovered import Uncovered
from fftui.tui.widgets.row_list import Column, Row, RowList, cell
from fftui.tui.widgets.run_status import STATUS_STYLES

READ_EVERY_S = 2.0


@dataclass(frozen=True)
class SortOrder:
    """A sort order of runs: its name, its sort key, and whether the largest value comes first."""

    name: str
    key: Callable[[RunRecord], Any]
    descending: bool = False


ORDERS = (
    SortOrder("newest", lambda r: r.started.timestamp(), descending=True),
    SortOrder("name", lambda r: r.name.lower()),
    SortOrder("data set", lambda r: r.data),
    SortOrder("status", lambda r: r.status),
    SortOrder(
        "test accuracy",
        lambda r: -1.0 if r.test_accuracy is None else r.test_accuracy,
        descending=True,
    ),
    SortOrder("time", lambda r: -1.0 if r.train_s is None else r.train_s, descending=True),
)
COLUMNS = (
    Column("run", elastic=True, least=18),
    Column("name", drop=3),
    Column("data set", drop=2),
    Column("status"),
    Column("test %", right=True),
    Column("time", right=True),
    Column("precision", drop=5),
    Column("device", drop=6),
    Column("started", drop=1),
)


class RunsLoaded(Message):
    """The runs on disk, or the `problem` that kept them from being read."""

    def __init__(self, runs: list[RunRecord], problem: str) -> None:
        super().__init__()
        self.runs = runs
        self.problem = problem


class RunsScreen(Uncovered, MarkingScreen, InputScreen):
    """All runs as rows; Enter opens one."""

    IS_ROOT_SCREEN: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open"),
        Binding("i", "look", "Look into", tooltip="What the run's layers have learned"),
        Binding("e", "edit", "Edit", tooltip="Open what the run was asked to do in the form"),
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("o", "order(1)", "Order", tooltip="Sort by the next column"),
        Binding("O", "order(-1)", "Previous order", show=False),
        Binding("v", "reverse", "Reverse"),
        Binding("b,escape", "leave", "Back", key_display="b"),
    ]
    HELP = """
    All runs in the runs folder. Enter opens one: a finished run as it ended, a run of another
    process while it learns, with its keys. Beside the status of such a run stands its process, or
    its host where that is another machine. / filters by any word of a row (several words: all of
    them), o changes the order, v reverses it. Space marks a run, c compares the marked ones.
    """

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self._backend = backend
        self._runs: list[RunRecord] = []
        self._shown: list[RunRecord] = []
        self._order = 0
        self._reversed = False
        self._read = False
        self._problem = ""

    def compose(self) -> ComposeResult:
        """The list and the filter."""
        runs = RowList(COLUMNS, empty="reading the runs", id="runs")
        yield runs
        words = Input(
            placeholder="filter: words of a run, its data set, its status",
            compact=True,
            id="filter",
        )
        words.display = False
        yield words
        yield Footer()

    def on_mount(self) -> None:
        """Start reading the runs, again every two seconds."""
        self.query_one(RowList).focus()
        self.repeat(READ_EVERY_S, self.read)

    @work(thread=True, exclusive=True, group="runs")
    def read(self) -> None:
        """Read the runs from disk."""
        try:
            self.post_message(RunsLoaded(self._backend.runs(), ""))
        except FFTUIError as error:
            self.post_message(RunsLoaded([], str(error)))

    @on(RunsLoaded)
    def _runs_loaded(self, message: RunsLoaded) -> None:
        self._problem = message.problem
        self.show(message.runs)

    def show(self, runs: list[RunRecord]) -> None:
        """Show `runs`, if they differ from those shown."""
        if self._read and runs == self._runs:
            return
        self._read, self._runs = True, runs
        self._rebuild_rows()

    def _rebuild_rows(self) -> None:
        rows = self.query_one(RowList)
        here = self.current
        order = ORDERS[self._order]
        words = self.query_one(Input).value.lower().split()
        kept = [run for run in self._runs if all(word in _text(run) for word in words)]
        self._shown = sorted(kept, key=order.key, reverse=order.descending != self._reversed)
        rows.empty = self._problem or self._why_empty(words)
        counted = f"{len(kept)} of {len(self._runs)}" if words else str(len(self._runs))
        reversed_text = ", reversed" if self._reversed else ""
        rows.set_title(f"Runs · {counted} · by {order.name}{reversed_text}{self.marked_text}")
        index = next((i for i, run in enumerate(self._shown) if here and run.id == here.id), 0)
        rows.show_rows([self._row(run) for run in self._shown], index=index)

    def _why_empty(self, words: list[str]) -> str:
        if self._runs:
            return f"no run matches: {' '.join(words)}"
        return f"no runs in {self._backend.workspace.runs_dir} yet: start one from a preset"

    def _row(self, run: RunRecord) -> Row:
        signs = self.query_one(RowList).glyphs.states
        status = run.status
        return Row(
            (
                cell(run.id),
                cell(run.name, "dim"),
                cell(run.data),
                cell(
                    f"{signs.get(status, ' ')} {status}{_elsewhere(run)}",
                    STATUS_STYLES.get(status, "text"),
                ),
                cell(
                    fmt.percent(run.test_accuracy),
                    "text" if run.test_accuracy is not None else "dim",
                ),
                cell(fmt.duration(run.train_s), "text" if run.train_s is not None else "dim"),
                cell(run.precision or fmt.MISSING, "dim"),
                cell(run.device or fmt.MISSING, "dim"),
                cell(_when(run.started), "dim"),
            ),
            marked=run.id in self.marked,
        )

    @property
    def workspace(self) -> Workspace:
        """The workspace of the runs."""
        return self._backend.workspace

    def show_marks(self) -> None:
        """Show the rows with the marks that they have now."""
        self._rebuild_rows()

    @property
    def current(self) -> RunRecord | None:
        """The run under the cursor."""
        index = self.query_one(RowList).index
        return self._shown[index] if index < len(self._shown) else None

    @property
    def run_shown(self) -> str | None:
        """The run under the cursor, for copying."""
        return self.current.id if self.current is not None else None

    def action_open(self) -> None:
        """Open the run under the cursor."""
        if (run := self.current) is not None:
            self.post_message(OpenRun(run.id))

    def action_look(self) -> None:
        """Look into the layers of the run under the cursor."""
        if (run := self.current) is not None:
            self.post_message(LookInto(run.id))

    def action_edit(self) -> None:
        """Open what the run under the cursor was asked to do in the form."""
        if (run := self.current) is not None:
            self.post_message(EditRun(run.id))

    def action_filter(self) -> None:
        """Show the input of the filter."""
        words = self.query_one(Input)
        words.display = True
        words.focus()

    def action_order(self, by: int) -> None:
        """Sort by the order `by` places further in the list."""
        self._order = (self._order + by) % len(ORDERS)
        self._rebuild_rows()

    def action_reverse(self) -> None:
        """Reverse the order."""
        self._reversed = not self._reversed
        self._rebuild_rows()

    def action_leave(self) -> None:
        """Clear the filter, or go back if there is none."""
        words = self.query_one(Input)
        if words.display and (words.has_focus or words.value):
            words.value = ""
            words.display = False
            self.query_one(RowList).focus()
        else:
            self.app.pop_screen()

    @on(Input.Changed)
    def _filtered(self) -> None:
        self._rebuild_rows()

    @on(Input.Submitted)
    def _filter_done(self) -> None:
        if not self.query_one(Input).value:
            self.query_one(Input).display = False
        self.query_one(RowList).focus()

    @on(RowList.Selected)
    def _row_selected(self) -> None:
        self.action_open()


def _elsewhere(run: RunRecord) -> str:
    """The process of a run that another one is running: on this machine its id, else its host."""
    if run.status not in ("running", "paused") or run.pid == os.getpid():
        return ""
    other = str(run.machine.get("host", socket.gethostname()))
    return f" · {run.pid}" if other == socket.gethostname() else f" · {other}"


def _text(run: RunRecord) -> str:
    return " ".join(
        (
            run.id,
            run.name,
            run.preset or "",
            run.data,
            run.status,
            run.precision or "",
            run.device or "",
        )
    ).lower()


def _when(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M")
