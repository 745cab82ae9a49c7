"""The help screen: what a screen shows, and its keys."""

from collections.abc import Callable, Sequence
from inspect import cleandoc
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from fftui.tui.commands import NOT_IN_HELP


def keys_of(screen: Screen[Any], key_display: Callable[[Binding], str]) -> list[tuple[str, str]]:
    """The keys that have an effect on `screen` and what each does; those in the footer first."""
    found: dict[str, str] = {}
    for active in sorted(screen.active_bindings.values(), key=lambda each: not each.binding.show):
        binding = active.binding
        if binding.description and active.enabled and not binding.action.startswith(NOT_IN_HELP):
            found.setdefault(binding.tooltip or binding.description, key_display(binding))
    return [(key, what) for what, key in found.items()]


class HelpScreen(ModalScreen[None]):
    """A dialog with a help text and a list of keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter,b", "dismiss", "Close", show=False)
    ]

    def __init__(self, text: str, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.text = cleandoc(text)
        self.keys = tuple(keys)

    def compose(self) -> ComposeResult:
        """The text over the keys."""
        wide = max((len(key) for key, _ in self.keys), default=0)
        keys = "\n".join(f"{key:>{wide}}  {what}" for key, what in self.keys)
        with VerticalScroll(id="help"):
            paragraphs = [" ".join(part.split()) for part in self.text.split("\n\n")]
            yield Static("\n\n".join(paragraphs), markup=False, id="help-text")
            yield Static(keys, markup=False, id="help-keys")

    def on_mount(self) -> None:
        """Set the titles of the box."""
        self.query_one("#help").border_title = "Help"
        self.query_one("#help").border_subtitle = "Esc closes"
