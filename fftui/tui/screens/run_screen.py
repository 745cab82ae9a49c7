"""`RunScreen`: what the screens of a run have in common, its panes and their keys."""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType

from fftui.tui.copies import Copy
from fftui.tui.screens.chart_group import ChartGroup, ChartKeys
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.run_panes import HIDEABLE, PANES, RunPanes
from fftui.tui.system.this_machine import Machine

REFRESHES_PER_S = 4


def pane_bindings(*first: str) -> list[BindingType]:
    """The keys 1, 2, ... for the panes `first` and those of a run."""
    panes = enumerate((*first, *PANES), start=1)
    return [Binding(str(n), f"pane('{pane}')", pane, show=False) for n, pane in panes]


class RunScreen(ChartKeys):
    """A screen with the panes of a run, refreshed several times a second."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f",
            "follow",
            "Follow",
            show=False,
            tooltip="Select the learning layer, and the next when it begins",
        ),
        Binding(
            "v", "next_chart", "Charts", show=False, tooltip="The charts that there is no room for"
        ),
        Binding(
            "z",
            "freeze",
            "Freeze",
            show=False,
            tooltip="Keep the picture while learning goes on, or show the newest again",
        ),
        Binding("h", "hide", "Hide", show=False, tooltip="Hide the layers, the system or the log"),
    ]

    def __init__(self, run: str, machine: Machine) -> None:
        super().__init__()
        self.title = run
        self.panes = RunPanes(run, machine)

    @property
    def chart_group(self) -> ChartGroup:
        """The charts of the run."""
        return self.panes

    def on_mount(self) -> None:
        """Start refreshing the view."""
        self.repeat(1 / REFRESHES_PER_S, self.refresh_view)

    def refresh_view(self) -> None:
        """Show the newest view, if it has changed since the last refresh."""
        # Textual's screens have a metaclass of their own, so this cannot be an ABC
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the keys that have no effect now."""
        return action != "next_chart" or self.panes.hidden_charts > 0

    def copies(self) -> Iterator[Copy]:
        """What of the charts and layers can be copied."""
        yield from super().copies()
        if layers := self.panes.layers_text():
            yield Copy("l", "layers", layers)

    def action_freeze(self) -> None:
        """Keep the picture while learning goes on, or show the newest again."""
        self.panes.freeze()

    async def action_hide(self) -> None:
        """Hide a pane or show it again, after asking which."""
        answers = [
            (str(number), f"{'show' if self.panes.hides(pane) else 'hide'} the {pane}")
            for number, pane in enumerate(HIDEABLE, 1)
        ]
        dialog = ConfirmDialog("Hide or show which pane?", [*answers, ("escape", "none")])
        await self.app.push_screen(dialog, self._hide_answered)

    def _hide_answered(self, answer: str | None) -> None:
        if answer is not None and answer.isdigit():
            self.panes.hide(HIDEABLE[int(answer) - 1])

    def action_follow(self) -> None:
        """Select the learning layer, and the next when it begins."""
        self.panes.follow()

    def action_next_chart(self) -> None:
        """Show the charts that there is no room for, one after the other."""
        self.panes.next_chart()

    def action_pane(self, name: str) -> None:
        """Show one pane where there is no room for all."""
        self.panes.show_pane(name)
