"""`MarkingScreen`: a list of runs some of which can be marked, to be compared."""

from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.screen import Screen

from fftui.runs.listing import ListedRun
from fftui.runs.workspace import Workspace
from fftui.tui.widgets.row_list import RowList


class MarkingScreen(Screen[None]):
    """A screen of runs: space marks the one under the cursor, `c` compares those marked.

    `marked` holds their ids; whoever acts on several runs takes them from there.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "Mark", key_display="Space", tooltip="Mark the run, or unmark it"),
        Binding("c", "compare", "Compare", tooltip="The marked runs beside each other"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.marked: set[str] = set()

    @property
    def current(self) -> ListedRun | None:
        """The run under the cursor."""
        # Textual's screens have a metaclass of their own, so this cannot be an ABC
        raise NotImplementedError

    @property
    def workspace(self) -> Workspace:
        """The workspace of the runs."""
        raise NotImplementedError

    def show_marks(self) -> None:
        """Show the rows again: what is marked has changed."""
        raise NotImplementedError

    @property
    def marked_text(self) -> str:
        """How many runs are marked, for a title; empty where none is."""
        return f" · {len(self.marked)} marked" if self.marked else ""

    def action_mark(self) -> None:
        """Mark the run under the cursor, or unmark it, and go on to the next."""
        if (run := self.current) is not None:
            if not self.marked:
                self.load_comparing()
            self.marked ^= {run.id}
            self.show_marks()
            self.query_one(RowList).action_move(1)

    def action_compare(self) -> None:
        """Compare the marked runs."""
        if len(self.marked) < 2:
            self.notify(f"mark at least two runs with space, then c compares them{self._so_far}")
            return
        from fftui.tui.compare_backend import CompareBackend  # noqa: PLC0415 - when first needed
        from fftui.tui.screens.compare_screen import CompareScreen  # noqa: PLC0415

        self.app.push_screen(CompareScreen(CompareBackend(self.workspace, tuple(self.marked))))

    @work(thread=True, group="comparing", exit_on_error=False)
    def load_comparing(self) -> None:
        """Load what a comparison needs (Polars) while more runs are being marked."""
        import fftui.comparison.reader  # noqa: PLC0415
        import fftui.tui.screens.compare_screen  # noqa: F401, PLC0415

    @property
    def _so_far(self) -> str:
        return f" ({len(self.marked)} marked)" if self.marked else ""
