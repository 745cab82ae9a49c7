"""`ComparePanes`: the chart of a comparison over its tables."""

from collections.abc import Sequence
from dataclasses import replace

from textual import on
from textual.app import ComposeResult
from textual.containers import Container

from fftui.comparison.outcome_rows import Outcomes
from fftui.comparison.shown_comparison import ShownComparison
from fftui.tui.charts.chart_spec import ChartSpec
from fftui.tui.charts.compare_chart import CompareLines
from fftui.tui.charts.reading import AS_IT_IS, RECENT_EPOCHS
from fftui.tui.screens.chart_group import ChartGroup
from fftui.tui.widgets.chart import Chart
from fftui.tui.widgets.compare_tables import CompareChart, DifferingList, OutcomeList
from fftui.tui.widgets.row_list import Column


class ComparePanes(ChartGroup):
    """What the screen of a comparison shows. Its chart's cursor and span are of the axis that it
    has now, and not of epochs.
    """

    def __init__(self) -> None:
        super().__init__(id="compare-panes")
        self._chart = CompareChart(id="compare-chart")
        self._outcome_list = OutcomeList((Column("run"),), empty="reading the runs", id="compared")
        self._differing_list = DifferingList((Column("setting"),), empty="", id="differing")
        self._lines: CompareLines | None = None
        self._hidden: set[int] = set()  # places of letters
        self.shown: ShownComparison | None = None

    def compose(self) -> ComposeResult:
        """The chart over the tables."""
        yield self._chart
        with Container(id="compare-tables"):
            yield self._outcome_list
            yield self._differing_list

    @property
    def charts(self) -> Sequence[Chart]:
        """The only chart."""
        return [self._chart]

    def note(self, text: str) -> None:
        """Say why there is nothing to show."""
        self._chart.show_spec(ChartSpec(note=text, title="Compare"), AS_IT_IS)

    def show(self, shown: ShownComparison) -> None:
        """Show a comparison; the axis, and the condition that the others are compared with, are as
        they were.
        """
        before = self.shown
        front = before.conditions[before.reference].letter if before is not None else ""
        letters = [each.letter for each in shown.conditions]
        reference = letters.index(front) if front in letters else 0
        self.shown = replace(shown, x=self._reading.x, reference=reference)
        self._make_lines()
        self._show_tables()
        if before is None or len(before.conditions) != len(shown.conditions):
            # the tables get another height, which is taken from the chart's: it draws as it gets
            # its own
            self._take_lines()
            self.call_after_refresh(self._chart.repaint)
        else:
            self.show_charts()

    def show_outcomes(self, outcomes: Outcomes) -> None:
        """Show what came out of the conditions that are shown."""
        if self.shown is not None:
            self.shown = replace(self.shown, outcomes=outcomes)
            self._show_tables()

    def start_axis_anew(self) -> None:
        """Show all of the axis, without the cursor: its places now mean something else."""
        self._reading = replace(self._reading, cursor=None, span=None)

    def show_charts(self) -> None:
        """Show the lines as they are read now."""
        self._take_lines()
        self._chart.repaint()

    def _take_lines(self) -> None:
        """Let the chart have the lines as they are read now."""
        shown, lines, reading = self.shown, self._lines, self._reading
        if shown is None or lines is None:
            return
        spec = lines.spec(shown.metric, self.hidden, shown.reference, reading.smoothing)
        # the points stand by the axis already, and the smoothed lines are there
        plain = replace(reading, x="epoch", smoothing=0.0, span=self._span, recent=False)
        heading = replace(shown, smoothing=reading.smoothing).heading
        self._chart.take_spec(replace(spec, title=heading), plain)

    def _make_lines(self) -> None:
        if self.shown is not None:
            self.shown = replace(self.shown, x=self._reading.x)
            self._lines = CompareLines(self.shown.lines, self.shown.conditions, self.shown.x)

    def _show_tables(self) -> None:
        shown = self.shown
        if shown is not None:
            self._outcome_list.show(shown, self.hidden)
            self._differing_list.show(shown.conditions, shown.differing, shown.reference)

    @property
    def hidden(self) -> set[int]:
        """The conditions (from 0) whose lines are hidden."""
        conditions = self.shown.conditions if self.shown is not None else ()
        return {at for at, each in enumerate(conditions) if each.number in self._hidden}

    @property
    def _span(self) -> tuple[float, float] | None:
        """The part of the axis that is shown; None for all of it."""
        if self._reading.recent and self._lines is not None:
            return self._lines.recent(RECENT_EPOCHS)
        return self._reading.span

    @property
    def _whole(self) -> tuple[float, float]:
        """The first and the last place of all points."""
        return self._lines.whole if self._lines is not None else (0.0, 1.0)

    def as_shown(self) -> ShownComparison | None:
        """The comparison with what is seen of its lines; None before it is read."""
        if self.shown is None:
            return None
        hidden, reading = self.hidden, self._reading
        return replace(
            self.shown,
            lines=tuple(each for each in self.shown.lines if each.number not in hidden),
            span=self._span,
            log=reading.log,
            smoothing=reading.smoothing,
        )

    # What keys do

    def change_reading(self, choice: str) -> None:
        """Change the axis, the scale, the smoothing or the range."""
        if choice == "x":
            self.start_axis_anew()
        super().change_reading(choice)
        if choice == "x":
            self._make_lines()
            self.show_charts()

    def zoom(self, factor: float) -> None:
        """Show `factor` times as much of the axis."""
        self._reading = replace(self._reading, span=self._span, recent=False)
        super().zoom(factor)

    def pan(self, share: float) -> None:
        """Move what is shown by a share of it."""
        self._reading = replace(self._reading, span=self._span, recent=False)
        super().pan(share)

    def hide(self) -> None:
        """Hide the line of the condition under the cursor, or show it."""
        if self.shown is not None:
            self._hidden ^= {self.shown.conditions[self.shown.reference].number}
            self.show_charts()
            self._show_tables()

    def show_differing(self) -> None:
        """Show what differs in the settings, or what came out."""
        self.toggle_class("-differing")
        differing = self.has_class("-differing")
        (self._differing_list if differing else self._outcome_list).focus()

    def on_mount(self) -> None:
        """Let the keys move through the outcomes."""
        self._outcome_list.focus()

    @on(OutcomeList.Highlighted)
    def _row_highlighted(self, message: OutcomeList.Highlighted) -> None:
        message.stop()
        if self.shown is not None and message.list is self._outcome_list:
            self.shown = replace(self.shown, reference=message.index)
            self.show_charts()
            self._show_tables()

    @on(OutcomeList.Selected)
    def _row_selected(self, message: OutcomeList.Selected) -> None:
        message.stop()
        if message.list is self._outcome_list:
            self.hide()
