"""`LineDialog`: one question that is answered by a line of text."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class LineDialog(ModalScreen[str | None]):
    """A dialog that returns the line that was typed; Escape returns None.

    `refusal` says why a line cannot be taken; it stands below the line then.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel", show=False)]

    def __init__(
        self, question: str, text: str, refusal: Callable[[str], str] = lambda text: ""
    ) -> None:
        """`text` is what stands there to be changed."""
        super().__init__()
        self._question = question
        self._text = text
        self._refusal = refusal

    def compose(self) -> ComposeResult:
        """The question, the line, and the keys."""
        with Vertical(id="confirm"):
            yield Static(self._question, id="question", markup=False)
            yield Input(self._text, compact=True, id="line")
            yield Static("Enter takes it, Esc leaves it as it was", id="line-about", markup=False)

    def on_mount(self) -> None:
        """Type at the end of what stands there."""
        self.set_focus(self.query_one(Input))

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        if refused := self._refusal(message.value):
            self.query_one("#line-about", Static).update(refused)
        else:
            self.dismiss(message.value)

    def action_cancel(self) -> None:
        """Close without an answer."""
        self.dismiss(None)
