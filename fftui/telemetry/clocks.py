"""Clocks for the compute time of a device, measured without making it wait.

A clock is started and stopped around each batch and read once an epoch. On CUDA a batch is not
computed yet when the Python code that issued it returns, so events are recorded between batches and
compared when the epoch is over.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import torch

_NOT_STARTED = "a clock is stopped that was not started"


class Clock(Protocol):
    """Sums the seconds between `start` and `stop`."""

    def start(self) -> None:
        """A batch begins."""

    def stop(self) -> None:
        """The current batch has been issued."""

    def read_s(self) -> float:
        """Seconds of all finished batches since the last reading; on CUDA it waits until they are
        computed.
        """


class MonotonicClock:
    """Wall time; correct where operations have finished when they return, as on the CPU."""

    def __init__(self) -> None:
        self._began_s: float | None = None
        self._sum_s = 0.0

    def start(self) -> None:
        """A batch begins."""
        self._began_s = time.perf_counter()

    def stop(self) -> None:
        """The current batch is done. Raises RuntimeError where none was started."""
        if self._began_s is None:
            raise RuntimeError(_NOT_STARTED)
        self._sum_s += time.perf_counter() - self._began_s
        self._began_s = None

    def read_s(self) -> float:
        """Seconds of all finished batches since the last reading."""
        sum_s, self._sum_s = self._sum_s, 0.0
        return sum_s


class CudaClock:
    """Time on the GPU, by pairs of CUDA events on the device's current stream."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._began: torch.cuda.Event | None = None
        self._pairs: list[tuple[torch.cuda.Event, torch.cuda.Event]] = []
        self._spare: list[torch.cuda.Event] = []

    def start(self) -> None:
        """A batch begins."""
        if self._began is not None:
            self._spare.append(self._began)  # an abandoned batch
        self._began = self._recorded()

    def stop(self) -> None:
        """The current batch has been issued. Raises RuntimeError where none was started."""
        if self._began is None:
            raise RuntimeError(_NOT_STARTED)
        self._pairs.append((self._began, self._recorded()))
        self._began = None

    def read_s(self) -> float:
        """Seconds of all finished batches since the last reading; waits until the last of them is
        computed.
        """
        if not self._pairs:
            return 0.0
        self._pairs[-1][1].synchronize()
        sum_ms = sum(float(began.elapsed_time(ended)) for began, ended in self._pairs)
        for pair in self._pairs:
            self._spare.extend(pair)
        self._pairs.clear()
        return sum_ms / 1000

    def _recorded(self) -> torch.cuda.Event:
        event = self._spare.pop() if self._spare else _new_event()
        event.record(torch.cuda.current_stream(self._device))
        return event


def _new_event() -> torch.cuda.Event:
    # torch leaves its types out
    return torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]


def clock_for(device: torch.device) -> Clock:
    """The clock for compute time on `device`; on MPS it measures wall time, that of issuing
    operations.
    """
    return CudaClock(device) if device.type == "cuda" else MonotonicClock()


@contextmanager
def timed(clock: Clock) -> Iterator[None]:
    """Measure the time inside the `with` block by `clock`."""
    clock.start()
    yield
    clock.stop()
