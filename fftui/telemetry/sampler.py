"""One background thread that looks at the machine at a fixed rate, and cannot hurt the run."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from math import floor
from pathlib import Path

from fftui.events import Event, TelemetryEnded
from fftui.telemetry.instruments import Instruments, Position
from fftui.telemetry.rapl import RAPL_FOLDER

STOP_S = 2.0  # a driver that hangs inside a call is left behind: the thread is a daemon
ON_TIME_S = 0.02  # by which an interval may differ from the one asked for
OTHERS_EVERY_S = 1.0


class Sampler:
    """Samples `hz` times a second between `start` and `stop`; 0 is off. A sampler is started once.

    `position` tells phase, layer and epoch now. `emit` gets what there is to look at, every sample, what is missing
    and why, and at the end how steady the sampler was; it is called from the sampler's thread. `gpu_uuid` is the GPU
    that learns, None where none does.
    """

    def __init__(
        self,
        hz: float,
        position: Callable[[], Position],
        emit: Callable[[Event], None],
        *,
        gpu_uuid: str | None = None,
        rapl_folder: Path = RAPL_FOLDER,
    ) -> None:
        self._hz = hz
        self._position = position
        self._emit = emit
        self._gpu_uuid = gpu_uuid
        self._rapl_folder = rapl_folder
        self._stopped = threading.Event()
        self._looked = threading.Event()
        self._tells_power = False
        self._rhythm = Rhythm(1 / hz if hz > 0 else 1.0)
        self._thread = threading.Thread(target=self._run, name="fftui-telemetry", daemon=True)

    def start(self) -> None:
        """Begin sampling, with the first sample at once."""
        if self._hz > 0:
            self._thread.start()

    def stop(self) -> None:
        """End sampling, with one more sample; nothing is emitted after this returns, unless a driver hangs."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(STOP_S)

    def tells_power(self) -> bool:
        """Whether energy or power of anything is told; waits for the first look, at most two seconds."""
        return self._hz > 0 and self._looked.wait(STOP_S) and self._tells_power

    def _run(self) -> None:
        error = None
        try:
            self._sample_until_stopped()
        except Exception as failure:  # noqa: BLE001 - a thread's last resort: sampling is over and the run is not
            error = f"{type(failure).__name__}: {failure}"
        finally:
            self._looked.set()
        # `emit` writes to a journal: on a full disk, or once that is closed, there is nobody left to tell.
        with suppress(OSError, RuntimeError, ValueError):
            self._emit(self._rhythm.ended(error))

    def _sample_until_stopped(self) -> None:
        instruments = Instruments(self._gpu_uuid, self._rapl_folder)
        others_every = max(1, round(self._hz * OTHERS_EVERY_S))
        try:
            self._emit(instruments.description(self._hz))
            ended = False
            while True:
                self._emit_look(instruments, with_others=self._rhythm.samples % others_every == 0)
                self._tells_power = instruments.tells_power
                self._looked.set()
                if ended:
                    return
                ended = self._stopped.wait(self._rhythm.wait_s(time.monotonic()))
        finally:
            instruments.close()

    def _emit_look(self, instruments: Instruments, *, with_others: bool) -> None:
        interval_s = self._rhythm.looked(time.monotonic())
        sample = instruments.look(self._position(), interval_s)
        for missing in instruments.news():
            self._emit(missing)
        self._emit(sample)
        others = instruments.look_at_others() if with_others else None
        if others is not None:
            self._emit(others)


class Rhythm:
    """When looks are due and were taken: on a fixed grid, which a busy machine leaves out and never makes up for."""

    def __init__(self, interval_s: float) -> None:
        self.samples = 0
        self._interval_s = interval_s
        self._began_s = self._last_s = self._due_s = 0.0
        self._missed = self._on_time = 0

    def looked(self, now_s: float) -> float | None:
        """A look is taken: seconds since the one before, None at the first."""
        self.samples += 1
        before_s, self._last_s = self._last_s, now_s
        if self.samples == 1:
            self._began_s = self._due_s = now_s
            return None
        self._on_time += abs(now_s - before_s - self._interval_s) <= ON_TIME_S
        return now_s - before_s

    def wait_s(self, now_s: float) -> float:
        """Seconds until the next look is due."""
        due_s = next_due_s(self._due_s, self._interval_s, now_s)
        self._missed += round((due_s - self._due_s) / self._interval_s) - 1
        self._due_s = due_s
        return max(0.0, due_s - now_s)

    def ended(self, error: str | None) -> TelemetryEnded:
        """How it went; to be asked in the thread that looked. The last interval is cut short and not counted."""
        intervals = self.samples - 2
        return TelemetryEnded(
            samples=self.samples,
            missed=self._missed,
            elapsed_s=self._last_s - self._began_s,
            cpu_s=time.thread_time(),
            on_time=min(1.0, self._on_time / intervals) if intervals > 0 else None,
            error=error,
        )


def next_due_s(due_s: float, interval_s: float, now_s: float) -> float:
    """When the sample after the one due at `due_s` is due: on the same grid, and never in the past.

    Samples that were missed while the machine was busy are left out, not made up for in a burst.
    """
    missed = max(0, floor((now_s - due_s) / interval_s))
    return due_s + (missed + 1) * interval_s
