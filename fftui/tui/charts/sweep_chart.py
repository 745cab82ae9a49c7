"""The chart of a sweep: the accuracy of each trial, and the best so far."""

import math
from collections.abc import Iterable

from fftui.runs.line_points import Point
from fftui.sweeps.sweep_facts import SweepFacts, TrialFacts
from fftui.text import format as fmt
from fftui.tui.charts.cell_plot import Series
from fftui.tui.charts.chart_spec import ChartSpec
from fftui.tui.charts.compare_chart import RunLine
from fftui.tui.charts.fitting import window_for

TITLE = "Best so far · validation accuracy, %"
WAITS = "no trial has finished yet"


def best_so_far(facts: SweepFacts, cursor: int | None) -> ChartSpec:
    """The accuracy in percent of each trial that has ended and the best of those that have
    finished, by the number of the trial; `cursor` is the trial whose values are written.
    """
    best = [(float(t.number), 100 * t.best_so_far) for t in facts.trials if t.best_so_far]
    if not best:
        return ChartSpec(title=TITLE, note=WAITS)
    series = (
        Series("pruned", _points(facts.trials, "pruned"), "dim", ".", joined=False),
        Series("trial", _points(facts.trials, "finished"), "second", "o", joined=False),
        RunLine("best", tuple(best), "accent", "#"),
    )
    shown = tuple(each for each in series if each.points)
    last = max(1, len(facts.trials) - 1)
    return ChartSpec(
        shown,
        window_for(shown, left=0.0, right=float(last)),
        title=TITLE,
        unit="trial",
        format_value=_percent,
        unlabelled=frozenset() if cursor is not None else frozenset({"pruned", "trial"}),
        cursor=None if cursor is None else float(cursor),
        front="best",
    )


def _points(trials: Iterable[TrialFacts], state: str) -> tuple[Point, ...]:
    return tuple(
        (float(each.number), 100 * each.accuracy)
        for each in trials
        if each.state == state and each.accuracy is not None
    )


def _percent(value: float | None) -> str:
    return fmt.MISSING if value is None or not math.isfinite(value) else f"{value:.2f}"
