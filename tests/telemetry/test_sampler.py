import json
import threading
import time

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.events import Noted, TelemetrySampled
from fftui.telemetry.sampler import Sampler, next_due_s

UUID = "5ba3ed4f-0000-4000-8000-00000000000a"


class Heard:
    """Keeps what a sampler emits; `wait_for` waits until that many came."""

    def __init__(self) -> None:
        self.samples: list[TelemetrySampled] = []
        self.notes: list[str] = []
        self.threads: set[str] = set()
        self._news = threading.Condition()

    def __call__(self, event: TelemetrySampled | Noted) -> None:
        with self._news:
            if isinstance(event, Noted):
                self.notes.append(event.message)
            else:
                self.samples.append(event)
            self.threads.add(threading.current_thread().name)
            self._news.notify_all()

    def wait_for(self, samples: int = 0, notes: int = 0) -> bool:
        with self._news:
            return self._news.wait_for(lambda: len(self.samples) >= samples and len(self.notes) >= notes, timeout=20)


def _no_position() -> tuple[None, None, None]:
    return None, None, None


def test_samples_carry_the_position_and_come_from_another_thread():
    heard, positions = Heard(), iter([(1, 1, 1), (1, 2, 7), (2, None, 3)])
    sampler = Sampler(50, lambda: next(positions, (9, 9, 9)), heard)
    sampler.start()
    assert heard.wait_for(3)
    sampler.stop()
    told = [(sample.phase, sample.layer, sample.epoch) for sample in heard.samples]
    assert told[:3] == [(1, 1, 1), (1, 2, 7), (2, None, 3)]
    assert heard.threads == {"fftui-telemetry"}


def test_a_run_on_the_cpu_has_host_figures_no_gpu_figures_and_says_so_once():
    heard = Heard()
    sampler = Sampler(20, _no_position, heard, gpu_uuid=None)
    sampler.start()
    assert heard.wait_for(3)
    sampler.stop()
    for sample in heard.samples:
        assert sample.process_memory_bytes is not None
        assert sample.process_cpu_percent is not None
        assert sample.gpu_utilization_percent is None
        assert sample.power_w is None
    assert len(heard.notes) == 1
    assert heard.notes[0].startswith("no GPU figures: ")


def test_the_rate_is_the_one_asked_for():
    heard = Heard()
    sampler = Sampler(20, _no_position, heard)
    began_s = time.monotonic()
    sampler.start()
    time.sleep(1.0)
    sampler.stop()
    assert len(heard.samples) <= 20 * (time.monotonic() - began_s)
    assert len(heard.samples) >= 5  # 20 on a quiet machine


def test_stop_does_not_wait_for_the_next_sample_and_nothing_comes_after_it():
    heard = Heard()
    sampler = Sampler(0.01, _no_position, heard)
    sampler.start()
    sampler.stop()
    assert "fftui-telemetry" not in {thread.name for thread in threading.enumerate()}
    assert not heard.samples


def test_zero_is_off():
    heard = Heard()
    sampler = Sampler(0, _no_position, heard)
    threads = threading.active_count()
    sampler.start()
    assert threading.active_count() == threads
    sampler.stop()
    assert not heard.samples
    assert not heard.notes


def test_stop_without_start_is_harmless():
    Sampler(5, _no_position, Heard()).stop()


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), ValueError("I/O operation on closed file")])
def test_a_journal_that_fails_ends_the_sampler_and_nothing_else(fault):
    failed = threading.Event()

    def emit(_event):
        failed.set()
        raise fault

    sampler = Sampler(50, _no_position, emit)
    sampler.start()
    assert failed.wait(20)
    sampler.stop()  # an exception left in the thread would fail this test as a warning


def test_a_failing_host_ends_telemetry_with_one_note(monkeypatch):
    def gone(*_args):
        raise psutil.NoSuchProcess(1)

    monkeypatch.setattr(psutil, "Process", gone)
    heard = Heard()
    sampler = Sampler(50, _no_position, heard)
    sampler.start()
    assert heard.wait_for(notes=1)
    sampler.stop()
    assert [note.startswith("telemetry ended: ") for note in heard.notes] == [True]


RUN = """
import json, time
from fftui.events import Noted
from fftui.telemetry.sampler import Sampler
events = []
sampler = Sampler(50, lambda: (1, 2, 3), events.append, gpu_uuid={uuid!r})
sampler.start()
until = time.monotonic() + 20
while sum(not isinstance(event, Noted) for event in events) < 6 and time.monotonic() < until:
    time.sleep(0.01)
sampler.stop()
print(json.dumps([event.message if isinstance(event, Noted) else event.power_w for event in events]))
"""


def test_gpu_figures_stand_beside_those_of_the_host(python_with_gpu):
    ran = python_with_gpu(RUN.format(uuid=UUID))
    assert set(json.loads(ran.stdout)) == {312.5}
    assert ran.stderr == "held 0\n"


def test_a_gpu_lost_in_mid_run_is_noted_once_and_sampling_goes_on(python_with_gpu):
    events = json.loads(python_with_gpu(RUN.format(uuid=UUID), NVML_LOST="2").stdout)
    assert events[:3] == [312.5, 312.5, "GPU figures ended: GPU is lost"]
    assert len(events) >= 7
    assert set(events[3:]) == {None}


def test_an_absent_library_is_noted_once_and_sampling_goes_on(python_without_gpu):
    events = json.loads(python_without_gpu(RUN.format(uuid=UUID)).stdout)
    assert events[0] == "no GPU figures: NVML Shared Library Not Found"
    assert len(events) >= 7
    assert set(events[1:]) == {None}


@given(st.floats(0, 1e5), st.floats(0.01, 10), st.floats(0, 100))
def test_the_next_sample_is_due_on_the_grid_and_not_in_the_past(due_s, interval_s, late_s):
    following = next_due_s(due_s, interval_s, due_s + late_s)
    intervals = (following - due_s) / interval_s
    assert intervals == pytest.approx(round(intervals), abs=1e-4)
    assert round(intervals) >= 1
    assert following >= due_s + late_s - 1e-6
    assert following <= due_s + late_s + interval_s + 1e-6


def test_missed_samples_are_left_out():
    assert next_due_s(10.0, 0.5, 10.1) == 10.5
    assert next_due_s(10.0, 0.5, 11.7) == 12.0
    assert next_due_s(10.0, 0.5, 9.9) == 10.5
