"""`RunOpening`: the keys of the runs screen that open a run: as it is, in the form, its layers."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.screen import Screen

from fftui.runs.listing import ListedRun
from fftui.tui.messages import EditRun, LookInto, OpenRun


class RunOpening(Screen[None]):
    """Opens the run under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open"),
        Binding(
            "e", "edit", "Edit", show=False, tooltip="Open what the run was asked to do in the form"
        ),
        Binding("i", "look", "Look", show=False, tooltip="What the run's layers have learned"),
    ]

    @property
    def current(self) -> ListedRun | None:
        """The run under the cursor."""
        raise NotImplementedError

    def action_open(self) -> None:
        """Open the run under the cursor."""
        if (run := self.current) is None:
            return
        if run.record is None:
            self.notify(f"run {run.id}: {run.problem}", severity="error", timeout=10)
        else:
            self.post_message(OpenRun(run.id))

    def action_edit(self) -> None:
        """Open what the run under the cursor was asked to do in the form."""
        if (run := self.current) is not None:
            self.post_message(EditRun(run.id))

    def action_look(self) -> None:
        """Look into the layers of the run under the cursor."""
        if (run := self.current) is not None:
            self.post_message(LookInto(run.id))
