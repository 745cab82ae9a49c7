"""The times of a run, and the windows they are cut into."""

import time
from itertools import pairwise

import pytest
import torch

from fftui import events as ev
from fftui.data import splits
from fftui.experiment.values import parse_overrides
from fftui.learning import split_images
from fftui.learning import stopwatch as module
from fftui.learning.augmentation import Augmentation
from fftui.learning.stopwatch import Stopwatch
from fftui.learning.training import train
from fftui.presets import load_preset
from fftui.telemetry.clocks import timed

CPU = torch.device("cpu")
EPOCH = (1, 2, 3)


def step(
    stopwatch: Stopwatch, images: int = 10, *, data_s: float = 0.0, compute_s: float = 0.0
) -> None:
    with stopwatch.timing_step(EPOCH, images):
        with timed(stopwatch.data_clock):
            time.sleep(data_s)
        time.sleep(compute_s)


def test_data_and_compute_are_separate_and_make_up_the_epoch() -> None:
    stopwatch = Stopwatch(CPU)
    with stopwatch.sampling_batches(EPOCH):
        time.sleep(0.03)
    for _ in range(3):
        step(stopwatch, data_s=0.02, compute_s=0.01)
    with stopwatch.synchronizing(EPOCH):
        pass
    times = stopwatch.times
    assert times.epoch_data_s >= 0.09
    assert 0.03 <= times.epoch_compute_s < times.epoch_data_s
    assert times.epoch_data_s + times.epoch_compute_s == pytest.approx(times.epoch_s, abs=0.01)
    assert times.train_s == times.layer_s == times.epoch_s == pytest.approx(times.e2e_s)


class Gpu:
    """The clock of a device that computes each batch for 0.2 s, whatever happens meanwhile."""

    batches = 0

    def start(self) -> None: ...

    def stop(self) -> None:
        self.batches += 1

    def read_s(self) -> float:
        batches, self.batches = self.batches, 0
        return 0.2 * batches


def test_what_a_gpu_computes_while_events_are_handled_is_learning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "clock_for", lambda _: Gpu())
    stopwatch = Stopwatch(CPU)
    for _ in range(3):
        step(stopwatch)
    with stopwatch.synchronizing(EPOCH):
        pass
    times = stopwatch.times
    assert times.epoch_compute_s == 0.0  # its images took as long
    assert times.epoch_data_s == pytest.approx(0.6)
    assert times.train_s == times.layer_s == times.epoch_s == pytest.approx(0.6)


def test_evaluation_and_loading_are_not_learning() -> None:
    stopwatch = Stopwatch(CPU)
    with stopwatch.loading():
        time.sleep(0.02)
    with stopwatch.evaluating(EPOCH) as seconds:
        time.sleep(0.03)
    assert seconds() == stopwatch.times.evaluation_s >= 0.03
    assert stopwatch.times.load_s >= 0.02
    assert stopwatch.times.train_s == 0
    assert stopwatch.times.e2e_s == stopwatch.times.load_s + stopwatch.times.evaluation_s


