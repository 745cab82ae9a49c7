"""The runs screen: all runs, to filter, sort, keep in order and open."""

import time
from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from fftui.errors import FFTUIError, FilterError, RequestError
from fftui.runs.filter import Filter, Predicate, known_paths, parse_filter, short_names
from fftui.runs.listing import ListedRun
from fftui.runs.run_columns import find_columns, in_order
from fftui.runs.run_fields import FIELD_OF, RunField
from fftui.runs.workspace import Workspace
from fftui.text.run_list_text import title_of
from fftui.tui.backend import Backend
from fftui.tui.screens.columns_screen import ColumnsScreen
from fftui.tui.screens.marking import MarkingScreen
from fftui.tui.screens.run_editing import RunEditing
from fftui.tui.screens.run_opening import RunOpening
from fftui.tui.screens.uncovered import Uncovered
from fftui.tui.widgets.cell_text import Paragraphs, cut
from fftui.tui.widgets.footer import Footer
from fftui.tui.widgets.row_list import RowList
from fftui.tui.widgets.run_rows import DEFAULT_COLUMNS, RunRows, details, shown_by_default

AT_FIRST = 300  # runs, the newest, that are shown while the others are read
READ_EVERY_S = 2.0
REST_SHARE = 20  # between two reads, times as long as a read takes
NEWEST = "started"


class RunsLoaded(Message):
    """The runs on disk, or the newest where there are `more`; or why they cannot be read."""

    def __init__(self, runs: list[ListedRun], problem: str = "", *, more: bool = False) -> None:
        super().__init__()
        self.runs = runs
        self.problem = problem
        self.more = more


class SettingsLoaded(Message):
    """The settings of all runs have been read."""


