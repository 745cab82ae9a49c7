"""The help screen: what a screen shows, and its keys."""

from collections.abc import Sequence
from inspect import cleandoc
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static


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
