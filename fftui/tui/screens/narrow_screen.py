"""The narrowing screen: which scale, seeds, data sets and conditions of a study are run."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from fftui.errors import FFTUIError
from fftui.studies.narrowing import Narrowing
from fftui.studies.study import SEEDS, Scale, Study
from fftui.text import format as fmt
from fftui.tui.study_backend import NarrowedStudy, StudyBackend
from fftui.tui.widgets.cell_text import Paragraphs, cut
from fftui.tui.widgets.footer import Footer
from fftui.tui.widgets.row_list import Column, Row, RowList, cell

COLUMNS = (Column(""), Column("what to run", elastic=True, least=20))
MOST_SEEDS = 99
CHECKED, UNCHECKED = "[x]", "[ ]"


class Narrowed(Message):
    """The study as `narrowing` wants it, or the `problem` that kept it from being built."""

    def __init__(
        self, narrowing: Narrowing, narrowed: NarrowedStudy | None, problem: str = ""
    ) -> None:
        super().__init__()
        self.narrowing = narrowing
        self.narrowed = narrowed
        self.problem = problem


@dataclass(frozen=True)
class _Choice:
    """A row that can be changed: what a step by so many (0: toggle) makes of the narrowing."""

    row: Row
    change: Callable[[int], Narrowing | None]


class NarrowScreen(Screen[Study | None]):
    """Choices as rows; returns the study of those that are checked, to be started."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "start", "Start", tooltip="Run what is checked"),
        Binding("space,enter", "change(0)", "Change", key_display="Space"),
        Binding("right,plus", "change(1)", "More", show=False, tooltip="More seeds, other scale"),
        Binding("left,minus", "change(-1)", "Fewer", show=False, tooltip="Fewer seeds"),
        Binding("a", "all", "All or none", tooltip="Check all conditions, or none"),
        Binding("b,escape", "cancel", "Back", key_display="b"),
    ]
    HELP = """
    What of the study is run. Space checks and unchecks a data set or a condition and switches the
    scale; left and right change the number of seeds. The line below says how many runs that makes,
    how many of them have finished, and how long the others take.

    g starts what is checked; b goes back without a change. A set that is not on this machine says
    how to get it.
    """

    def __init__(self, study: Study, backend: StudyBackend) -> None:
        """`study` is built from the catalogue."""
        super().__init__()
        self._study_name = study.name
        self._backend = backend
        self.narrowing = Narrowing(study.scale, len({t.experiment.seed for t in study.trials}))
        self._narrowed: NarrowedStudy | None = None
        self._problem = ""
        self._choices: list[_Choice | None] = []  # None is a heading

    def compose(self) -> ComposeResult:
        """The choices, what they come to, and the keys."""
        rows = RowList(COLUMNS, empty="reading the runs", id="narrow")
        rows.set_title(f"{self._study_name} · what to run")
        yield rows
        yield Paragraphs(id="narrow-total")
        yield Footer()

    def on_mount(self) -> None:
        """Build the study in a thread."""
        self.query_one(RowList).focus()
        self.show()
        self.narrow(self.narrowing)

    @work(thread=True, exclusive=True, group="narrow", description="narrow")
    def narrow(self, narrowing: Narrowing) -> None:
        """Build the study as it is wanted, and see which of its runs there are."""
        try:
            self.post_message(
                Narrowed(narrowing, self._backend.narrow(self._study_name, narrowing))
            )
        except (FFTUIError, OSError) as error:
            self.post_message(Narrowed(narrowing, None, str(error)))

    @on(Narrowed)
    def _study_narrowed(self, message: Narrowed) -> None:
        if message.narrowing == self.narrowing:
            narrowed, self._problem = message.narrowed, message.problem
            if narrowed is not None:
                if not self.narrowing.sets:
                    self.narrowing = replace(self.narrowing, sets=narrowed.sets_used)
                self._narrowed = replace(narrowed, narrowing=self.narrowing)
            self.show()

    def show(self) -> None:
        """Rebuild the rows and the total."""
        rows, items = self.query_one(RowList), list[Row]()
        self._choices = []
        for title, choices in self._sections():
            self._choices += [None, *choices]
            items += [
                Row((cell(title, "title"),), heading=True),
                *(each.row for each in choices),
            ]
        rows.show_rows(items)
        self._show_total()

    def _sections(self) -> list[tuple[str, list[_Choice]]]:
        wanted, narrowed = self.narrowing, self._narrowed
        left, right = self.query_one(RowList).glyphs.choice
        scale_text = f"{left} {wanted.scale} {right}  {_SCALES[wanted.scale]}"
        scale = _Choice(Row((cell("scale", "dim"), cell(scale_text))), self._other_scale)
        seeds = _Choice(
            Row((cell("seeds", "dim"), cell(f"{left} {wanted.seeds} {right}"))), self._more_seeds
        )
        sections = [("How", [scale, seeds])]
        if narrowed is not None:
            sets = [self._set_choice(each.name, here=each.present) for each in narrowed.sets]
            texts = [each.text for each in narrowed.whole.conditions]
            conditions = [self._condition_choice(each) for each in texts]
            sections += [("Data sets", sets), ("Conditions", conditions)]
        return sections

    def _set_choice(self, name: str, *, here: bool) -> _Choice:
        sets = self.narrowing.sets
        mark = CHECKED if name in sets else UNCHECKED
        absent = cell(f"{name}  not on this machine: fftui data get {name}", "dim")
        row = Row((cell(mark), cell(name)) if here else (cell(""), absent))

        def change(_: int) -> Narrowing | None:
            if not here:
                return None
            kept = tuple(each for each in sets if each != name)
            new = kept if name in sets else (*sets, name)
            return replace(self.narrowing, sets=new) if new else None

        return _Choice(row, change)

    def _condition_choice(self, text: str) -> _Choice:
        left_out = self.narrowing.left_out
        mark = UNCHECKED if text in left_out else CHECKED
        row = Row((cell(mark), cell(text)))
        return _Choice(row, lambda _: replace(self.narrowing, left_out=left_out ^ {text}))

    def _other_scale(self, _: int) -> Narrowing:
        scale: Scale = "full" if self.narrowing.scale == "quick" else "quick"
        return Narrowing(scale, SEEDS[scale])

    def _more_seeds(self, by: int) -> Narrowing | None:
        seeds = self.narrowing.seeds + (by or 1)
        return replace(self.narrowing, seeds=seeds) if 1 <= seeds <= MOST_SEEDS else None

    def _show_total(self) -> None:
        """How many runs are checked, how many have finished, and how long the others take."""
        total = self.query_one("#narrow-total", Paragraphs)
        width = max(20, total.size.width - 2)
        if self._problem:
            total.show(((f" {cut(self._problem, width)}", "bad"),))
        elif self._narrowed is None:
            total.show(((" reading the runs", "dim"),))
        else:
            total.show(((f" {cut(_total_text(self._narrowed), width)}", "bold"),))

    def action_change(self, by: int) -> None:
        """Change the choice under the cursor."""
        index = self.query_one(RowList).index
        choice = self._choices[index] if index < len(self._choices) else None
        new = choice.change(by) if choice is not None else None
        if new is not None:
            self._change_to(new)

    def action_all(self) -> None:
        """Check all conditions, or none where all are checked."""
        if self._narrowed is not None:
            every = frozenset(each.text for each in self._narrowed.whole.conditions)
            left_out = frozenset[str]() if self.narrowing.left_out & every else every
            self._change_to(replace(self.narrowing, left_out=left_out))

    def _change_to(self, new: Narrowing) -> None:
        self.narrowing = new
        self.show()
        self.narrow(new)

    def action_start(self) -> None:
        """Return the study of what is checked."""
        narrowed = self._narrowed
        if narrowed is None or narrowed.narrowing != self.narrowing:
            self.notify("the runs are being read", timeout=2)
        elif not narrowed.facts.study.trials:
            self.notify("nothing is checked that can be run here", severity="error")
        else:
            self.dismiss(narrowed.facts.study)

    def action_cancel(self) -> None:
        """Go back without a change."""
        self.dismiss(None)

    @on(RowList.Selected)
    def _row_selected(self) -> None:
        self.action_change(0)


_SCALES: dict[Scale, str] = {
    "quick": "small networks on the digits that ship with fftui",
    "full": "the paper's data sets and sizes",
}


def _total_text(narrowed: NarrowedStudy) -> str:
    facts = narrowed.facts
    trials, left = len(facts.study.trials), len(facts.remaining)
    time = f", {fmt.roughly(facts.expected_s)}" if left else ""
    return f"{trials} trials, {facts.done} done; runs left: {left}{time}"
