"""The thread in which a run obeys its control file, whatever it is doing: learning, evaluating,
measuring the idle machine, or paused.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from fftui import events as ev
from fftui.runs.control_file import ControlFile, NewRequests

LOOK_EVERY_S = 0.2


class Controlled(Protocol):
    """What obeys: a `RunThread`."""

    def pause(self) -> None:
        """Pause after the current step."""
        ...

    def resume(self) -> None:
        """Continue."""
        ...

    def stop(self) -> None:
        """End after the current step."""
        ...

    def skip_layer(self) -> None:
        """End the layer after the current step."""
        ...

    def request_checkpoint(self) -> None:
        """Write a checkpoint after the current step."""
        ...


@contextmanager
def obeying(file: ControlFile, run: Controlled, emit: Callable[[ev.Event], None]) -> Iterator[None]:
    """Meanwhile `run` does what is asked in `file`; each request, and why one is not obeyed, is
    stated with `emit`.
    """
    over = threading.Event()
    thread = threading.Thread(
        target=_obey, args=(file, run, emit, over), name="fftui-control", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _obey(
    file: ControlFile, run: Controlled, emit: Callable[[ev.Event], None], over: threading.Event
) -> None:
    actions: dict[ev.ControlAction, Callable[[], None]] = {
        "pause": run.pause,
        "continue": run.resume,
        "stop": run.stop,
        "skip": run.skip_layer,
        "checkpoint": run.request_checkpoint,
    }
    unreadable = ""
    while not over.wait(LOOK_EVERY_S):
        try:
            new = file.read()
        except OSError as error:
            new = NewRequests()
            if unreadable != str(error):  # stated once, until another reason comes
                unreadable = str(error)
                emit(ev.Noted(f"requests cannot be read: {unreadable}"))
        for refusal in new.refusals:
            emit(ev.Noted(refusal))
        for request in new.requests:
            emit(ev.ControlRequested(request.action, request.pid, request.host))
            actions[request.action]()
