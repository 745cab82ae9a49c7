"""Clocks for the compute time of a device, measured without making it wait.

A clock is started and stopped around each batch and read once an epoch. On CUDA a batch is not
computed yet when the Python code that issued it returns, so events are recorded between batches and
compared when the epoch is over. What was captured in a CUDA graph is timed in its last launch, and
counts for all launches.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import torch

Pairs = list[tuple[torch.cuda.Event, torch.cuda.Event]]  # around each batch

_NOT_STARTED = "a clock is stopped that was not started"


class Clock(Protocol):
    """Sums the seconds between `start` and `stop`."""

    def start(self) -> None:
        """A batch begins."""

    def stop(self) -> None:
        """The current batch has been issued."""

    def repeat(self) -> None:
        """What was captured is launched."""

    def forget_repeated(self) -> None:
        """What was captured is not launched again."""

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

    def repeat(self) -> None:
        """Nothing is captured."""

    def forget_repeated(self) -> None:
        """Nothing is captured."""

    def read_s(self) -> float:
        """Seconds of all finished batches since the last reading."""
        sum_s, self._sum_s = self._sum_s, 0.0
        return sum_s


class CudaClock:
    """Time on the GPU, by pairs of CUDA events on the device's current stream."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._began: torch.cuda.Event | None = None
        self._pairs: Pairs = []
        self._spare: list[torch.cuda.Event] = []
        self._captured: Pairs = []
        self._launches = 0  # of what was captured
        self._sum_s = 0.0  # of what is captured no more

    def start(self) -> None:
        """A batch begins."""
        if self._began is not None and not _is_captured():
            self._spare.append(self._began)  # an abandoned batch
        self._began = self._recorded()

    def stop(self) -> None:
        """The current batch has been issued. Raises RuntimeError where none was started."""
        if self._began is None:
            raise RuntimeError(_NOT_STARTED)
        pairs = self._captured if _is_captured() else self._pairs
        pairs.append((self._began, self._recorded()))
        self._began = None

    def repeat(self) -> None:
        """What was captured is launched."""
        self._launches += 1

    def forget_repeated(self) -> None:
        """What was captured is not launched again."""
        self._sum_s += self._launched_s()
        self._captured.clear()
        self._began = None

    def read_s(self) -> float:
        """Seconds of all finished batches since the last reading; waits until the last of them is
        computed.
        """
        sum_s, self._sum_s = self._sum_s + self._launched_s() + _seconds(self._pairs), 0.0
        for pair in self._pairs:
            self._spare.extend(pair)
        self._pairs.clear()
        return sum_s

    def _launched_s(self) -> float:
        """Seconds of all launches since the last reading."""
        launches, self._launches = self._launches, 0
        return launches * _seconds(self._captured) if launches else 0.0

    def _recorded(self) -> torch.cuda.Event:
        captured = _is_captured()  # then each launch records it anew
        event = self._spare.pop() if self._spare and not captured else _new_event(captured)
        event.record(torch.cuda.current_stream(self._device))
        return event


def _seconds(pairs: Pairs) -> float:
    """Between the events of each pair, added up; waits for the last one."""
    if not pairs:
        return 0.0
    pairs[-1][1].synchronize()
    return sum(float(began.elapsed_time(ended)) for began, ended in pairs) / 1000


def _is_captured() -> bool:
    return torch.cuda.is_current_stream_capturing()


def _new_event(captured: bool) -> torch.cuda.Event:
    # torch leaves its types out
    return torch.cuda.Event(enable_timing=True, external=captured)  # type: ignore[no-untyped-call]


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
