"""`ConfirmDialog`: one question and a few answers, each with its key."""

from collections.abc import Sequence

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
        # Bindings, not key events: a key that was pressed before the dialog was there is given to
        # the widget that had the focus then, but its binding is looked up here.
        for key in dict.fromkeys([*(key for key, _ in answers), "escape"]):
            self._bindings.bind(key, f"answer('{key}')", show=False)

    def compose(self) -> ComposeResult:
        """The question over its answers."""
        with Vertical(id="confirm"):
            yield Static(self.question, id="question", markup=False)
            for key, text in self.answers:
                yield Answer(key, text)

    def action_answer(self, key: str) -> None:
        """Close with the answer of `key`."""
        self.dismiss(key)


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
