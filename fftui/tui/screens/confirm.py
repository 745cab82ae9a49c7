"""`ConfirmDialog`: one question and a few answers, each with its key."""

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static


class ConfirmDialog(ModalScreen[str]):
    """A dialog that shows `question` and returns the key of the answer; Escape returns `escape`."""

    def __init__(self, question: str, answers: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.question = question
        self.answers = tuple(answers)

    def compose(self) -> ComposeResult:
        """The question over its answers."""
        with Vertical(id="confirm"):
            yield Static(self.question, id="question", markup=False)
            for key, text in self.answers:
                yield Answer(key, text)

    def on_key(self, event: events.Key) -> None:
        """Close with the answer of the pressed key, if it has one."""
        if event.key in [key for key, _ in self.answers] or event.key == "escape":
            event.stop()
            self.dismiss(event.key)


class Answer(Static):
    """One answer, chosen by a click."""

    def __init__(self, key: str, text: str) -> None:
        name = "Esc" if key == "escape" else key
        super().__init__(f"{name:>5}  {text}", markup=False)
        self.key = key

    def on_click(self) -> None:
        """Close the dialog with this answer."""
        if isinstance(self.screen, ConfirmDialog):
            self.screen.dismiss(self.key)
