"""Keys come one after the other, and none waits for ever."""

import asyncio
from typing import ClassVar

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from fftui.tui import key_order
from fftui.tui.key_order import KeyOrder


class Held(Input):
    """An input line that is held up by its first key until `released`."""

    def __init__(self, released: asyncio.Event) -> None:
        super().__init__()
        self._released = released

    async def on_key(self, event: events.Key) -> None:
        del event
        await self._released.wait()


class Typing(App[None]):
    """Its F5 sets `noted`."""

    BINDINGS: ClassVar = [Binding("f5", "note", "", priority=True)]

    def __init__(self, released: asyncio.Event) -> None:
        super().__init__()
        self._released, self.noted = released, asyncio.Event()
        self._order = KeyOrder(self, super().on_event)

    def compose(self) -> ComposeResult:
        yield Held(self._released)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            await self._order.take(event)
        else:
            await super().on_event(event)

    def action_note(self) -> None:
        self.noted.set()


async def test_a_key_does_not_wait_for_ever_for_a_widget_that_is_held_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(key_order, "PATIENCE_S", 0.05)
    released = asyncio.Event()
    app = Typing(released)
    async with app.run_test():
        for name in ("a", "f5"):
            app.post_message(events.Key(name, None))
        try:
            await asyncio.wait_for(app.noted.wait(), 10)
        finally:
            released.set()
