"""A background thread that samples the machine's metrics at a fixed rate; its failure does not end
the run.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import floor
from pathlib import Path

from fftui.events import Event, Moment, TelemetryEnded
from fftui.telemetry.hanging import driver_call
from fftui.telemetry.machine_reader import MachineReader
from fftui.telemetry.rapl import RAPL_FOLDER

STOP_S = 2.0  # a driver that hangs inside a call is left behind: the thread is a daemon
SILENT_S = 10.0  # after which a sample that is not over counts as hanging
ON_TIME_S = 0.02  # by which an interval may differ from the requested one
OTHERS_EVERY_S = 1.0


class Sampler:
    """Samples `hz` times a second between `start` and `stop`; 0 is off. A sampler is started once.

    `moment` returns what is being done, and in which phase, layer and epoch. `emit` is called in
    the sampler's thread with the machine's description, every sample, the metrics that become
    unavailable, and at the end with a summary. `gpu_uuid` is the GPU that learns, None where none
    does. About once a second it also emits what `elsewhere` returns: samples of other processes.
    """

    def __init__(
        self,
        hz: float,
        moment: Callable[[], Moment],
        emit: Callable[[Event], None],
        *,
        gpu_uuid: str | None = None,
        rapl_folder: Path = RAPL_FOLDER,
        elsewhere: Callable[[], Sequence[Event]] = tuple,
    ) -> None:
        self._elsewhere = elsewhere
        self._hz = hz
        self._moment = moment
        self._emit = emit
        self._gpu_uuid = gpu_uuid
        self._rapl_folder = rapl_folder
        self._stopped = threading.Event()
        self._sampled = threading.Event()
        self._measures_power = False
        self._clock = SampleClock(1 / hz if hz > 0 else 1.0)
        self._emitting = threading.Lock()
        self._left_behind = False  # the thread, inside a call that does not return
        self._suspected_at: tuple[int, float] | None = None  # number of samples, time
        self._thread = threading.Thread(target=self._run, name="fftui-telemetry", daemon=True)

    def start(self) -> None:
        """Start sampling; the first sample is taken at once."""
        if self._hz > 0:
            self._thread.start()

    def stop(self) -> None:
        """Take a last sample and stop; nothing is emitted after this returns."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(STOP_S)
        if self._thread.is_alive():
            self._leave_behind()

    def check(self) -> None:
        """State the end of a sampler that hangs in a driver's call: to be called now and then.

        A process that was suspended has no new sample either, so that it takes two calls that are
        `SILENT_S` seconds apart.
        """
        now_s, samples = time.monotonic(), self._clock.samples
        if self._suspected_at is None or self._suspected_at[0] != samples:
            self._suspected_at = (samples, now_s)
            return
        silent_s = now_s - self._suspected_at[1]
        if silent_s > SILENT_S + self._clock.interval_s and self._thread.is_alive():
            self._leave_behind()

    def _leave_behind(self) -> None:
        """State that the thread hangs; whatever it does later is not stated."""
        call = driver_call(self._thread) or "a reading of the machine"
        with self._emitting:
            if self._left_behind:
                return
            self._left_behind = True
            reason = f"{call} does not return; what it would say is missing from here on"
            self._emit(self._clock.ended(reason, cpu_s=0.0))

    def _state(self, event: Event) -> None:
        """Emit what the thread has to say, unless it was left behind."""
        with self._emitting:
            if not self._left_behind:
                self._emit(event)

    def measures_power(self) -> bool:
        """Whether any power or energy is available; waits for the first sample, at most two
        seconds.
        """
        return self._hz > 0 and self._sampled.wait(STOP_S) and self._measures_power

    def _run(self) -> None:
        error = None
        try:
            self._sample_until_stopped()
        # a thread's last resort: sampling is over and the run is not
        except Exception as failure:  # noqa: BLE001
            error = f"{type(failure).__name__}: {failure}"
        finally:
            self._sampled.set()
        # `emit` writes to a journal: on a full disk, or once that is closed, the event cannot be
        # kept.
        with suppress(OSError, RuntimeError, ValueError):
            self._state(self._clock.ended(error, cpu_s=time.thread_time()))

    def _sample_until_stopped(self) -> None:
        reader = MachineReader(self._gpu_uuid, self._rapl_folder)
        others_every = max(1, round(self._hz * OTHERS_EVERY_S))
        try:
            self._state(reader.description(self._hz))
            ended = False
            while True:
                is_due = self._clock.samples % others_every == 0
                self._emit_sample(reader, with_others=is_due or ended)
                self._measures_power = reader.measures_power
                self._sampled.set()
                if ended:
                    return
                ended = self._stopped.wait(self._clock.wait_s(time.monotonic()))
        finally:
            reader.close()

    def _emit_sample(self, reader: MachineReader, *, with_others: bool) -> None:
        interval_s = self._clock.tick(time.monotonic())
        sample = reader.read(self._moment(), interval_s)
        for missing in reader.new_gaps():
            self._state(missing)
        self._state(sample)
        if not with_others:
            return
        others = reader.read_others()
        if others is not None:
            self._state(others)
        for event in self._elsewhere():
            self._state(event)


class SampleClock:
    """Schedules samples on a fixed grid and counts those taken, missed and on time; missed ones are
    not made up for.
    """

    def __init__(self, interval_s: float) -> None:
        self.samples = 0
        self.interval_s = interval_s
        self._began_s = self._last_s = self._due_s = 0.0
        self._missed = self._on_time = 0

    def tick(self, now_s: float) -> float | None:
        """Record a sample, and return the seconds since the previous one; None for the first."""
        self.samples += 1
        before_s, self._last_s = self._last_s, now_s
        if self.samples == 1:
            self._began_s = self._due_s = now_s
            return None
        self._on_time += abs(now_s - before_s - self.interval_s) <= ON_TIME_S
        return now_s - before_s

    def wait_s(self, now_s: float) -> float:
        """Seconds until the next sample is due."""
        due_s = next_due_s(self._due_s, self.interval_s, now_s)
        self._missed += round((due_s - self._due_s) / self.interval_s) - 1
        self._due_s = due_s
        return max(0.0, due_s - now_s)

    def ended(self, error: str | None, cpu_s: float) -> TelemetryEnded:
        """The summary event, with the processor seconds of the sampling thread. The last interval
        is cut short and not counted.
        """
        intervals = self.samples - 2
        return TelemetryEnded(
            samples=self.samples,
            missed=self._missed,
            elapsed_s=self._last_s - self._began_s,
            cpu_s=cpu_s,
            on_time=min(1.0, self._on_time / intervals) if intervals > 0 else None,
            error=error,
        )


def next_due_s(due_s: float, interval_s: float, now_s: float) -> float:
    """The time at which the sample after the one due at `due_s` is due: on the same grid, never in
    the past.

    Samples that were missed while the machine was busy are left out, not made up for in a burst.
    """
    missed = max(0, floor((now_s - due_s) / interval_s))
    return due_s + (missed + 1) * interval_s
