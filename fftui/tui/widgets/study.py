"""`StudyHead`, the lines over a study, and its results so far as rows."""

from collections.abc import Sequence

from rich.cells import cell_len

from fftui import format as fmt
from fftui.tui.glyphs import plain
from fftui.tui.studies import StudyFacts, StudyRun, StudyTable, failed
from fftui.tui.widgets.painted import Line, Painted, Piece, line
from fftui.tui.widgets.plot import Tone
from fftui.tui.widgets.row_list import GAP, Column, Row, cell
from fftui.tui.widgets.text import cut

# What gives way where there is no room for all, the highest first. What is not named here tells conditions apart.
DROPS = {"test accuracy %": 0, "paper %": 0, "note": 1, "seeds": 2, "learned for": 4, "train accuracy %": 5}
DROPS |= {"paper train %": 6}
DROP_MEASURES = 3
LEAST = 12  # cells of what is cut
EDGE = 5  # cells before the first of them: the cursor and the sign


class StudyHead(Painted):
    """Two lines: which study and how it stands; which of its trials learns."""

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = title
        self._facts: StudyFacts | None = None
        self._run: StudyRun | None = None

    def show(self, facts: StudyFacts | None, run: StudyRun | None) -> None:
        """Show how the study stands; `run` carries it out, or did."""
        self._facts, self._run = facts, run
        self.repaint()

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """The title gives way first."""
        (word, tone), sign = self._word(), self.glyphs.states
        shown = f"{sign.get(word, sign['waiting'])} {word}"
        room = width - cell_len(shown) - 4
        title = cut(plain(self._title, self.ascii_only), room)
        gap = max(1, room - cell_len(title) + 2)
        return [line(" ", (title, "bold"), " " * gap, (shown, tone)), line(*self._second(width - 2))]

    def _word(self) -> tuple[str, Tone]:
        run = self._run
        if run is not None and run.is_alive():
            return ("stopping", "warn") if run.stopping else ("running", "accent")
        if run is not None and run.problem:
            return "failed", "bad"
        if self._facts is not None and not self._facts.to_come:
            return "finished", "good"
        if run is not None:
            return ("interrupted", "warn") if run.stopping else ("ended", "warn")
        return "not running", "dim"

    def _second(self, width: int) -> list[Piece]:
        run, facts = self._run, self._facts
        if run is not None and run.problem:
            return [(f" {cut(run.problem, width)}", "bad")]
        words = []
        if run is not None and run.is_alive():
            at = run.progress
            words.append("looking at what is there" if at is None else f"trial {at.index} of {at.of}")
            if at is not None:
                words.append(f"{at.trial.condition.text}, seed {at.trial.experiment.seed}")
        if facts is None:
            words.append("reading the runs")
        else:
            words.append(f"{facts.done} of {len(facts.study.trials)} done")
            if facts.expected_s:
                words.append(f"{fmt.roughly(facts.expected_s)} to come")
        broken = failed(run.over) if run is not None else []
        text = plain("   ".join(words), self.ascii_only)
        if not broken:
            return [(f" {cut(text, width)}", "dim")]
        text, why = cut(text, width * 6 // 10), f"{len(broken)} failed: {broken[-1].error}"
        return [(f" {text}   ", "dim"), (cut(why, width - cell_len(text) - 3), "bad")]


def columns_of(table: StudyTable, conditions: Sequence[str], width: int) -> tuple[Column, ...]:
    """The columns of a study's table in `width` cells: whether a condition learns or has all its runs, then the table.

    Figures and notes go before anything that tells conditions apart is cut.
    """
    needs = {
        name: max(map(cell_len, each))
        for name, each in zip(table.head, zip(table.head, *table.rows, strict=True), strict=True)
    }
    drops = {name: 0 if name in conditions else DROPS.get(name, DROP_MEASURES) for name in table.head}
    kept = [needs[name] for name, drop in drops.items() if drop == 0]
    told = [name for name in table.head if name in conditions]
    elastic = "note" if "note" in needs else told[-1] if told else ""
    if sum(kept) + GAP * len(kept) + EDGE > width:
        elastic = max(told, key=lambda name: needs[name], default="")
    return (
        Column(""),
        *(
            Column(
                name,
                right=name not in (*conditions, "note"),
                elastic=name == elastic,
                least=LEAST,
                drop=drops[name],
            )
            for name in table.head
        ),
    )


def rows_of(table: StudyTable, states: Sequence[str], signs: dict[str, str]) -> list[Row]:
    """The rows of a study's table; `states` says of each condition whether it learns, is done or waits."""
    tones: dict[str, Tone] = {"learning": "accent", "finished": "good"}
    return [
        Row(
            (
                cell(signs[state], tones.get(state, "dim")),
                *(_cell(name, text) for name, text in zip(table.head, row, strict=True)),
            )
        )
        for row, state in zip(table.rows, states, strict=True)
    ]


def _cell(name: str, text: str) -> Piece:
    if name == "note":
        return cell(text, "dim")
    tone: Tone = "bold" if name == "test accuracy %" else "text"
    return cell(text, tone) if text else cell(fmt.MISSING, "dim")
