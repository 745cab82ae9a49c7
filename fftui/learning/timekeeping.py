"""Where the time of a run goes: learning, its data, the device's own work, evaluation; and windows for its energy.

A slow data pipeline must not be counted as a method's cost, as the paper did: `data_s` is drawing, moving and picking
the images of batches, `compute_s` the rest of what the device does for them, `epoch_s` the wall time of both.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch

from fftui.events import Doing, WindowMeasured
from fftui.telemetry.clocks import clock_for

WINDOW_S = 1.0  # of learning, until a window of batches is closed
GAP_S = 0.05  # between two batches, such as a checkpoint or a pause: a window ends before it

Place = tuple[int | None, int | None, int | None]  # phase, layer, epoch


@dataclass(frozen=True)
class Times:
    """Seconds over all sittings, without pauses; those of a layer and an epoch begin anew with each.

    `train_s` holds all that is done to learn, `compute_s` and `data_s` their shares of its epochs.
    """

    setup_s: float = 0.0  # waking the device, making the network
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
        """The whole, from waking the device to the last measurement."""
        return self.setup_s + self.load_s + self.train_s + self.evaluation_s


class Timekeeper:
    """Adds up the times of a run on `device`, and cuts them into windows, which wait in `pop_windows`.

    `now_s` is the wall clock in Unix seconds: windows are held against samples that other threads took.
    """

    def __init__(self, device: torch.device, now_s: Callable[[], float] = time.time) -> None:
        self.times = Times()
        self.data_clock = clock_for(device)
        self._step_clock = clock_for(device)
        self._now_s = now_s
        self._open: WindowMeasured | None = None
        self._closed: list[WindowMeasured] = []

    @contextmanager
    def setting_up(self) -> Iterator[None]:
        """Time that the device and the network take to be there."""
        began = time.perf_counter()
        yield
        self._add(setup_s=time.perf_counter() - began)

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Time that reading the images takes."""
        began = time.perf_counter()
        yield
        self._add(load_s=time.perf_counter() - began)

    @contextmanager
    def preparing(self, phase: int) -> Iterator[Callable[[int | None], None]]:
        """Time that a layer takes before its first epoch; which it is has to be said once it is made."""
        made: list[int | None] = [None]
        began_at, began = self._now_s(), time.perf_counter()
        yield made.append
        seconds = time.perf_counter() - began
        self._extend(WindowMeasured("preparing", phase, made[-1], None, 0, 0, began_at, began_at + seconds))
        self._add(train_s=seconds, layer_s=seconds)

    @contextmanager
    def drawing(self, place: Place) -> Iterator[None]:
        """Time that an epoch takes before its first batch: order, moves, wrong labels."""
        with self._spending("learning", place) as spent:
            yield
        self._add_learning(spent())
        self._add(data_s=spent(), epoch_data_s=spent())

    @contextmanager
    def stepping(self, place: Place, images: int) -> Iterator[None]:
        """Time that one optimiser step on `images` images takes to be issued."""
        with self._spending("learning", place, steps=1, images=images) as spent:
            self._step_clock.start()
            yield
            self._step_clock.stop()
        self._add_learning(spent())

    @contextmanager
    def settling(self, place: Place) -> Iterator[None]:
        """Time until the device is done with the batches that were issued at `place`; their window ends then."""
        with self._spending("learning", place) as spent:
            yield
            self._read_clocks()
        self._add_learning(spent())
        self.end_window()

    @contextmanager
    def evaluating(self, place: Place) -> Iterator[Callable[[], float]]:
        """Time that a measurement of accuracy takes: what is given tells it, in seconds."""
        with self._spending("evaluating", place) as spent:
            yield spent
        self._add(evaluation_s=spent())
        self.end_window()

    def _read_clocks(self) -> None:
        """Take over what the device's clocks hold; on CUDA it waits until the batches are computed."""
        data_s = self.data_clock.read_s()
        compute_s = max(0.0, self._step_clock.read_s() - data_s)
        self._add(compute_s=compute_s, data_s=data_s, epoch_compute_s=compute_s, epoch_data_s=data_s)

    def begin_epoch(self) -> None:
        """The next epoch's times begin at zero."""
        self.times = replace(self.times, epoch_s=0.0, epoch_compute_s=0.0, epoch_data_s=0.0)

    def begin_layer(self) -> None:
        """The next layer's times begin at zero."""
        self.begin_epoch()
        self.times = replace(self.times, layer_s=0.0)

    def pop_windows(self) -> Iterator[WindowMeasured]:
        """The windows that were closed since the last call."""
        closed, self._closed = self._closed, []
        return iter(closed)

    @contextmanager
    def _spending(self, doing: Doing, place: Place, steps: int = 0, images: int = 0) -> Iterator[Callable[[], float]]:
        began_at, began = self._now_s(), time.perf_counter()
        ended: list[float] = []
        yield lambda: (ended[0] if ended else time.perf_counter()) - began
        ended.append(time.perf_counter())
        self._extend(WindowMeasured(doing, *place, steps, images, began_at, began_at + ended[0] - began))

    def _extend(self, more: WindowMeasured) -> None:
        """Make `more` part of the open window if it does the same at the same place, and right behind it."""
        whole = self._open
        if whole is not None and (_what(whole) != _what(more) or not -GAP_S < more.began_at - whole.ended_at < GAP_S):
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
        """What comes next is another window."""
        if self._open is not None:
            self._closed.append(self._open)
            self._open = None

    def _add_learning(self, seconds: float) -> None:
        self._add(train_s=seconds, layer_s=seconds, epoch_s=seconds)

    def _add(self, **seconds: float) -> None:
        self.times = replace(self.times, **{name: getattr(self.times, name) + more for name, more in seconds.items()})


def _what(window: WindowMeasured) -> tuple[object, ...]:
    return window.doing, window.phase, window.layer, window.epoch
