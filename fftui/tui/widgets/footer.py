"""The keys of a screen, in its last row."""

from textual import widgets
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets._footer import FooterKey


class Footer(widgets.Footer):
    """Textual's footer without work that is for nothing.

    Textual makes all keys anew whenever the bindings may have changed, such as at each move of a
    cursor, and styles each three times, first as a compact one: a third of the time that showing a
    screen takes. Here keys are made when they differ, with their final width.
    """

    _made: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """The keys."""
        self._made = _shown(self.screen)
        for widget in super().compose():
            if isinstance(widget, FooterKey):
                is_compact = self.compact or widget.has_class("-command-palette")
                widget.set_reactive(FooterKey.compact, is_compact)
                widget.set_class(is_compact, "-compact", update=False)
            yield widget

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Make the keys anew where they differ from those that are shown."""
        if not self._bindings_ready or _shown(screen) != self._made:
            super().bindings_changed(screen)


def _shown(screen: Screen[object]) -> tuple[object, ...]:
    """What decides how the footer of `screen` looks."""
    return tuple(
        (each.binding, each.enabled, each.tooltip) for each in screen.active_bindings.values()
    )
