"""A list with the details of the row under the cursor below it: the studies, the claims."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.screen import Screen

from fftui.tui.glass import literal
from fftui.tui.widgets.cell_text import Paragraphs
from fftui.tui.widgets.footer import Footer
from fftui.tui.widgets.row_list import Column, RowList


class OverviewScreen(Screen[None]):
    """Rows, and the details of one of them.

    A screen of this kind names its columns, says what it shows with `show` and `update_details`,
    and opens a row with `action_open`; what it shows is read from disk in a thread by `load`, each
    time that it comes to the top, since there may be new runs.
    """

    LIST_ID: ClassVar[str]
    COLUMNS: ClassVar[Sequence[Column]]
    EMPTY: ClassVar[str]  # stands in the list while it has no row
    DETAILS_TITLE: ClassVar[str]

    def show(self) -> None:
        """Rebuild the rows and the details."""
        # Textual's screens have a metaclass of their own, so this cannot be an ABC
        raise NotImplementedError

    def update_details(self) -> None:
        """Show the details of the row under the cursor."""
        raise NotImplementedError

    def load(self) -> None:
        """Read what the rows show, in a thread."""
        raise NotImplementedError

    def action_open(self) -> None:
        """Open the row under the cursor."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """The list, and the details."""
        yield RowList(self.COLUMNS, empty=self.EMPTY, id=self.LIST_ID)
        about = Paragraphs(id="about")
        about.border_title = literal(self.DETAILS_TITLE)
        yield about
        yield Footer()

    def on_mount(self) -> None:
        """Show what is known; the rest is read in a thread."""
        self.query_one(RowList).focus()
        self.show()

    def on_screen_resume(self) -> None:
        """Read again: there may be new runs."""
        self.load()

    def on_resize(self) -> None:
        """Wrap the details again: the width has changed."""
        self.update_details()

    @on(RowList.Highlighted)
    def _row_highlighted(self) -> None:
        self.update_details()

    @on(RowList.Selected)
    def _row_selected(self) -> None:
        self.action_open()
