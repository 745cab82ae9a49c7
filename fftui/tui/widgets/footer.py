"""The keys of a screen, in its last row, and with them what lies over every screen."""

from rich.cells import cell_len
from textual import widgets
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets._footer import FooterKey

from fftui.tui.widgets.over_screen import LearningSign, TooSmall

KEPT = ("Back", "Done", "Help", "Quit")  # however narrow the terminal is: help names the others


class Footer(widgets.Footer):
    """Textual's footer without work that is for nothing, and without keys that have no room.

    Textual makes all keys anew whenever the bindings may have changed, such as at each move of a
    cursor, and styles each three times, first as a compact one: a third of the time that showing a
    screen takes. Here keys are made when they differ, with their final width.
    """

    _made: tuple[object, ...] = ()

    def on_mount(self) -> None:
        """Bring what lies over the screen: all but dialogs have a footer."""
        self.screen.mount(TooSmall(), LearningSign())

    def on_resize(self) -> None:
        """Leave keys out, or no longer: the width has changed."""
        if self._bindings_ready:
            self.bindings_changed(self.screen)

    def compose(self) -> ComposeResult:
        """The keys."""
        self._made = _shown(self.screen)
        kept = _with_room(self.screen)
        for widget in super().compose():
            if isinstance(widget, FooterKey):
                of_palette = widget.has_class("-command-palette")
                if not of_palette and widget.action not in kept:
                    continue
                is_compact = self.compact or of_palette
                widget.set_reactive(FooterKey.compact, is_compact)
                widget.set_class(is_compact, "-compact", update=False)
            yield widget

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Make the keys anew where they differ from those that are shown."""
        if not self._bindings_ready or _shown(screen) != self._made:
            super().bindings_changed(screen)


def _shown(screen: Screen[object]) -> tuple[object, ...]:
    """What decides how the footer of `screen` looks."""
    bindings = tuple(
        (each.binding, each.enabled, each.tooltip) for each in screen.active_bindings.values()
    )
    return bindings, _with_room(screen)


def _with_room(screen: Screen[object]) -> tuple[str, ...]:
    """The actions whose keys have room; the last ones are left out first, but none of `KEPT`."""
    cells: dict[str, int] = {}
    names: dict[str, str] = {}
    for each in screen.active_bindings.values():
        binding = each.binding
        if binding.show and binding.action not in cells:
            display = screen.app.get_key_display(binding)
            cells[binding.action] = cell_len(display) + cell_len(binding.description) + 3
            names[binding.action] = binding.description
    for action in reversed(list(cells)):
        if sum(cells.values()) > screen.app.size.width and names[action] not in KEPT:
            del cells[action]
    return tuple(cells)
