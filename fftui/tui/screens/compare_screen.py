"""The screen of a comparison: the lines of several runs on shared axes, what came out of each, and
what differs in their settings.
"""

from dataclasses import replace
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.widgets import Footer

from fftui.comparison.compared import Condition, conditions_of, differing_settings
from fftui.comparison.lines import lines_of
from fftui.comparison.outcome_rows import Outcomes, recorded_outcomes
from fftui.comparison.shown_comparison import ShownComparison
from fftui.errors import FFTUIError
from fftui.tui.charts.chart_spec import ChartSpec
from fftui.tui.charts.compare_chart import CompareLines
from fftui.tui.charts.reading import (
    AS_IT_IS,
    CHOICES,
    RECENT_EPOCHS,
    following,
    nearest_point,
    next_point,
    panned,
    zoomed,
)
from fftui.tui.compare_backend import CompareBackend, ReadCurves
from fftui.tui.screens.run_panes import PAN_SHARE, ZOOM_FACTOR
from fftui.tui.screens.run_screen import CHART_BINDINGS
from fftui.tui.screens.uncovered import Uncovered
from fftui.tui.widgets.chart import Chart
from fftui.tui.widgets.compare_tables import DifferingList, OutcomeList
from fftui.tui.widgets.row_list import Column

READ_EVERY_S = 1.0  # what runs have learned


class CurvesRead(Message):
    """Curves that were asked for, or that have grown; `opened`: the first ones."""

    def __init__(self, found: ReadCurves) -> None:
        super().__init__()
        self.found = found


class OutcomesRead(Message):
    """The outcomes of these conditions, with intervals."""

    def __init__(self, conditions: tuple[Condition, ...], outcomes: Outcomes) -> None:
        super().__init__()
        self.conditions = conditions
        self.outcomes = outcomes


class CompareNoted(Message):
    """What came of reading or writing, in one line."""

    def __init__(self, text: str, *, failed: bool = False) -> None:
        super().__init__()
        self.text = text
        self.failed = failed


