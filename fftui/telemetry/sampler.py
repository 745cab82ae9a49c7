"""One background thread that looks at the machine at a fixed rate, and cannot hurt the run."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from math import floor

import psutil

from fftui.events import Noted, TelemetrySampled
from fftui.telemetry.host import HostSource
from fftui.telemetry.nvml import NO_FIGURES, GpuFigures, GpuSource, GpuUnavailableError

Position = tuple[int | None, int | None, int | None]  # phase, layer, epoch

STOP_S = 2.0  # a driver that hangs inside a call is left behind: the thread is a daemon


class Sampler:
    """Samples `hz` times a second between `start` and `stop`; 0 is off.

    `position` tells phase, layer and epoch now. `emit` gets every sample, and at most one note on why there are no
    GPU figures; both are called from the sampler's thread. `gpu_uuid` is the GPU that learns, None where none does:
    then no GPU is read, though the machine may have one. A sampler is started once.
    """

    def __init__(
        self,
        hz: float,
        position: Callable[[], Position],
        emit: Callable[[TelemetrySampled | Noted], None],
        *,
        gpu_uuid: str | None = None,
    ) -> None:
        self._hz = hz
        self._position = position
        self._emit = emit
        self._gpu_uuid = gpu_uuid
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fftui-telemetry", daemon=True)

    def start(self) -> None:
        """Begin sampling; the first sample comes one interval later."""
        if self._hz > 0:
            self._thread.start()

    def stop(self) -> None:
        """End sampling; nothing is emitted after this returns, unless a driver hangs."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(STOP_S)

    def _run(self) -> None:
        try:
            self._sample_until_stopped()
        except (OSError, RuntimeError, ValueError, psutil.Error) as error:
            # `emit` writes to a journal: on a full disk, or once that is closed, sampling is over and the run is not.
            with suppress(OSError, RuntimeError, ValueError):
                self._emit(Noted(f"telemetry ended: {error}"))

    def _sample_until_stopped(self) -> None:
        host = HostSource()
        gpu = self._open_gpu()
        interval_s = 1 / self._hz
        due_s = time.monotonic() + interval_s
        try:
            while not self._stopped.wait(max(0.0, due_s - time.monotonic())):
                figures = NO_FIGURES
                if gpu is not None:
                    try:
                        figures = gpu.read()
                    except GpuUnavailableError as error:
                        self._emit(Noted(f"GPU figures ended: {error}"))
                        gpu.close()
                        gpu = None
                self._emit(self._sample(host, figures))
                due_s = next_due_s(due_s, interval_s, time.monotonic())
        finally:
            if gpu is not None:
                gpu.close()

    def _open_gpu(self) -> GpuSource | None:
        if self._gpu_uuid is None:
            self._emit(Noted("no GPU figures: this run learns on no NVIDIA GPU"))
            return None
        try:
            return GpuSource(self._gpu_uuid)
        except GpuUnavailableError as error:
            self._emit(Noted(f"no GPU figures: {error}"))
            return None

    def _sample(self, host: HostSource, gpu: GpuFigures) -> TelemetrySampled:
        phase, layer, epoch = self._position()
        machine = host.read()
        return TelemetrySampled(
            phase=phase,
            layer=layer,
            epoch=epoch,
            process_cpu_percent=machine.process_cpu_percent,
            process_memory_bytes=machine.process_memory_bytes,
            host_cpu_percent=machine.host_cpu_percent,
            host_memory_used_bytes=machine.host_memory_used_bytes,
            gpu_utilization_percent=gpu.gpu_utilization_percent,
            gpu_memory_utilization_percent=gpu.gpu_memory_utilization_percent,
            gpu_memory_used_bytes=gpu.gpu_memory_used_bytes,
            gpu_memory_total_bytes=gpu.gpu_memory_total_bytes,
            power_w=gpu.power_w,
            power_limit_w=gpu.power_limit_w,
        )


def next_due_s(due_s: float, interval_s: float, now_s: float) -> float:
    """When the sample after the one due at `due_s` is due: on the same grid, and never in the past.

    Samples that were missed while the machine was busy are left out, not made up for in a burst.
    """
    missed = max(0, floor((now_s - due_s) / interval_s))
    return due_s + (missed + 1) * interval_s
