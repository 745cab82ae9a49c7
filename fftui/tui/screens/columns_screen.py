"""The columns screen: which fields and settings the list of runs shows, and in which order."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from fftui.runs.run_fields import FIELDS
from fftui.tui.widgets.footer import Footer
from fftui.tui.widgets.row_list import Column, Row, RowList, cell

CHECKED, UNCHECKED = "[x]", "[ ]"
LISTED = (Column(""), Column("column"), Column("what it is", elastic=True, least=16))


class ColumnsScreen(Screen[tuple[str, ...] | None]):
    """Fields and settings as rows, those that are shown first; returns the names of those checked,
    in their order.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "check", "Show or not", key_display="Space"),
        Binding("right,plus", "shift(1)", "Later", tooltip="Further right in the list"),
        Binding("left,minus", "shift(-1)", "Earlier", tooltip="Further left in the list"),
        Binding("0", "default", "Default"),
        Binding("enter,b,escape", "done", "Done", key_display="b"),
    ]
    HELP = """
    What the list of runs shows. Space checks and unchecks a field of a run or one of the settings
    that runs were started with; left and right move a checked one. In a narrow terminal the last
    columns are left out first. The choice stays from one start to the next; 0 is the default.
    """

    def __init__(
        self, chosen: Sequence[str], default: Sequence[str], settings: Sequence[str]
    ) -> None:
        """`settings` are those that runs have, as names that are enough to find them."""
        super().__init__()
        self._chosen = list(chosen)
        self._default = list(default)
        self._about = {field.name: field.meaning for field in FIELDS}
        self._about |= {
            name: "a setting" for name in [*settings, *chosen] if name not in self._about
        }
        self._names = [*chosen, *(name for name in self._about if name not in chosen)]

    def compose(self) -> ComposeResult:
        """The list, and the keys."""
        yield RowList(LISTED, empty="no columns", id="columns")
        yield Footer()

    def on_mount(self) -> None:
        """Show them."""
        self.query_one(RowList).focus()
        self._show(0)

    def _show(self, index: int) -> None:
        rows = self.query_one(RowList)
        rows.set_title(f"Columns of the list of runs · {len(self._chosen)} shown")
        items = [
            Row(
                (
                    cell(CHECKED if name in self._chosen else UNCHECKED),
                    cell(name, "bold" if name in self._chosen else "text"),
                    cell(self._about[name], "dim"),
                )
            )
            for name in self._names
        ]
        rows.show_rows(items, index=index)

    def action_check(self) -> None:
        """Show the column under the cursor, or leave it out; one is always shown."""
        index = self.query_one(RowList).index
        name = self._names[index]
        if name not in self._chosen:
            self._chosen.append(name)
        elif len(self._chosen) > 1:
            self._chosen.remove(name)
        self._show(index)

    def action_shift(self, by: int) -> None:
        """Move the column under the cursor among those that are shown."""
        index = self.query_one(RowList).index
        name = self._names[index]
        if name not in self._chosen:
            return
        at = self._chosen.index(name)
        to = min(len(self._chosen) - 1, max(0, at + by))
        self._chosen.insert(to, self._chosen.pop(at))
        others = [each for each in self._names if each not in self._chosen]
        self._names = [*self._chosen, *others]
        self._show(to)

    def action_default(self) -> None:
        """Show the default columns."""
        self._chosen = list(self._default)
        others = [each for each in self._names if each not in self._chosen]
        self._names = [*self._chosen, *others]
        self._show(0)

    def action_done(self) -> None:
        """Return what is checked."""
        self.dismiss(tuple(self._chosen))

    @on(RowList.Selected)
    def _row_selected(self) -> None:
        self.action_check()
