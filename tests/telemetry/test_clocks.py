import time
from itertools import count

import pytest
import torch

from fftui.telemetry.clocks import CudaClock, MonotonicClock, clock_for


def test_the_cpu_is_measured_inside_the_windows_only():
    clock, windows_s = MonotonicClock(), 0.0
    for _ in range(2):
        began_s = time.perf_counter()
        clock.start()
        time.sleep(0.03)
        clock.stop()
        windows_s += time.perf_counter() - began_s
        time.sleep(0.1)
    assert 0.06 <= clock.read_s() <= windows_s


def test_reading_begins_anew():
    clock = MonotonicClock()
    clock.start()
    time.sleep(0.01)
    clock.stop()
    assert clock.read_s() > 0
    assert clock.read_s() == 0


class _Card:
    """A CUDA device whose events happen in order, one every 10 ms; nobody may wait for it but where
    allowed.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.time_ms = count(0, 10)
        self.made = 0
        self.waited = 0
        self.captures = False
        card = self

        class Event:
            def __init__(self, *, enable_timing: bool, external: bool) -> None:
                assert enable_timing
                assert external == card.captures
                card.made += 1

            def record(self, stream: object) -> None:
                assert stream == "stream of cuda:0"
                self.at_ms = next(card.time_ms)

            def synchronize(self) -> None:
                card.waited += 1

            def elapsed_time(self, other: "Event") -> float:
                return other.at_ms - self.at_ms

        monkeypatch.setattr(torch.cuda, "Event", Event)
        monkeypatch.setattr(torch.cuda, "current_stream", lambda device: f"stream of {device}")
        monkeypatch.setattr(torch.cuda, "is_current_stream_capturing", lambda: self.captures)


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> _Card:
    return _Card(monkeypatch)


def test_the_gpu_is_waited_for_once_an_epoch(card):
    clock = CudaClock(torch.device("cuda:0"))
    for _ in range(5):
        clock.start()
        clock.stop()
    assert card.waited == 0
    assert clock.read_s() == pytest.approx(0.05)
    assert card.waited == 1
    assert clock.read_s() == 0
    assert card.waited == 1


def test_events_are_used_again_in_the_next_epoch(card):
    clock = CudaClock(torch.device("cuda:0"))
    for _ in range(3):
        for _ in range(4):
            clock.start()
            clock.stop()
        assert clock.read_s() == pytest.approx(0.04)
    assert card.made == 8


def test_a_batch_given_up_half_way_does_not_count(card):
    clock = CudaClock(torch.device("cuda:0"))
    clock.start()
    clock.start()
    clock.stop()
    assert clock.read_s() == pytest.approx(0.01)


def test_what_was_captured_counts_for_each_launch(card):
    clock = CudaClock(torch.device("cuda:0"))
    clock.start()
    clock.stop()
    card.captures = True
    clock.start()
    clock.stop()
    card.captures = False
    for _ in range(6):
        clock.repeat()
    clock.start()
    clock.stop()
    assert card.waited == 0
    assert clock.read_s() == pytest.approx(0.08)
    assert clock.read_s() == 0
    clock.repeat()
    clock.forget_repeated()
    clock.repeat()
    assert clock.read_s() == pytest.approx(0.01)


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize("clock", [MonotonicClock(), CudaClock(torch.device("cuda:0"))])
def test_stopping_what_was_not_started_is_a_mistake(clock):
    with pytest.raises(RuntimeError, match="not started"):
        clock.stop()


def test_each_device_has_its_clock():
    assert isinstance(clock_for(torch.device("cuda:0")), CudaClock)
    assert isinstance(clock_for(torch.device("cpu")), MonotonicClock)
    assert isinstance(clock_for(torch.device("mps")), MonotonicClock)
