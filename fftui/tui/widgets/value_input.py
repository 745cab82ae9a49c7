"""`ValueInput`: the input line for the value of a field."""

from textual import events
from textual.widgets import Input

EDITING_KEYS = ("backspace", "delete", "ctrl+u", "ctrl+k", "ctrl+w", "ctrl+x", "ctrl+v")


class ValueInput(Input):
    """The input line for a value; where there are choices, left, right and letters select one."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, compact=True, select_on_focus=True)
        self.choices: tuple[str, ...] = ()

    def show(self, text: str, choices: tuple[str, ...]) -> None:
        """Begin with `text`; it was not typed."""
        self.choices = choices
        with self.prevent(Input.Changed):
            self.value = text
        self.cursor_position = len(text)

    def on_key(self, event: events.Key) -> None:
        """Select among `choices`; without choices the key is typed."""
        if not self.choices:
            return
        step = {"left": -1, "right": 1, "space": 1}.get(event.key)
        letter = event.character if event.is_printable else None
        if step is None and letter is None and event.key not in EDITING_KEYS:
            return
        event.stop()
        event.prevent_default()
        now = self.choices.index(self.value) if self.value in self.choices else 0
        if step is not None:
            self.value = self.choices[(now + step) % len(self.choices)]
        elif letter is not None:
            later = [*self.choices[now + 1 :], *self.choices[: now + 1]]
            self.value = next((c for c in later if c.startswith(letter)), self.value)
