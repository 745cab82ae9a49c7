"""The times of a run: learning, loading data, computing on the device, evaluation; windows for its
energy; and the most memory that a layer's learning took.

A slow data pipeline must not be counted as a method's cost, as the paper did: `data_s` is sampling,
reading, augmenting and gathering the images of batches, `compute_s` the rest of the device's work
on them, `epoch_s` the wall time of both.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch

from fftui.events import Doing, EpochKey, WindowMeasured
from fftui.telemetry.clocks import clock_for
from fftui.telemetry.peak_memory import PeakMemory, memory_meter

WINDOW_S = 1.0  # of learning, until a window of batches is closed
GAP_S = 0.05  # a longer gap between two batches, such as a checkpoint or a pause, ends a window


@dataclass(frozen=True)
class Times:
    """Seconds over all sessions, without pauses; those of a layer and of an epoch restart with
    each.

    `train_s` is the whole time of learning, `compute_s` and `data_s` are their shares of its
    epochs.
    """

    setup_s: float = 0.0  # initialising the device and the network
    load_s: float = 0.0  # reading the images
    train_s: float = 0.0
    evaluation_s: float = 0.0
    compute_s: float = 0.0
    data_s: float = 0.0
    layer_s: float = 0.0
    epoch_s: float = 0.0
    epoch_compute_s: float = 0.0
    epoch_data_s: float = 0.0

    @property
    def e2e_s(self) -> float:
        """Seconds of everything, from initialising the device to the last evaluation."""
        return self.setup_s + self.load_s + self.train_s + self.evaluation_s


class Stopwatch:
    """Adds up the times of a run on `device` and cuts them into windows, which `pop_windows`
    returns.

    `now_s` is the wall clock in Unix seconds: windows are compared with samples taken by other
    threads. `doing` is what the run does now, until it does something else; any thread may read it.
    """

    def __init__(self, device: torch.device, now_s: Callable[[], float] = time.time) -> None:
        self.times = Times()
        self.doing: Doing = "loading"
        self.memory = PeakMemory(memory_meter(device))
        self.data_clock = clock_for(device)
        self._step_clock = clock_for(device)
        self._now_s = now_s
        self._open: WindowMeasured | None = None
        self._closed: list[WindowMeasured] = []

    @contextmanager
    def setting_up(self) -> Iterator[None]:
        """Times the initialisation of the device and the network."""
        self._begin("loading")
        began = time.perf_counter()
        yield
        self._add(setup_s=time.perf_counter() - began)

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Times the reading of the images."""
        self._begin("loading")
        began = time.perf_counter()
        yield
        self._add(load_s=time.perf_counter() - began)

    @contextmanager
    def preparing(self, phase: int) -> Iterator[Callable[[int | None], None]]:
        """Times what a layer needs before its first epoch; call what is yielded with the layer's
        number.
        """
        layers: list[int | None] = [None]
        self._begin("loading")
        self.memory.begin()
        began_at, began = self._now_s(), time.perf_counter()
        yield layers.append
        seconds = time.perf_counter() - began
        self._extend(
            WindowMeasured("loading", phase, layers[-1], None, 0, 0, began_at, began_at + seconds)
        )
        self._add(train_s=seconds, layer_s=seconds)

    @contextmanager
    def sampling_batches(self, key: EpochKey) -> Iterator[None]:
        """Times what an epoch needs before its first batch: order, augmentation, wrong labels."""
        with self._timed_window("learning", key) as seconds:
            yield
        self._add_learning(seconds())
        self._add(data_s=seconds(), epoch_data_s=seconds())

    @contextmanager
    def timing_step(self, key: EpochKey, images: int) -> Iterator[None]:
        """Times the issuing of one optimiser step on `images` images."""
        with self._timed_window("learning", key, steps=1, images=images) as seconds:
            self._step_clock.start()
            yield
            self._step_clock.stop()
        self._add_learning(seconds())

    @contextmanager
    def synchronizing(self, key: EpochKey) -> Iterator[None]:
        """Times the wait until the device has computed the batches issued in epoch `key`; their
        window ends then.
        """
        with self._timed_window("learning", key) as seconds:
            yield
            self._read_clocks()
        self._add_learning(seconds())
        self._add_learning(max(0.0, self._computed_meanwhile_s()))
        self.end_window()

    @contextmanager
    def evaluating(self, key: EpochKey) -> Iterator[Callable[[], float]]:
        """Times a measurement of accuracy; what is yielded returns its seconds."""
        with self._timed_window("evaluating", key) as seconds:
            yield seconds
        self._add(evaluation_s=seconds())
        self.end_window()

    def _computed_meanwhile_s(self) -> float:
        """How much longer the device has computed in this epoch than its batches took to be issued
        and waited for: a GPU goes on while events are handled, which counts for nothing else.
        """
        times = self.times
        return times.epoch_compute_s + times.epoch_data_s - times.epoch_s

    def _read_clocks(self) -> None:
        """Add the device clocks' seconds; on CUDA this waits until the batches are computed."""
        data_s = self.data_clock.read_s()
        compute_s = max(0.0, self._step_clock.read_s() - data_s)
        self._add(
            compute_s=compute_s, data_s=data_s, epoch_compute_s=compute_s, epoch_data_s=data_s
        )

    def rest(self) -> None:
        """Nothing is learned from here until something else is timed."""
        self._begin("rest")

    def begin_epoch(self) -> None:
        """Set the epoch's times to zero."""
        self.times = replace(self.times, epoch_s=0.0, epoch_compute_s=0.0, epoch_data_s=0.0)

    def begin_layer(self) -> None:
        """Set the layer's and the epoch's times to zero."""
        self.begin_epoch()
        self.times = replace(self.times, layer_s=0.0)

    def pop_windows(self) -> Iterator[WindowMeasured]:
        """The windows closed since the last call."""
        closed, self._closed = self._closed, []
        return iter(closed)

    @contextmanager
    def _timed_window(
        self, doing: Doing, key: EpochKey, steps: int = 0, images: int = 0
    ) -> Iterator[Callable[[], float]]:
        if doing != self.doing:
            self._begin(doing)
        began_at, began = self._now_s(), time.perf_counter()
        ended: list[float] = []
        yield lambda: (ended[0] if ended else time.perf_counter()) - began
        ended.append(time.perf_counter())
        self._extend(
            WindowMeasured(doing, *key, steps, images, began_at, began_at + ended[0] - began)
        )

    def _begin(self, doing: Doing) -> None:
        self.doing = doing
        if doing in ("learning", "loading"):
            self.memory.resume()
        else:
            self.memory.pause()

    def _extend(self, more: WindowMeasured) -> None:
        """Extend the open window by `more` if that does the same in the same epoch,
        right after it.
        """
        whole = self._open
        if whole is not None and (
            _subject(whole) != _subject(more) or not -GAP_S < more.began_at - whole.ended_at < GAP_S
        ):
            self.end_window()
            whole = None
        if whole is not None:
            more = replace(
                more,
                began_at=whole.began_at,
                steps=whole.steps + more.steps,
                images=whole.images + more.images,
            )
        self._open = more
        if more.ended_at - more.began_at >= WINDOW_S:
            self.end_window()

    def end_window(self) -> None:
        """Close the open window, if there is one."""
        if self._open is not None:
            self._closed.append(self._open)
            self._open = None

    def _add_learning(self, seconds: float) -> None:
        self._add(train_s=seconds, layer_s=seconds, epoch_s=seconds)

    def _add(self, **seconds: float) -> None:
        self.times = replace(
            self.times, **{name: getattr(self.times, name) + more for name, more in seconds.items()}
        )


def _subject(window: WindowMeasured) -> tuple[object, ...]:
    return window.doing, window.phase, window.layer, window.epoch
