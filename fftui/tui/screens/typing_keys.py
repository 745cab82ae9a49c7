"""`InputScreen`: a screen with an input line, whose footer and help name the keys that act."""

from textual.binding import ActiveBinding
from textual.keys import key_to_character
from textual.screen import Screen


class InputScreen(Screen[None]):
    """A screen with an input line: while that has the focus, keys that it would type are not
    offered.
    """

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The bindings of keys that are not typed."""
        bindings, focused = super().active_bindings, self.focused
        if focused is None:
            return bindings
        return {
            key: active
            for key, active in bindings.items()
            if active.binding.priority or not focused.check_consume_key(key, key_to_character(key))
        }