class CompareScreen(Uncovered):
    """Runs beside each other."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "metric(1)", "Metric", tooltip="The next metric that a run has values of"),
        Binding("V", "metric(-1)", "Metric before", show=False),
        Binding(
            "full_stop",
            "layer(1)",
            "Layer",
            key_display=".",
            tooltip="Of the next layer alone, or of all",
        ),
        Binding("comma", "layer(-1)", "Layer before", key_display=",", show=False),
        Binding(
            "f",
            "fold",
            "Seeds",
            tooltip="The seeds of an experiment as their mean and range, or each",
        ),
        Binding(
            "d", "differing", "Settings", tooltip="What differs in their settings, or what came out"
        ),
        Binding(
            "h", "hide", "Hide", tooltip="Hide the line of the run under the cursor, or show it"
        ),
        Binding("e", "export", "Export", tooltip="Write what is shown as CSV, Markdown and SVG"),
        *CHART_BINDINGS,
        Binding("b,escape", "leave", "Back", key_display="b"),
    ]
    HELP = """
    The marked runs beside each other. Each has a letter and a colour that stay; the letter stands
    on its line and before its row. v goes through the metrics, . and , through the layers: of one
    layer epochs count from its first. f folds runs of one experiment that differ in their seed
    alone into one line, their mean, in a band from the smallest to the largest; f unfolds them.

    The table says what came out. ± is half of a 95 % interval: of one run from its test images, of
    several seeds from images and seeds. Up and down choose the run that the accuracies are compared
    with: "less A" is the difference to A in points with its interval, taken image by image, or with
    a * where the runs were not measured on the same images. d shows what differs in the settings
    instead. h hides a line. e writes what is shown as CSV, Markdown and SVG into the folder
    comparisons, where fftui was started; files that are there stay.
    """

    def __init__(self, backend: CompareBackend) -> None:
        super().__init__()
        self.title = "compare"
        self._backend = backend
        self._chart = Chart(id="compare-chart")
        self._outcome_list = OutcomeList((Column("run"),), empty="reading the runs", id="compared")
        self._differing_list = DifferingList((Column("setting"),), empty="", id="differing")
        self._found: ReadCurves | None = None
        self._lines: CompareLines | None = None
        self._shown: ShownComparison | None = None
        self._reading = AS_IT_IS
        self._folded = False
        self._hidden: set[int] = set()  # places of letters
        self._reads = False  # what runs have learned

    def compose(self) -> ComposeResult:
        """The chart over the tables."""
        yield self._chart
        with Container(id="compare-tables"):
            yield self._outcome_list
            yield self._differing_list
        yield Footer()

    def on_mount(self) -> None:
        """Read the runs; those that learn again every second."""
        self._outcome_list.focus()
        self._chart.show_spec(ChartSpec(note="reading the runs", title="Compare"), AS_IT_IS)
        self.open()
        self.repeat(READ_EVERY_S, self._read_again)

    # Reading, in threads

    @work(thread=True)
    def open(self) -> None:
        """Read the runs for the first time."""
        try:
            self.post_message(CurvesRead(self._backend.open()))
        except (FFTUIError, OSError) as error:
            self.post_message(CompareNoted(str(error), failed=True))

    @work(thread=True)
    def read_metric(self, found: ReadCurves, by: int) -> None:
        """Read the next metric, or the one before."""
        try:
            read = self._backend.next_curves(found.metric, found.layer, by)
            self.post_message(CurvesRead(read))
        except OSError as error:
            self.post_message(CompareNoted(str(error), failed=True))

    @work(thread=True)
    def read_layer(self, found: ReadCurves, layer: int | None) -> None:
        """Read another layer."""
        try:
            self.post_message(CurvesRead(self._backend.curves(found.metric, layer)))
        except OSError as error:
            self.post_message(CompareNoted(str(error), failed=True))

    def _read_again(self) -> None:
        found = self._found
        if found is not None and not self._reads and any(run.is_learning for run in found.runs):
            self._reads = True
            self.read_new(found)

    @work(thread=True)
    def read_new(self, found: ReadCurves) -> None:
        """Read what runs have learned."""
        try:
            new = self._backend.new_curves(found.metric, found.layer)
            if new is not None:
                self.post_message(CurvesRead(new))
        except (FFTUIError, OSError) as error:
            self.post_message(CompareNoted(str(error), failed=True))
        self._reads = False

    @work(thread=True)
    def read_outcomes(self, conditions: tuple[Condition, ...]) -> None:
        """Compute intervals and differences."""
        try:
            self.post_message(OutcomesRead(conditions, self._backend.outcomes(conditions)))
        except OSError as error:
            self.post_message(CompareNoted(str(error), failed=True))

    @on(CurvesRead)
    def _curves_read(self, message: CurvesRead) -> None:
        before, self._found = self._found, message.found
        same = before is not None and before.runs == message.found.runs
        self._compare(keep_outcomes=same)

    @on(OutcomesRead)
    def _outcomes_read(self, message: OutcomesRead) -> None:
        if self._shown is not None and self._shown.conditions == message.conditions:
            self._shown = replace(self._shown, outcomes=message.outcomes)
            self._show_outcomes()

    @on(CompareNoted)
    def _noted(self, message: CompareNoted) -> None:
        if self._found is None and message.failed:
            self._chart.show_spec(ChartSpec(note=message.text, title="Compare"), AS_IT_IS)
        else:
            severity = "error" if message.failed else "information"
            self.notify(message.text, severity=severity, timeout=10)  # type: ignore[arg-type]

    # Showing

    def _compare(self, *, keep_outcomes: bool) -> None:
        """Make the lines and tables again: runs, metric, layer or folding have changed."""
        found, before = self._found, self._shown
        if found is None:
            return
        conditions = conditions_of(found.runs, folded=self._folded)
        keep = keep_outcomes and before is not None
        front = before.conditions[before.reference].letter if before is not None else ""
        letters = [each.letter for each in conditions]
        self._shown = ShownComparison(
            conditions,
            differing_settings(conditions),
            before.outcomes if keep and before is not None else recorded_outcomes(conditions),
            found.metric,
            found.layer,
            lines_of(conditions, found.runs, found.curves),
            x=self._reading.x,
            reference=letters.index(front) if front in letters else 0,
        )
        self._make_lines()
        self._show_chart()
        self._show_outcomes()
        self._show_differing()
        if not keep:
            self.read_outcomes(conditions)

    def _make_lines(self) -> None:
        if self._shown is not None:
            self._lines = CompareLines(self._shown.lines, self._shown.conditions, self._reading.x)

    def _show_chart(self) -> None:
        shown, lines, reading = self._shown, self._lines, self._reading
        if shown is None or lines is None:
            return
        spec = lines.spec(shown.metric, self._hidden_places, shown.reference, reading.smoothing)
        # the points stand by the axis already, and the smoothed lines are there
        plain = replace(reading, x="epoch", smoothing=0.0, span=self._span, recent=False)
        heading = replace(shown, smoothing=reading.smoothing).heading
        self._chart.show_spec(replace(spec, title=heading), plain)

    @property
    def _span(self) -> tuple[float, float] | None:
        """The part of the axis that is shown; None for all of it."""
        if self._reading.recent and self._lines is not None:
            return self._lines.recent(RECENT_EPOCHS)
        return self._reading.span

    @property
    def _hidden_places(self) -> set[int]:
        """The conditions (from 0) whose lines are hidden."""
        conditions = self._shown.conditions if self._shown is not None else ()
        return {at for at, each in enumerate(conditions) if each.number in self._hidden}

    def _show_outcomes(self) -> None:
        if self._shown is not None:
            learning = sum(run.is_learning for each in self._shown.conditions for run in each.runs)
            status = f"{learning} learning" if learning else ""
            self._outcome_list.show(self._shown, self._hidden_places, status)

    def _show_differing(self) -> None:
        shown = self._shown
        if shown is not None:
            self._differing_list.show(shown.conditions, shown.differing, shown.reference)

    # Keys

    def action_metric(self, by: int) -> None:
        """Show the next metric, or the one before."""
        if self._found is not None:
            self.read_metric(self._found, by)

    def action_layer(self, by: int) -> None:
        """Show the next layer alone, after the last one all of them."""
        found = self._found
        if found is not None and found.layers:
            layer = ((found.layer or 0) + by) % (found.layers + 1)
            self._reading = replace(self._reading, cursor=None, span=None)
            self.read_layer(found, layer or None)

    def action_fold(self) -> None:
        """Fold the seeds of each experiment, or unfold them."""
        if self._found is None:
            return
        folded = conditions_of(self._found.runs, folded=True)
        if not self._folded and len(folded) == len(self._found.runs):
            self.notify("nothing to fold: no two of these runs differ in their seed alone")
            return
        self._folded = not self._folded
        self._compare(keep_outcomes=False)

    def action_differing(self) -> None:
        """Show what differs in the settings, or what came out."""
        shows = not self.has_class("-differing")
        self.set_class(shows, "-differing")
        (self._differing_list if shows else self._outcome_list).focus()

    def action_hide(self) -> None:
        """Hide the line of the condition under the cursor, or show it."""
        if self._shown is not None:
            self._hidden ^= {self._shown.conditions[self._shown.reference].number}
            self._show_chart()
            self._show_outcomes()

    def action_read(self, choice: str) -> None:
        """Change the chart's axis, scale, smoothing or range."""
        self._reading = CHOICES[choice](self._reading)
        if choice == "x":
            self._reading = replace(self._reading, cursor=None, span=None)
            self._make_lines()
        self._show_chart()

    def action_cursor(self, direction: int) -> None:
        """Put the cursor on the next point, or the one before it."""
        if self._lines is not None:
            points = [self._lines.points(self._hidden_places)]
            self._put_cursor(next_point(points, self._reading.cursor, direction))

    def _put_cursor(self, at: float | None) -> None:
        self._reading = following(replace(self._reading, cursor=at))
        self._show_chart()

    def action_zoom(self, direction: int) -> None:
        """Show more of the axis, or less."""
        if self._lines is not None:
            seen = replace(self._reading, span=self._span, recent=False)
            self._reading = zoomed(seen, self._lines.whole, ZOOM_FACTOR**direction)
            self._show_chart()

    def action_pan(self, direction: int) -> None:
        """Move the part that is shown."""
        if self._lines is not None:
            seen = replace(self._reading, span=self._span, recent=False)
            self._reading = panned(seen, self._lines.whole, direction * PAN_SHARE)
            self._show_chart()

    def action_enlarge(self) -> None:
        """Show the chart over the whole screen, or the tables again."""
        self.toggle_class("-enlarged")

    def action_leave(self) -> None:
        """Go back; from the enlarged chart to the tables first."""
        if self.has_class("-enlarged"):
            self.remove_class("-enlarged")
        else:
            self.app.pop_screen()

    @on(OutcomeList.Highlighted)
    def _row_highlighted(self, message: OutcomeList.Highlighted) -> None:
        if self._shown is not None and message.list is self._outcome_list:
            self._shown = replace(self._shown, reference=message.index)
            self._show_chart()
            self._show_outcomes()
            self._show_differing()

    @on(OutcomeList.Selected)
    def _row_selected(self, message: OutcomeList.Selected) -> None:
        if message.list is self._outcome_list:
            self.action_hide()

    @on(Chart.Pointed)
    def _chart_pointed(self, message: Chart.Pointed) -> None:
        if self._lines is not None:
            points = [self._lines.points(self._hidden_places)]
            self._put_cursor(nearest_point(points, message.epoch))

    @on(Chart.Wheeled)
    def _chart_wheeled(self, message: Chart.Wheeled) -> None:
        if message.pans:
            self.action_pan(message.direction)
        else:
            self.action_zoom(message.direction)

    # Files

    def action_export(self) -> None:
        """Write what is shown."""
        if self._shown is not None:
            reading, hidden = self._reading, self._hidden_places
            self.notify("writing the files", timeout=2)
            self.write(
                replace(
                    self._shown,
                    lines=tuple(each for each in self._shown.lines if each.number not in hidden),
                    x=reading.x,
                    span=self._span,
                    log=reading.log,
                    smoothing=reading.smoothing,
                )
            )

    @work(thread=True)
    def write(self, shown: ShownComparison) -> None:
        """Write the files in a thread."""
        try:
            paths = self._backend.write(shown)
        except (FFTUIError, OSError, ImportError, ValueError) as error:
            self.post_message(CompareNoted(str(error).splitlines()[0], failed=True))
            return
        names = ", ".join(path.name for path in paths)
        self.post_message(CompareNoted(f"written to {paths[0].parent}: {names}"))
