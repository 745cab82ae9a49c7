"""A run whose weights, rows or tables cannot be written: it waits as `unsaved` until they can."""

import time
from collections.abc import Callable

from fftui import events as ev
from fftui.runs.checkpoint_schedule import TRY_AGAIN_S
from fftui.runs.run_outputs import RunOutputs
from fftui.runs.run_requests import RunRequests


class UnsavedWait:
    """The wait of a run that may be `unsaved` for `keep_trying_s` seconds at a time.

    `gave_up` once an attempt has not succeeded in that time, or the run was stopped meanwhile.
    """

    def __init__(self, outputs: RunOutputs, requests: RunRequests, keep_trying_s: float) -> None:
        self._outputs = outputs
        self._requests = requests
        self._keep_trying_s = keep_trying_s
        self.gave_up = False

    def is_written_in_time(self, attempt: Callable[[], bool], then: ev.Status = "running") -> bool:
        """Whether `attempt` to write succeeds, at once or while the run waits, which is `then` what
        it was. It does not wait where room would not help.
        """
        if attempt():
            return True
        given_s = self._keep_trying_s if self._outputs.room_may_help else 0.0
        until = time.monotonic() + given_s
        self._outputs.change_status("unsaved")
        if given_s > 0:
            self._outputs.emit(ev.Noted(_waiting_text(given_s)))
        while (left := until - time.monotonic()) > 0 and not self._requests.stopped:
            self._requests.wait_for_stop(min(TRY_AGAIN_S, left))
            if attempt():
                self._outputs.change_status(then)
                return True
        self.gave_up = True
        return False


def _waiting_text(given_s: float) -> str:
    return (
        f"nothing is lost yet: make room, or mend the folder; tried again every {TRY_AGAIN_S:.0f} s"
        f" for {given_s:.0f} s (checkpoint.keep_trying_s)"
    )