class Clock:
    """A wall clock that is set by hand; the monotonic one runs on."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_batches_make_a_window_until_it_is_long_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    stopwatch = Stopwatch(CPU, clock)
    monkeypatch.setattr(module, "GAP_S", 0.3)
    for _ in range(12):
        step(stopwatch)
        clock.now += 0.1
    first, *rest = stopwatch.pop_windows()
    assert (first.doing, first.phase, first.layer, first.epoch) == ("learning", *EPOCH)
    assert first.steps == 11
    assert first.images == 110
    assert first.ended_at - first.began_at == pytest.approx(1.0, abs=0.05)
    assert not rest
    assert not list(stopwatch.pop_windows())


def test_a_window_ends_before_a_pause_and_where_another_thing_is_done() -> None:
    clock = Clock()
    stopwatch = Stopwatch(CPU, clock)
    step(stopwatch)
    clock.now += 60
    step(stopwatch)
    with stopwatch.evaluating(EPOCH):
        pass
    windows = list(stopwatch.pop_windows())
    assert [window.doing for window in windows] == ["learning", "learning", "evaluating"]
    assert [window.began_at for window in windows] == [1000.0, 1060.0, 1060.0]
    assert all(window.ended_at - window.began_at < 1 for window in windows)


def test_a_layer_that_prepares_is_named_once_it_is_made() -> None:
    stopwatch = Stopwatch(CPU)
    with stopwatch.preparing(1) as set_layer:
        set_layer(4)
    with stopwatch.sampling_batches((1, 4, 1)):
        pass
    (window,) = stopwatch.pop_windows()
    assert (window.doing, window.layer, window.epoch) == ("loading", 4, None)


def test_it_says_what_is_being_done() -> None:
    stopwatch = Stopwatch(CPU)
    assert stopwatch.doing == "loading"
    seen = []
    with stopwatch.preparing(1):
        seen.append(stopwatch.doing)
    with stopwatch.timing_step(EPOCH, 1):
        seen.append(stopwatch.doing)
    with stopwatch.evaluating(EPOCH):
        seen.append(stopwatch.doing)
    stopwatch.rest()
    seen.append(stopwatch.doing)
    with stopwatch.setting_up():
        seen.append(stopwatch.doing)
    with stopwatch.sampling_batches(EPOCH):
        seen.append(stopwatch.doing)
    assert seen == ["loading", "learning", "evaluating", "rest", "loading", "learning"]


def small(**changes: object):
    sets = [f"{path}={value}" for path, value in changes.items()]
    return load_preset(
        "quickstart",
        None,
        parse_overrides(["data.train_images=512", "data.test_images=100", *sets]),
        0,
    )


def test_windows_of_a_training_hold_its_time_images_and_steps() -> None:
    events = list(train(small(**{"phases.0.epochs": 2})))
    windows = [event for event in events if isinstance(event, ev.WindowMeasured)]
    learning = [window for window in windows if window.doing == "learning"]
    end = events[-1]
    assert isinstance(end, ev.RunFinished)
    assert sum(window.images for window in learning) == 2 * 512
    assert sum(window.steps for window in learning) == 2 * 4
    total_s = sum(
        window.ended_at - window.began_at for window in windows if window.doing != "evaluating"
    )
    assert total_s == pytest.approx(end.train_s, rel=0.1)
    assert {window.doing for window in windows} == {"loading", "learning", "evaluating"}
    for before, after in pairwise(windows):
        assert after.began_at >= before.ended_at - 1e-3


def test_a_slow_data_pipeline_is_not_counted_as_computing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The paper's mistake: its backprop waited for a loader, and the wait was called its cost."""
    quick = Augmentation.inputs

    def slow(self: Augmentation, index_B: torch.Tensor) -> torch.Tensor:
        time.sleep(0.05)
        return quick(self, index_B)

    def epoch_of(preset: str) -> ev.EpochFinished:
        sets = ["data.train_images=512", "data.test_images=50", "data.shift=1", "phases.0.epochs=1"]
        events = train(
            load_preset(preset, "mnist-mini", parse_overrides([*sets, "phases.0.batch_size=64"]), 0)
        )
        return next(event for event in events if isinstance(event, ev.EpochFinished))

    for preset in ("backprop", "ff"):
        fair = epoch_of(preset)
        monkeypatch.setattr(Augmentation, "inputs", slow)
        held_up = epoch_of(preset)
        monkeypatch.setattr(Augmentation, "inputs", quick)
        assert held_up.data_s is not None
        assert fair.data_s is not None
        assert held_up.data_s - fair.data_s > 8 * 0.05 * 0.9
        assert held_up.compute_s < held_up.epoch_s - 8 * 0.05 * 0.9


def test_times_go_on_where_a_run_is_resumed() -> None:
    experiment = small(**{"phases.0.epochs": 2})
    first = train(experiment)
    for event in first:
        if isinstance(event, ev.EpochFinished):
            break
    state = first.state()
    again = train(experiment, state=state)
    end = list(again)[-1]
    assert isinstance(end, ev.RunFinished)
    assert end.train_s > state.progress.times.train_s > 0
    assert end.e2e_s is not None
    assert end.e2e_s > end.train_s + end.evaluation_s
    assert state.progress.times.load_s < end.data_s


def test_reading_the_images_counts_as_data(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*args: object, **options: object):
        time.sleep(0.3)
        return splits.load_splits(*args, **options)

    monkeypatch.setattr(split_images, "load_splits", slow)
    end = list(train(small(**{"phases.0.epochs": 1})))[-1]
    assert end.data_s >= 0.3
    assert end.e2e_s >= end.train_s + 0.3
