"""The screen of a comparison: the lines of several runs on shared axes, what came out of each, and
what differs in their settings.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from fftui.comparison.compared import Condition, conditions_of, differing_settings
from fftui.comparison.lines import lines_of
from fftui.comparison.outcome_rows import Outcomes, recorded_outcomes
from fftui.comparison.shown_comparison import ShownComparison
from fftui.errors import FFTUIError, in_one_line
from fftui.runs.curve_metrics import CURVE_METRICS, CurveMetric
from fftui.tui.commands import Command
from fftui.tui.compare_backend import CompareBackend, ReadCurves
from fftui.tui.screens.chart_group import ChartGroup, ChartKeys
from fftui.tui.screens.compare_panes import ComparePanes
from fftui.tui.widgets.footer import Footer

READ_EVERY_S = 1.0  # what runs have learned
OUTCOMES_AFTER_S = 0.1


class CurvesRead(Message):
    """Curves that were asked for, or that have grown; `asked` is the number of what was asked for
    last when they were read.
    """

    def __init__(self, found: ReadCurves, asked: int) -> None:
        super().__init__()
        self.found = found
        self.asked = asked


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


class CompareScreen(ChartKeys):
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
            "h",
            "hide",
            "Hide",
            show=False,
            tooltip="Hide the line of the run under the cursor, or show it",
        ),
        Binding("e", "export", "Export", tooltip="Write what is shown as CSV, Markdown and SVG"),
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
        self.panes = ComparePanes()
        self._found: ReadCurves | None = None
        self._asked = self._answered = 0  # numbers of what was asked for last, and what is shown
        self._folded = False
        self._kept: dict[bool, ShownComparison] = {}  # by folding, of what is read
        self._reads = False  # what runs have learned

    def compose(self) -> ComposeResult:
        """The panes and the keys."""
        yield self.panes
        yield Footer()

    @property
    def chart_group(self) -> ChartGroup:
        """The chart."""
        return self.panes

    def on_mount(self) -> None:
        """Read the runs; those that learn again every second."""
        self.panes.note("reading the runs")
        self.open()
        self.repeat(READ_EVERY_S, self._read_again)

    # Reading, in threads. Without a description Textual writes out all arguments, a second for
    # many curves, before it starts one.

    @work(thread=True)
    def open(self) -> None:
        """Read the runs for the first time."""
        try:
            self.post_message(CurvesRead(self._backend.open(), 0))
        except (FFTUIError, OSError) as error:
            self.post_message(CompareNoted(str(error), failed=True))

    @work(thread=True, description="read metric")
    def read_metric(self, found: ReadCurves, by: int, asked: int) -> None:
        """Read the next metric, or the one before."""
        try:
            read = self._backend.next_curves(found.metric, found.layer, by)
            self.post_message(CurvesRead(read, asked))
        except OSError as error:
            self.post_message(CompareNoted(str(error), failed=True))

    @work(thread=True, description="read curves")
    def read_curves(self, metric: CurveMetric, layer: int | None, asked: int) -> None:
        """Read the curves of a metric and a layer."""
        try:
            self.post_message(CurvesRead(self._backend.curves(metric, layer), asked))
        except OSError as error:
            self.post_message(CompareNoted(str(error), failed=True))

    def _read_again(self) -> None:
        found = self._found
        if found is not None and not self._reads and any(run.is_learning for run in found.runs):
            self._reads = True
            self.read_new(found, self._asked)

    @work(thread=True, description="read new")
    def read_new(self, found: ReadCurves, asked: int) -> None:
        """Read what runs have learned."""
        try:
            new = self._backend.new_curves(found.metric, found.layer)
            if new is not None:
                self.post_message(CurvesRead(new, asked))
        except (FFTUIError, OSError) as error:
            self.post_message(CompareNoted(str(error), failed=True))
        self._reads = False

    @work(thread=True, description="read outcomes")
    def read_outcomes(self, conditions: tuple[Condition, ...]) -> None:
        """Compute intervals and differences."""
        try:
            self.post_message(OutcomesRead(conditions, self._backend.outcomes(conditions)))
        except OSError as error:
            self.post_message(CompareNoted(str(error), failed=True))

    @on(CurvesRead)
    def _curves_read(self, message: CurvesRead) -> None:
        if message.asked < self._asked:
            self._outdated()
            return
        self._answered = message.asked
        before, self._found = self._found, message.found
        self._kept.clear()
        same = before is not None and before.runs == message.found.runs
        self._compare(keep_outcomes=same)

    def _outdated(self) -> None:
        """Leave curves of another metric or layer than is asked for now out, but not what runs have
        learned: where no answer is still to come, those that are shown are read again.
        """
        if self._found is not None and self._answered == self._asked:
            self.read_curves(self._found.metric, self._found.layer, self._next_number())

    def _next_number(self) -> int:
        self._asked += 1
        return self._asked

    @on(OutcomesRead)
    def _outcomes_read(self, message: OutcomesRead) -> None:
        shown = self.panes.shown
        if shown is not None and shown.conditions == message.conditions:
            self.panes.show_outcomes(message.outcomes)

    @on(CompareNoted)
    def _noted(self, message: CompareNoted) -> None:
        if self._found is None and message.failed:
            self.panes.note(message.text)
        elif message.failed:
            self.notify(message.text, severity="error", timeout=10)
        else:
            self.notify(message.text, timeout=10)

    def _compare(self, *, keep_outcomes: bool) -> None:
        """Compare again: runs, metric, layer or folding have changed."""
        found, before = self._found, self.panes.shown
        if found is None:
            return
        if self._folded not in self._kept:
            conditions = conditions_of(found.runs, folded=self._folded)
            self._kept[self._folded] = ShownComparison(
                conditions,
                differing_settings(conditions),
                recorded_outcomes(conditions),
                found.metric,
                found.layer,
                lines_of(conditions, found.runs, found.curves),
            )
        made = self._kept[self._folded]
        if keep_outcomes and before is not None:
            self.panes.show(replace(made, outcomes=before.outcomes))
        else:
            self.panes.show(made)
            # the lines are painted first: intervals load NumPy and hold Python's lock
            self.set_timer(OUTCOMES_AFTER_S, partial(self.read_outcomes, made.conditions))

    # Keys and commands

    def own_commands(self) -> Iterator[Command]:
        """The palette's entries of this screen: each metric."""
        for metric in CURVE_METRICS.values():
            show = partial(self.show_metric, metric)
            yield Command(f"Compare {metric.title}", "The lines of this metric", show)

    def show_metric(self, metric: CurveMetric) -> None:
        """Show the lines of `metric`."""
        if self._found is not None:
            self.read_curves(metric, self._found.layer, self._next_number())

    def action_metric(self, by: int) -> None:
        """Show the next metric, or the one before."""
        if self._found is not None:
            self.read_metric(self._found, by, self._next_number())

    def action_layer(self, by: int) -> None:
        """Show the next layer alone, after the last one all of them."""
        found = self._found
        if found is not None and found.layers:
            layer = ((found.layer or 0) + by) % (found.layers + 1)
            self.panes.start_axis_anew()
            self.read_curves(found.metric, layer or None, self._next_number())

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
        self.panes.show_differing()

    def action_hide(self) -> None:
        """Hide the line of the condition under the cursor, or show it."""
        self.panes.hide()

    def action_leave(self) -> None:
        """Go back; from the enlarged chart to the tables first."""
        if self.panes.enlarged:
            self.panes.enlarge()
        else:
            self.app.pop_screen()

    def action_export(self) -> None:
        """Write what is shown."""
        shown = self.panes.as_shown()
        if shown is not None:
            self.notify("writing the files", timeout=2)
            self.write(shown)

    @work(thread=True, description="write")
    def write(self, shown: ShownComparison) -> None:
        """Write the files in a thread."""
        try:
            paths = self._backend.write(shown)
        except (FFTUIError, OSError, ImportError, ValueError) as error:
            self.post_message(CompareNoted(in_one_line(error), failed=True))
            return
        names = ", ".join(path.name for path in paths)
        self.post_message(CompareNoted(f"written to {paths[0].parent}: {names}"))
