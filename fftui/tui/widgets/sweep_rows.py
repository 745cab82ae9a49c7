"""The rows of a sweep's trials: their columns and order, and the details of one trial."""

from collections.abc import Sequence

from rich.cells import cell_len

from fftui.sweeps.over import Choices
from fftui.sweeps.sweep_facts import SweepFacts, TrialFacts, place, short_paths, value_text
from fftui.text import format as fmt
from fftui.tui.charts.parallel_plot import accuracy_of
from fftui.tui.glyphs import Glyphs
from fftui.tui.style_names import StyleName
from fftui.tui.widgets.cell_text import cut
from fftui.tui.widgets.row_list import Column, Row, cell
from fftui.tui.widgets.row_widget import Span

BEST_FIRST = "validation %"
OrderName = str | int  # a column's name, or the number of a setting
STYLES: dict[str, StyleName] = {
    "finished": "good",
    "pruned": "dim",
    "failed": "bad",
    "running": "accent",
    "interrupted": "warn",
    "begun": "dim",
    "waiting": "dim",
}
SIGNS = {"pruned": "skipped", "begun": "waiting"}  # the signs that they share
LEFT_OUT = ("pruned", "failed")


def order_names(facts: SweepFacts) -> list[OrderName]:
    """What the rows can be sorted by: the accuracy, each setting, the time, and their number."""
    return [BEST_FIRST, *range(len(facts.overs)), "time", "trial"]


class TrialRows:
    """The rows of the trials of `facts`."""

    def __init__(self, facts: SweepFacts, signs: Glyphs) -> None:
        self._facts, self._signs = facts, signs
        self._names = short_paths([over.path for over in facts.overs])
        self._tested = any(each.test is not None for each in facts.trials)

    def title_of(self, order: OrderName) -> str:
        """The name of what the rows are sorted by."""
        return self._names[order] if isinstance(order, int) else order

    def columns(self) -> list[Column]:
        """The columns; where there is no room, the time and then the last settings give way."""
        settings = [
            Column(name, right=not isinstance(over.domain, Choices), drop=3 + at)
            for at, (name, over) in enumerate(zip(self._names, self._facts.overs, strict=True))
        ]
        tests = [Column("test %", right=True, drop=2)] if self._tested else []
        return [
            Column(""),
            Column("trial", right=True),
            Column("state"),
            Column(BEST_FIRST, right=True),
            *tests,
            *settings,
            Column("time", right=True, drop=100),
        ]

    def ordered(self, order: OrderName, *, reverse: bool, hides: bool) -> list[TrialFacts]:
        """The trials in order, those without a value last; `hides` leaves out what was pruned or
        has failed.
        """
        shown = [t for t in self._facts.trials if not (hides and t.state in LEFT_OUT)]
        keyed = [(self._key(trial, order), trial) for trial in shown]
        known = [(key, trial) for key, trial in keyed if key is not None]
        # accuracies stand the best first
        known.sort(key=lambda each: each[0], reverse=reverse != (order == BEST_FIRST))
        return [trial for _, trial in known] + [trial for key, trial in keyed if key is None]

    def of(self, trials: Sequence[TrialFacts]) -> list[Row]:
        """The rows of `trials`."""
        best = self._facts.best
        return [self._row(each, is_best=each is best) for each in trials]

    def _key(self, trial: TrialFacts, order: OrderName) -> float | None:
        if isinstance(order, int):
            return place(self._facts.overs[order].domain, trial.values[order])
        if order == BEST_FIRST:
            return accuracy_of(trial)
        return trial.seconds if order == "time" else float(trial.number)

    def _row(self, trial: TrialFacts, *, is_best: bool) -> Row:
        signs = self._signs
        sign = signs.states[SIGNS.get(trial.state, trial.state)]
        ended = trial.accuracy is not None
        accuracy: StyleName = "bold" if is_best else "text" if ended else "dim"
        tests = [cell(fmt.percent(trial.test, missing=""), accuracy)] if self._tested else []
        return Row(
            (
                cell(signs.mark if is_best else "", "accent"),
                cell(str(trial.number), "bold" if is_best else "text"),
                cell(f"{sign} {trial.state}", STYLES[trial.state]),
                cell(fmt.percent(accuracy_of(trial)), accuracy),
                *tests,
                *(cell(value_text(value)) for value in trial.values),
                cell(fmt.duration(trial.seconds), "dim"),
            )
        )


def trial_details(facts: SweepFacts, trial: TrialFacts, width: int) -> list[tuple[Span, ...]]:
    """Two lines about a trial: its values under their whole paths, or under short ones where those
    have no room; its runs. What is wrong with it comes first.
    """
    paths = [over.path for over in facts.overs]
    values = _named(paths, trial)
    if cell_len(values) > width - 2:
        values = _named(short_paths(paths), trial)
    texts: list[Span] = [
        (values, "text"),
        ("  ".join(trial.runs) or "no run yet", "dim"),
    ]
    if trial.error is not None:
        texts.insert(0, (f"trial {trial.number}: {trial.error}", "bad"))
    elif trial.state == "interrupted":
        gone = f"trial {trial.number}: its process is gone; g goes on with it"
        texts.insert(0, (gone, "warn"))
    return [((f" {cut(text, width - 2)}", style),) for text, style in texts]


def _named(names: Sequence[str], trial: TrialFacts) -> str:
    values = zip(names, trial.values, strict=True)
    said = "  ".join(f"{name}={value_text(value)}" for name, value in values)
    return f"trial {trial.number}: {said}"
