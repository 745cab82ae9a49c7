"""`InputScreen`: a screen with an input line, whose footer and help name the keys that act."""

from textual.binding import ActiveBinding, Binding
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
        offered = (
            (key, active)
            for key, active in bindings.items()
            if active.binding.priority or not focused.check_consume_key(key, key_to_character(key))
        )
        # in the screen's order: the input line binds some of its keys too, and comes first
        return dict(sorted(offered, key=lambda each: self._place(each[1].binding)))

    def _place(self, binding: Binding) -> int:
        """The place of a binding among the screen's own; behind them for all others."""
        own = [each.action for _, each in self._bindings]
        return own.index(binding.action) if binding.action in own else len(own)
