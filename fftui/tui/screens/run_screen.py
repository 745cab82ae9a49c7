"""`RunScreen`: what the screens of a run have in common, its panes and their keys."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from fftui.tui.screens.run_panes import PAN_SHARE, PANES, ZOOM_FACTOR, RunPanes
from fftui.tui.screens.uncovered import Uncovered
from fftui.tui.system.metric_styles import Machine

REFRESHES_PER_S = 4


def pane_bindings(*first: str) -> list[BindingType]:
    """The keys 1, 2, ... for the panes `first` and those of a run; the footer shows them as one."""
    panes = (*first, *PANES)
    names = ", ".join(pane.replace("-", " ") for pane in panes)
    shown = Binding(
        "1",
        f"pane('{panes[0]}')",
        "Panes",
        key_display=f"1-{len(panes)}",
        tooltip=names.capitalize(),
    )
    others = enumerate(panes[1:], start=2)
    return [shown, *(Binding(str(n), f"pane('{pane}')", pane, show=False) for n, pane in others)]


def _chart_binding(key: str, action: str, tooltip: str, key_display: str | None = None) -> Binding:
    return Binding(key, action, tooltip, show=False, tooltip=tooltip, key_display=key_display)


CHART_BINDINGS: list[BindingType] = [
    _chart_binding("right", "cursor(1)", "Charts: the values of the next point"),
    _chart_binding("left", "cursor(-1)", "Charts: the values of the point before"),
    _chart_binding("plus,equals_sign", "zoom(-1)", "Charts: fewer epochs, around the cursor", "+"),
    _chart_binding("minus", "zoom(1)", "Charts: more epochs", "-"),
    _chart_binding("shift+right,right_square_bracket", "pan(1)", "Charts: later epochs", "]"),
    _chart_binding("shift+left,left_square_bracket", "pan(-1)", "Charts: earlier epochs", "["),
    _chart_binding("w", "read('recent')", "Charts: the newest epochs only, or all"),
    _chart_binding("0", "read('whole')", "Charts: all epochs, without the cursor"),
    _chart_binding("y", "read('log')", "Charts: logarithmic scale, or linear"),
    _chart_binding("x", "read('x')", "Charts: by epoch, optimiser step or seconds of learning"),
    _chart_binding("m", "read('smoothing')", "Charts: a smoothed line over the faint raw one"),
    _chart_binding("enter", "enlarge", "Charts: one over the whole screen, or all panes again"),
]


class RunScreen(Uncovered):
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
        *CHART_BINDINGS,
    ]

    def __init__(self, run: str, machine: Machine) -> None:
        super().__init__()
        self.title = run
        self.panes = RunPanes(run, machine)

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

    def action_follow(self) -> None:
        """Select the learning layer, and the next when it begins."""
        self.panes.follow()

    def action_next_chart(self) -> None:
        """Show the charts that there is no room for, one after the other."""
        self.panes.next_chart()

    def action_pane(self, name: str) -> None:
        """Show one pane where there is no room for all."""
        self.panes.show_pane(name)

    def action_cursor(self, direction: int) -> None:
        """Put the charts' cursor on the next point, or the one before it."""
        self.panes.step_cursor(direction)

    def action_zoom(self, direction: int) -> None:
        """Show more epochs in the charts, or fewer."""
        self.panes.zoom(ZOOM_FACTOR**direction)

    def action_pan(self, direction: int) -> None:
        """Move the epochs that the charts show."""
        self.panes.pan(direction * PAN_SHARE)

    def action_read(self, choice: str) -> None:
        """Change the charts' scale, smoothing or range."""
        self.panes.change_reading(choice)

    def action_enlarge(self) -> None:
        """Show one chart over the whole screen, or all panes again."""
        self.panes.enlarge()
