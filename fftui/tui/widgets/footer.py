"""The keys of a screen, in its last row."""

from textual import widgets
from textual.app import ComposeResult
from textual.widgets._footer import FooterKey


class Footer(widgets.Footer):
    """Textual's footer with keys that have their final width when they are made.

    Textual first makes each compact and then not: all keys are styled three times whenever a screen
    is shown, a fourth of the time that showing it takes.
    """

    def compose(self) -> ComposeResult:
        """The keys."""
        for widget in super().compose():
            if isinstance(widget, FooterKey):
                is_compact = self.compact or widget.has_class("-command-palette")
                widget.set_reactive(FooterKey.compact, is_compact)
                widget.set_class(is_compact, "-compact", update=False)
            yield widget
