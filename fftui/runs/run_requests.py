"""`RunRequests`: what other threads ask of a run, which obeys between two steps."""

import threading


class RunRequests:
    """Requests to pause, to stop and to save a checkpoint. Any thread may make them; the run's own
    thread looks at them, and waits for them.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.paused = False
        self.stopped = False
        self.checkpoint = False

    def pause(self) -> None:
        """Ask for a pause."""
        with self._changed:
            self.paused = True
            self._changed.notify_all()

    def resume(self) -> None:
        """Ask for the end of a pause."""
        with self._changed:
            self.paused = False
            self._changed.notify_all()

    def stop(self) -> None:
        """Ask for the end of the run; there is no way back."""
        with self._changed:
            self.stopped = True
            self._changed.notify_all()

    def save(self) -> None:
        """Ask for a checkpoint."""
        with self._changed:
            self.checkpoint = True
            self._changed.notify_all()

    def saving(self) -> None:
        """Say that the checkpoint that was asked for is being written; a later request is another
        one.
        """
        self.checkpoint = False

    def wait_for_stop(self, at_most_s: float) -> None:
        """Wait until the run is to stop, at most so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.stopped, at_most_s)

    def wait_in_pause(self, at_most_s: float) -> bool:
        """Wait for the end of a pause or a request for a checkpoint, at most so many seconds; True
        where the pause is over.
        """

        def over() -> bool:
            return self.stopped or not self.paused

        with self._changed:
            self._changed.wait_for(lambda: over() or self.checkpoint, at_most_s)
            return over()
