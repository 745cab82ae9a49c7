"""`Pace`: when the screen may draw again, so that a run that learns beside it is not held up."""

import time
from collections.abc import Callable

# of one core. While the screen's thread computes, a run in the same process stands still: the two
# share Python's lock, and the run's other threads wait for the one that wants it
SHARE = 0.015
LONGEST_S = 1.0  # between two refreshes, however much they cost


class Pace:
    """Refreshes of one screen, which together take at most a share of one core: where one costs
    more, because the terminal is large or the machine slow, the next comes later.

    `clock` counts seconds, `processor` the processor seconds of the thread that draws.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        processor: Callable[[], float] = time.thread_time,
    ) -> None:
        self._clock, self._processor = clock, processor
        self.refreshed()

    def refreshed(self) -> None:
        """A refresh begins now."""
        self._at, self._spent = self._clock(), self._processor()

    @property
    def is_due(self) -> bool:
        """Whether the last refresh, and whatever the thread has done since, is paid for."""
        owed_s = (self._processor() - self._spent) / SHARE
        return self._clock() - self._at >= min(owed_s, LONGEST_S)
