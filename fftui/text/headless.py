"""A run without the screen: progress on stderr, the result on stdout.

The run has a thread of its own. This one only reads its view, four times a second, so a terminal
that is stopped, slow or closed delays nothing.
"""

import queue
from contextlib import closing
from typing import Protocol

from fftui import events as ev
from fftui.runs.run_outputs import Listener
from fftui.text.displays import Display, Unfailing, display_here
from fftui.text.notices import end_of, give
from fftui.text.run_result import EndedRun, write_result
from fftui.text.signal_handlers import Signals, signals_to

REFRESH_EVERY_S = 0.25


class HeadlessRun(EndedRun, Protocol):
    """A run that can be begun, followed and stopped: a `RunThread`, or one of another machine."""

    def listen(self, listener: Listener) -> None:
        """Call `listener` with each event and its Unix time."""

    def start(self) -> None:
        """Begin the run."""

    def stop(self) -> None:
        """End it after the current step."""

    def is_alive(self) -> bool:
        """Whether it goes on."""

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end, at most `timeout` seconds."""


def run_experiment(run_thread: HeadlessRun, *, as_json: bool = False) -> int:
    """Run `run_thread` to its end, show its progress, write its result, give notice of its end;
    returns the exit code.

    Raises RequestError where the run is refused and RunFailedError where it fails.
    """
    events: queue.SimpleQueue[ev.Event] = queue.SimpleQueue()

    def queue_event(_at: float, event: ev.Event) -> None:
        if not isinstance(
            event,
            ev.Stepped
            | ev.TelemetrySampled
            | ev.WindowMeasured
            | ev.OtherGpusSampled
            | ev.RankSampled,
        ):
            events.put(event)

    run_thread.listen(queue_event)
    with signals_to(run_thread) as signals:
        # a refusal closes the display too: a bar hides the cursor
        with closing(Unfailing(display_here())) as display:
            _follow(run_thread, events, display, signals)
        try:
            return write_result(run_thread, as_json=as_json)
        finally:
            if run_thread.refused is None:
                give(end_of(run_thread.folder.id, run_thread.view))


def _follow(
    run_thread: HeadlessRun,
    events: "queue.SimpleQueue[ev.Event]",
    display: Display,
    signals: Signals,
) -> None:
    run_thread.start()
    alive = True
    while alive:
        run_thread.join(REFRESH_EVERY_S)
        alive = run_thread.is_alive()
        while not events.empty():
            display.on_event(events.get(), run_thread.view)
        display.refresh(run_thread.view)
        if signals.pending_message:
            display.on_event(ev.Noted(signals.pending_message), run_thread.view)
            signals.pending_message = None
