"""`CheckpointSchedule`: when a run that learns saves its next checkpoint."""

import time

TRY_AGAIN_S = 5.0  # between two attempts to write what could not be written
ATTEMPT_SHARE = 0.05  # of the time at most is spent on attempts while a run learns


class CheckpointSchedule:
    """A checkpoint every `every_s` seconds (0: none by time), and again soon where one could not be
    written.
    """

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._began_at = time.monotonic()
        self._again_at = float("inf")

    @property
    def is_due(self) -> bool:
        """Whether it is time for a checkpoint, or for another attempt."""
        now = time.monotonic()
        by_time = self._every_s > 0 and now - self._began_at >= self._every_s
        return by_time or now >= self._again_at

    def begin(self) -> None:
        """Count the time until the next one from now."""
        self._began_at = time.monotonic()

    def written(self) -> None:
        """No other attempt is needed."""
        self._again_at = float("inf")

    def failed(self, took_s: float) -> None:
        """Try again after a while: the longer, the longer the attempt took."""
        self._again_at = time.monotonic() + max(TRY_AGAIN_S, took_s / ATTEMPT_SHARE)
