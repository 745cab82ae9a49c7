"""`KeyOrder`: one key after the other, however fast they come.

Textual runs a priority binding, and chooses the widget that gets a key, as soon as the key comes,
while the keys before it may still be on their way through the widgets. Over SSH many keys come in
one packet: a value typed before Enter would be too late, and text after `/` would be obeyed.
"""

import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from textual import events
from textual.app import App
from textual.dom import DOMNode

Typed = events.Key | events.Paste
Handle = Callable[[events.Event], Awaitable[None]]
PATIENCE_S = 0.5  # that a key waits for a widget that is held up: then it may be meant to end that


class KeyOrder:
    """Gives `handle` what is typed, each key once the widgets are done with the one before."""

    def __init__(self, app: App[Any], handle: Handle) -> None:
        self._app = app
        self._handle = handle
        self._waiting: deque[Typed] = deque()
        self._busy, self._handled_at = False, 0.0

    async def take(self, typed: Typed) -> None:
        """Handle `typed` now, or in its turn; called on the app's own messages."""
        self._waiting.append(typed)
        if self._busy:
            self._app.set_timer(PATIENCE_S, self._hurry)
        else:
            await self._next()

    async def _hurry(self) -> None:
        if self._waiting and time.monotonic() - self._handled_at >= PATIENCE_S:
            await self._next()

    async def _next(self) -> None:
        self._busy = bool(self._waiting)
        if self._busy:
            receiver, self._handled_at = self._receiver, time.monotonic()
            await self._handle(self._waiting.popleft())
            self._settle(receiver, self._again)

    def _again(self) -> None:
        """Wait once more: for what the key made its widgets send, and for a new screen."""
        receiver = self._receiver
        self._settle(receiver, lambda: self._settled(receiver))

    async def _settled(self, receiver: DOMNode) -> None:
        if self._receiver is receiver:
            await self._next()
        else:
            self._again()

    @property
    def _receiver(self) -> DOMNode:
        """The widget or screen that gets the next key."""
        return self._app.focused or self._app.screen

    def _settle(self, node: DOMNode | None, then: Callable[[], object]) -> None:
        """Call `then` in the app once `node` and all above it have handled what they were sent."""
        while node is not None and node is not self._app:
            above = node.parent
            if node.call_later(self._settle, above, then):
                return
            node = above  # it is closed
        self._app.call_later(then)
