"""Signals as a batch system sends them: the first ends a run or a study gently."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

from fftui.runs.end_signals import END_SIGNALS

INTERRUPTED = 130  # the exit code


class Stoppable(Protocol):
    """A run or a study that can be stopped."""

    def stop(self) -> None:
        """End after the current step."""


class Signals:
    """Handlers of the process's signals; `pending_message` is the line that is to be shown for the
    last one.
    """

    def __init__(self, target: Stoppable) -> None:
        self._target = target
        self._interrupts = 0
        self.pending_message: str | None = None

    def interrupt(self, _number: int, _frame: FrameType | None) -> None:
        """Ctrl-C: end after this batch; again: exit now."""
        self._interrupts += 1
        if self._interrupts > 1:
            exit_now()
        self.pending_message = "stopping after this batch; Ctrl-C again exits now"
        self._target.stop()

    def terminate(self, _number: int, _frame: FrameType | None) -> None:
        """SIGTERM, or what a batch system sends before its time limit: end after this batch."""
        self.pending_message = "stopping after this batch"
        self._target.stop()


def exit_now() -> None:
    """End the process now, with the cursor visible; what was learned since the last checkpoint is
    lost.
    """
    if sys.stderr.isatty():
        try:
            os.set_blocking(2, False)  # a stopped terminal would hold this process too
            os.write(2, b"\x1b[?25h\r\n")
            os.set_blocking(2, True)  # others share the terminal's description
        except OSError:
            pass
    os._exit(INTERRUPTED)


@contextmanager
def signals_to(target: Stoppable) -> Iterator[Signals]:
    """Ctrl-C, SIGTERM and the warnings of batch systems end a run gently; a closed terminal does
    not end it.
    """
    signals = Signals(target)
    before = {signal.SIGINT: signal.signal(signal.SIGINT, signals.interrupt)}
    before |= {number: signal.signal(number, signals.terminate) for number in END_SIGNALS}
    if hasattr(signal, "SIGHUP"):
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield signals
    finally:
        for number_, handler in before.items():
            signal.signal(number_, handler)