class RunsScreen(RunOpening, Uncovered, MarkingScreen, RunEditing):
    """All runs as rows; Enter opens one."""

    IS_ROOT_SCREEN: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("o", "order(1)", "Order", show=False, tooltip="Sort by the next column"),
        Binding("O", "order(-1)", "Previous order", show=False),
        Binding("v", "reverse", "Reverse", show=False),
        Binding("K", "columns", "Columns", show=False, tooltip="Fields and settings to show"),
        Binding("b,escape", "leave", "Back", key_display="b"),
    ]
    HELP = """
    All runs in the runs folder. Enter opens one: a finished run as it ended, a run of another
    process while it learns, with its keys. Below the list stand the run's id, its process and last
    event while it is learning, and its error, tags or note.

    / filters. Conditions stand side by side, and all of them must hold:
    data=mnist accuracy>97 learning_rate<=1e-3 tag:baseline status!=failed name~hybrid 'free words'
    Names are fields and settings; accuracies are in percent; commas make alternatives; ! negates.
    archived=yes shows archived runs.

    o changes the order, v reverses it; a click on a column's title sorts by it. K chooses the
    columns. T adds tags and takes them away, N writes a note, F2 renames, A archives, X deletes
    into the trash; u takes the last change back. They change the marked runs, or the one under the
    cursor. Space marks a run, c compares the marked ones.
    """

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self._backend = backend
        self._preferences = backend.preferences
        self._runs: list[ListedRun] = []
        self._shown: list[ListedRun] = []
        self._reversed = False
        self._read, self._more = False, False  # more: runs that are not read yet
        self._problem = ""
        self._filter_problem = ""
        self._no_setting = ""  # why the filter cannot be used on these runs
        self._read_took_s, self._read_at = 0.0, 0.0
        self._settings_read = False
        self._choosing = False  # the columns, once the settings are read
        self._wanted = Filter()
        self._names = self._preferences.preferences.runs_columns  # none: the default ones
        self._order_name = self._preferences.preferences.runs_order or NEWEST
        self._rows: RunRows | None = None
        self._default_names: tuple[str, ...] = DEFAULT_COLUMNS
        self._rows_of: tuple[str, ...] = ()  # the names of their columns

    def compose(self) -> ComposeResult:
        """The list, the details of one run, and the filter."""
        yield RowList((), empty="reading the runs", id="runs")
        yield Paragraphs(id="run-details")
        words = Input(
            placeholder="filter: data=mnist accuracy>97 tag:baseline words",
            compact=True,
            id="filter",
        )
        words.display = False
        yield words
        yield Footer()

    def on_mount(self) -> None:
        """Start reading the runs, again every two seconds."""
        self.query_one(RowList).focus()
        if self._preferences.problem is not None:
            self.notify(self._preferences.problem, severity="warning", timeout=10)
            self._preferences.problem = None
        self.repeat(READ_EVERY_S, self._read_if_due)

    def _read_if_due(self) -> None:
        if time.monotonic() - self._read_at >= REST_SHARE * self._read_took_s:
            self.read()

    @work(thread=True, exclusive=True, group="runs")
    def read(self) -> None:
        """Read the runs from disk."""
        begun = time.monotonic()
        try:
            self._read_newest()
            found = RunsLoaded(self._backend.listed())
        except FFTUIError as error:
            found = RunsLoaded([], str(error))
        self._read_at = time.monotonic()
        self._read_took_s = self._read_at - begun
        self.post_message(found)

    def _read_newest(self) -> None:
        """Give the newest runs at once, where there are more and these come first."""
        if self._read or self._of_settings or self._order_name != NEWEST or self._reversed:
            return
        newest = self._backend.listing.newest(AT_FIRST)
        if len(newest) == AT_FIRST:
            self.post_message(RunsLoaded(newest, more=True))

    @property
    def _all_known(self) -> bool:
        return self._read and not self._more

    def _read_settings_once_known(self) -> None:
        """Read the settings, unless there are runs yet to come: they would be read on the screen's
        own thread then.
        """
        if self._all_known:
            self._read_settings(self._runs)

    @work(thread=True, exclusive=True, group="settings", description="read settings")
    def _read_settings(self, runs: Sequence[ListedRun]) -> None:
        for run in runs:
            self._backend.listing.settings(run)
        self.post_message(SettingsLoaded())

    @on(RunsLoaded)
    def _runs_loaded(self, message: RunsLoaded) -> None:
        all_known = self._all_known
        if message.more != self._more:
            self._read = False  # the title says so
        self._problem, self._more = message.problem, message.more
        if not (message.problem or message.more):
            self.marked &= {run.id for run in message.runs}  # in place: the rows hold it
        self.show(message.runs)
        if self._choosing and self._all_known and not all_known:
            self.action_columns()

    @on(SettingsLoaded)
    def _settings_loaded(self) -> None:
        self._settings_read, self._rows = True, None
        self._rebuild_rows()
        if self._choosing:
            self.action_columns()

    def show(self, runs: list[ListedRun]) -> None:
        """Show `runs`; of those shown already only what has changed is drawn."""
        if self._read and runs == self._runs:
            self.query_one(RowList).repaint()  # they grow older
            self._show_details()
            return
        self._read, self._runs = True, runs
        self._default_names = shown_by_default(runs)
        self._rebuild_rows()

    def _rebuild_rows(self) -> None:
        if not self._read:
            return
        if self._of_settings and not self._settings_read:
            self.query_one(RowList).set_title("Runs · reading their settings")
            self._read_settings_once_known()
            return
        here = self.current
        rows, order = self._made_rows(), self._order()
        kept = list(filter(self._predicate(), self._runs))
        sorted_already = order.name == NEWEST and not self._reversed
        self._shown = kept if sorted_already else in_order(kept, order, reverse=self._reversed)
        widget = self.query_one(RowList)
        widget.empty = self._problem or self._why_empty()
        widget.set_title(self._title(len(kept), order))
        index = next((i for i, run in enumerate(self._shown) if here and run.id == here.id), 0)
        widget.show_rows(rows.of(self._shown), index=index, columns=rows.columns())
        self._show_details()

    @property
    def _of_settings(self) -> bool:
        named = all(name in FIELD_OF for name in (*self._names, self._order_name))
        return self._wanted.of_settings or not named

    def _made_rows(self) -> RunRows:
        """The rows in the chosen columns; in the default ones where these cannot be found."""
        names = self._names or self._default_names
        if self._rows is None or names != self._rows_of:
            self._rows_of = names
            find = partial(find_columns, runs=self._runs, listing=self._backend.listing)
            columns: list[RunField] = []
            for name in names:
                try:
                    columns += find([name])
                except FilterError:
                    continue  # a setting that no run here has
            self._rows = RunRows(
                columns or find(DEFAULT_COLUMNS), self.query_one(RowList).glyphs, self.marked
            )
        return self._rows

    def _order(self) -> RunField:
        try:
            return find_columns([self._order_name], self._runs, self._backend.listing)[0]
        except FilterError:
            self._order_name = NEWEST
            return FIELD_OF[NEWEST]

    def _predicate(self) -> Predicate:
        self._no_setting = ""
        try:
            wanted = self._wanted.predicate(self._runs, self._backend.listing)
        except FilterError as error:
            self._no_setting = str(error)
            return Filter().predicate(self._runs, self._backend.listing)
        return wanted

    def _title(self, kept: int, order: RunField) -> str:
        archived = sum(run.annotations.archived for run in self._runs)
        hidden = f" · {archived} archived" if archived and not self._wanted.of_archived else ""
        every = len(self._runs) - (archived if hidden else 0)
        counted = str(every) if kept == every else f"{kept} of {every}"
        if self._more:
            counted = f"the newest {counted}, reading the others"
        by = "newest" if order.name == NEWEST else title_of(order)
        reversed_text = ", reversed" if self._reversed else ""
        return f"Runs · {counted}{hidden} · by {by}{reversed_text}{self.marked_text}"

    def _why_empty(self) -> str:
        if self._runs:
            return f"no run is wanted by the filter: {self.query_one(Input).value}"
        return f"no runs in {self._backend.workspace.runs_dir} yet: start one from a preset"

    def _show_details(self) -> None:
        about = self.query_one("#run-details", Paragraphs)
        width = max(20, about.size.width)
        if problem := self._filter_problem or self._no_setting:
            about.show(((f" {cut(problem, width - 2)}", "bad"),))
        elif (run := self.current) is not None:
            about.show(*details(run, width))
        else:
            about.show()

    @property
    def workspace(self) -> Workspace:
        """The workspace of the runs."""
        return self._backend.workspace

    def show_marks(self) -> None:
        """Show the rows with the marks that they have now."""
        self._rebuild_rows()

    @property
    def run_shown(self) -> str | None:
        """The run under the cursor, for copying."""
        return self.current.id if self.current is not None else None

    @property
    def current(self) -> ListedRun | None:
        """The run under the cursor."""
        index = self.query_one(RowList).index
        return self._shown[index] if index < len(self._shown) else None

    @property
    def chosen(self) -> Sequence[ListedRun]:
        """The marked runs, or the one under the cursor."""
        marked = [run for run in self._runs if run.id in self.marked]
        here = self.current
        return marked or ([here] if here is not None else [])

    def action_filter(self) -> None:
        """Show the input of the filter."""
        words = self.query_one(Input)
        words.display = True
        self.set_focus(words)  # at once: what is typed next is the filter

    def action_order(self, by: int) -> None:
        """Sort by the column `by` places further right."""
        if self._of_settings and not self._settings_read:
            return  # which columns there are is not known yet
        names = [NEWEST, *(field.name for field in self._made_rows().fields)]
        at = names.index(self._order_name) if self._order_name in names else 0
        self._sort_by(names[(at + by) % len(names)])

    def _sort_by(self, name: str) -> None:
        self._order_name = name
        self._keep(runs_order=name)
        self._rebuild_rows()

    def action_reverse(self) -> None:
        """Reverse the order."""
        self._reversed = not self._reversed
        self._rebuild_rows()

    def action_columns(self) -> None:
        """Choose the columns."""
        if not self._settings_read:
            self._choosing = True
            self._read_settings_once_known()
            return
        self._choosing = False
        settings = short_names(known_paths(self._runs, self._backend.listing))

        def chosen(names: tuple[str, ...] | None) -> None:
            if names:
                self._names = () if names == DEFAULT_COLUMNS else names
                self._keep(runs_columns=self._names)
                self._rebuild_rows()

        here = self._names or DEFAULT_COLUMNS
        self.app.push_screen(ColumnsScreen(here, DEFAULT_COLUMNS, settings), chosen)

    def _keep(self, **changes: object) -> None:
        try:
            self._preferences.change(**changes)
        except RequestError as error:
            self.notify(str(error), severity="warning", timeout=10)

    def action_leave(self) -> None:
        """Clear the filter, or go back if there is none."""
        words = self.query_one(Input)
        if words.display and (words.has_focus or words.value):
            words.value = ""
            words.display = False
            self.set_focus(self.query_one(RowList))
        else:
            self.app.pop_screen()

    @on(Input.Changed)
    def _filtered(self, message: Input.Changed) -> None:
        self._filter_problem = ""
        try:
            self._wanted = parse_filter(message.value)
        except FilterError as error:
            self._filter_problem = str(error)
            self._show_details()
        else:
            self._rebuild_rows()

    @on(Input.Submitted)
    def _filter_done(self) -> None:
        if not self.query_one(Input).value:
            self.query_one(Input).display = False
        self.set_focus(self.query_one(RowList))

    @on(RowList.Selected)
    def _row_selected(self) -> None:
        self.action_open()

    @on(RowList.TitleClicked)
    def _title_clicked(self, message: RowList.TitleClicked) -> None:
        """Sort by the column; by the one that sorts already in the other direction."""
        name = self._made_rows().fields[message.column].name
        if name == self._order_name:
            self.action_reverse()
        else:
            self._sort_by(name)

    @on(RowList.Highlighted)
    def _row_highlighted(self) -> None:
        self._show_details()

    def on_resize(self) -> None:
        """Cut the details again: the width has changed."""
        self._show_details()
