"""Timers that fire once, however busy the machine is.

A timer of Textual leaves out the times that it has missed. One that fires once has no other: where
it gets no processor for as long as its delay, between two readings of the clock, it never fires. By
such a timer, of 1/120 s, Textual lays screens out for a new size, and sets no other while it waits:
a terminal whose resize fell into the gap kept its layout until the end.
"""

from textual.message_pump import MessagePump
from textual.timer import Timer, TimerCallback

_set_timer = MessagePump.set_timer


def sure_timer(
    pump: MessagePump,
    delay: float,
    callback: TimerCallback | None = None,
    *,
    name: str | None = None,
    pause: bool = False,
) -> Timer:
    """A timer that calls back once, late rather than never; in place of `MessagePump.set_timer`."""
    timer = _set_timer(pump, delay, callback, name=name, pause=pause)
    timer._skip = False  # its task begins after this
    return timer


def install() -> None:
    """Let Textual, whose version is pinned, miss no timer that fires once."""
    MessagePump.set_timer = sure_timer  # type: ignore[method-assign, assignment]
