"""The queue screen: the run of this process, those that wait for its end, and those that have
ended.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from fftui.errors import FFTUIError
from fftui.experiment import Experiment
from fftui.runs.expectation import Expectation
from fftui.runs.run_queue import RunQueue, WaitingRun
from fftui.text import format as fmt
from fftui.text.notices import Notice
from fftui.tui.messages import OpenRun
from fftui.tui.run_sources import LiveSource
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.uncovered import Uncovered
from fftui.tui.widgets.footer import Footer
from fftui.tui.widgets.row_list import Column, Row, RowList, cell
from fftui.tui.widgets.row_widget import Span
from fftui.tui.widgets.run_status import STATUS_STYLES

SHOW_EVERY_S = 1.0
ENDED_SHOWN = 50
DATE = re.compile(r"^\d{8}-\d{6}-")  # with which ids begin
COLUMNS = (
    Column("", right=True),
    Column("run", elastic=True, least=18),
    Column("data set", drop=2),
    Column("status"),
    Column("time", right=True),
    Column("begins in", right=True, drop=1),
)


@dataclass(frozen=True)
class ThisProcess:
    """The run or study of this process (None before the first), whether it goes on, the ends of
    those before, and which names are of studies and sweeps.
    """

    source: LiveSource | None
    busy: bool
    ended: tuple[Notice, ...]
    many: frozenset[str]


class QueueScreen(Uncovered):
    """The queue as rows, in the order in which the runs will begin."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open"),
        Binding("K,shift+up", "reorder(-1)", "Earlier", key_display="K"),
        Binding("J,shift+down", "reorder(1)", "Later", key_display="J"),
        Binding(
            "x",
            "take_out",
            "Out",
            tooltip="Take the run out of the queue: it stays among the runs, to be resumed",
        ),
        Binding("X", "take_all_out", "All out", tooltip="Take all runs out of the queue"),
        Binding("b,escape", "app.pop_screen", "Back", key_display="b"),
    ]
    HELP = """
    One run learns at a time; those that were started meanwhile wait here, and the next begins when
    it ends, however it ends. K and J move the run under the cursor up and down. x takes it out: it
    stays among the runs as interrupted, and R there begins it. Enter opens a run, study or sweep.

    Quitting asks what becomes of those that wait. A process that is killed leaves them among the
    runs as interrupted.
    """

    def __init__(
        self,
        queue: RunQueue,
        this_process: Callable[[], ThisProcess],
        expectation: Callable[[Experiment], Expectation],
    ) -> None:
        """`expectation` returns the likely time and memory of an experiment."""
        super().__init__()
        self._queue = queue
        self._this_process = this_process
        self._expectation = expectation
        self._runs: list[str | None] = []  # of the rows; None is a heading
        self._shown: list[Row] = []

    def compose(self) -> ComposeResult:
        """The rows and the keys."""
        yield RowList(COLUMNS, empty="no run was started here yet", id="queue")
        yield Footer()

    def on_mount(self) -> None:
        """Show the queue, the cursor on the run that begins next, and again every second."""
        self.query_one(RowList).focus()
        if self._queue.waiting:
            self.show(self._queue.waiting[0].folder.id)
        self.repeat(SHOW_EVERY_S, self.show)

    def show(self, under_cursor: str | None = None) -> None:
        """Show the queue, if it has changed, with the cursor on the run `under_cursor`, by default
        where it was.
        """
        here, rows = under_cursor or self.current, self.query_one(RowList)
        found = list(self._rows())
        self._runs, items = [run for run, _ in found], [row for _, row in found]
        waiting = len(self._queue.waiting)
        rows.set_title(f"Queue · {waiting} wait{'s' if waiting == 1 else ''}")
        if items != self._shown:
            self._shown = items
            index = self._runs.index(here) if here in self._runs else None
            rows.show_rows(items, index=index)
        self.refresh_bindings()

    def _rows(self) -> Iterator[tuple[str | None, Row]]:
        now = self._this_process()
        left_s: float | None = 0.0
        if now.source is not None and now.busy:
            left_s = now.source.view.time_left_s()
            yield None, _heading("Now")
            yield now.source.run, self._learning(now.source, left_s)
        if self._queue.waiting:
            yield None, _heading("Waiting")
        for place, each in enumerate(self._queue.waiting, 1):
            takes_s = self._expectation(each.experiment).seconds
            yield each.folder.id, self._waiting(place, each, takes_s, left_s)
            left_s = None if left_s is None or takes_s is None else left_s + takes_s
        if now.ended:
            yield None, _heading("Ended")
        for end in now.ended[: -ENDED_SHOWN - 1 : -1]:
            yield end.name, self._end(end)

    def _learning(self, source: LiveSource, left_s: float | None) -> Row:
        view = source.view
        done = f" {100 * view.fraction:.0f} %" if view.started is not None else ""
        style = STATUS_STYLES.get(view.status, "text")
        status = cell(f"{self._sign(view.status)} {view.doing}{done}", style)
        left = f"{fmt.duration(left_s)} left" if left_s is not None else fmt.MISSING
        data = view.started.data if view.started is not None else ""
        return self._row("", source.run, data, status, left)

    def _waiting(
        self, place: int, each: WaitingRun, takes_s: float | None, left_s: float | None
    ) -> Row:
        status = cell(f"{self._sign('waiting')} waiting", "dim")
        row = self._row(str(place), each.folder.id, each.record.data, status, fmt.roughly(takes_s))
        return Row((*row.cells[:-1], cell(fmt.roughly(left_s))))

    def _end(self, end: Notice) -> Row:
        style = STATUS_STYLES.get(end.status, "text")
        accuracy = "" if end.accuracy is None else f"  test {fmt.percent(end.accuracy)} %"
        status = cell(f"{self._sign(end.status)} {end.status}{accuracy}", style)
        return self._row("", end.name, "", status, "")

    def _row(self, place: str, run: str, data: str, status: Span, time: str) -> Row:
        shown = DATE.sub("", run)
        return Row((cell(place, "dim"), cell(shown), cell(data), status, cell(time), cell("")))

    def _sign(self, state: str) -> str:
        return self.query_one(RowList).glyphs.states.get(state, " ")

    @property
    def current(self) -> str | None:
        """The run under the cursor."""
        index = self.query_one(RowList).index
        return self._runs[index] if index < len(self._runs) else None

    @property
    def run_shown(self) -> str | None:
        """The run under the cursor, for copying; None on a study or sweep."""
        return None if self.current in self._this_process().many else self.current

    @property
    def _waits(self) -> bool:
        """Whether the run under the cursor waits."""
        return any(each.folder.id == self.current for each in self._queue.waiting)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the keys that have no effect now."""
        if not self.is_mounted:
            return True
        if action in ("reorder", "take_out"):
            return self._waits
        return len(self._queue.waiting) > 1 if action == "take_all_out" else True

    def action_reorder(self, by: int) -> None:
        """Let the run under the cursor begin `by` places later, or earlier."""
        if (run := self.current) is not None:
            self._queue.move(run, by)
            self.show(run)

    def action_take_out(self) -> None:
        """Take the run under the cursor out of the queue."""
        if (run := self.current) is not None:
            self._take_out((run,))

    async def action_take_all_out(self) -> None:
        """Take all runs out of the queue, after asking."""
        count = len(self._queue.waiting)
        dialog = ConfirmDialog(
            f"Take all {count} runs out of the queue?",
            (("x", "yes: they stay among the runs, to be resumed"), ("escape", "no")),
        )
        await self.app.push_screen(dialog, self._all_answered)

    def _all_answered(self, answer: str | None) -> None:
        if answer == "x":
            self._take_out([each.folder.id for each in self._queue.waiting])

    def _take_out(self, runs: Sequence[str]) -> None:
        try:
            self._queue.remove(runs)
        except FFTUIError as error:
            self.notify(str(error), severity="error")
        self.show()

    def action_open(self) -> None:
        """Open the run under the cursor."""
        if (run := self.current) is not None:
            self.post_message(OpenRun(run))

    @on(RowList.Selected)
    def _row_selected(self) -> None:
        self.action_open()

    @on(RowList.Highlighted)
    def _row_highlighted(self) -> None:
        self.refresh_bindings()


def _heading(text: str) -> Row:
    return Row((cell(text, "title"),), heading=True)
