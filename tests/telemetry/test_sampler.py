import json
import threading
import time
from typing import TypeVar

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui import events as ev
from fftui.telemetry.machine_reader import CPU_ENERGY_METRICS, GPU_METRICS
from fftui.telemetry.sampler import Sampler, next_due_s

E = TypeVar("E", bound=ev.Event)
UUID = "5ba3ed4f-0000-4000-8000-00000000000a"


class Emitted:
    """Keeps what a sampler emits; `wait_for` waits until that many samples came, or its end."""

    def __init__(self) -> None:
        self.events: list[ev.Event] = []
        self.threads: set[str] = set()
        self._changed = threading.Condition()

    def __call__(self, event: ev.Event) -> None:
        with self._changed:
            self.events.append(event)
            self.threads.add(threading.current_thread().name)
            self._changed.notify_all()

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def samples(self) -> list[ev.TelemetrySampled]:
        return self.of(ev.TelemetrySampled)

    @property
    def reasons(self) -> dict[str, str]:
        return {
            metric: missing.reason
            for missing in self.of(ev.MetricsUnavailable)
            for metric in missing.metrics
        }

    @property
    def end(self) -> ev.TelemetryEnded:
        (end,) = self.of(ev.TelemetryEnded)
        return end

    def wait_for(self, samples: int = 0, *, end: bool = False) -> bool:
        with self._changed:
            return self._changed.wait_for(
                lambda: len(self.samples) >= samples and (not end or self.of(ev.TelemetryEnded)),
                timeout=20,
            )


def _no_epoch() -> ev.Moment:
    return ev.Moment("rest", None, None, None)


def test_samples_carry_the_epoch_key_and_come_from_another_thread():
    emitted, positions = Emitted(), iter([(1, 1, 1), (1, 2, 7), (2, None, 3)])
    sampler = Sampler(50, lambda: ev.Moment("learning", *next(positions, (9, 9, 9))), emitted)
    sampler.start()
    assert emitted.wait_for(3)
    sampler.stop()
    result = [(sample.phase, sample.layer, sample.epoch) for sample in emitted.samples]
    assert result[:3] == [(1, 1, 1), (1, 2, 7), (2, None, 3)]
    assert {sample.doing for sample in emitted.samples} == {"learning"}
    assert emitted.threads == {"fftui-telemetry"}


def test_a_run_on_the_cpu_has_host_metrics_no_gpu_metrics_and_says_so_once(tmp_path):
    emitted = Emitted()
    sampler = Sampler(20, _no_epoch, emitted, gpu_uuid=None, rapl_folder=tmp_path)
    sampler.start()
    assert emitted.wait_for(4)
    sampler.stop()
    for sample in emitted.samples[1:]:
        assert sample.process_memory_bytes is not None
        assert sample.process_cpu_percent is not None
        assert sample.interval_s is not None
        assert {getattr(sample, metric) for metric in (*GPU_METRICS, *CPU_ENERGY_METRICS)} == {None}
    result = emitted.of(ev.MetricsUnavailable)
    assert len(result) == 2
    assert emitted.reasons["power_w"] == "no NVIDIA GPU: this run learns on another device"
    assert emitted.reasons["cpu_energy_j"].startswith("not available: ")
    assert not sampler.measures_power()


def test_the_machine_is_described_before_the_first_sample():
    emitted = Emitted()
    sampler = Sampler(20, _no_epoch, emitted)
    sampler.start()
    assert emitted.wait_for(1)
    sampler.stop()
    machine = emitted.events[0]
    assert isinstance(machine, ev.MachineDescribed)
    assert (machine.hz, machine.gpu, machine.mig, machine.other_gpus) == (20, None, False, ())
    assert machine.cores == psutil.cpu_count()
    assert machine.host_memory_total_bytes == psutil.virtual_memory().total


def _packages(folder, *microjoules):
    for number, energy in enumerate(microjoules):
        package = folder / f"intel-rapl:{number}"
        package.mkdir(exist_ok=True)
        (package / "name").write_text(f"package-{number}\n")
        (package / "max_energy_range_uj").write_text("262143328850\n")
        (package / "energy_uj").write_text(f"{energy}\n")


def test_the_energy_of_the_cpu_comes_with_its_mean_power(tmp_path):
    _packages(tmp_path, 5_000_000, 9_000_000)
    emitted = Emitted()
    sampler = Sampler(20, _no_epoch, emitted, rapl_folder=tmp_path)
    sampler.start()
    assert emitted.wait_for(2)
    assert sampler.measures_power()
    _packages(tmp_path, 6_000_000, 9_500_000)
    assert emitted.wait_for(len(emitted.samples) + 2)
    sampler.stop()
    energies = [sample.cpu_energy_j for sample in emitted.samples]
    assert energies[0] == 0
    assert energies[-1] == pytest.approx(1.5)
    drawn = sum(s.cpu_power_w * s.interval_s for s in emitted.samples[1:])
    assert drawn == pytest.approx(1.5, rel=0.01)
    assert "cpu_energy_j" not in emitted.reasons


def test_the_rate_is_the_one_asked_for():
    emitted = Emitted()
    sampler = Sampler(20, _no_epoch, emitted)
    began_s = time.monotonic()
    sampler.start()
    time.sleep(1.0)
    sampler.stop()
    # the first at once, the last at the end
    assert len(emitted.samples) <= 20 * (time.monotonic() - began_s) + 2
    assert len(emitted.samples) >= 5  # 20 on a quiet machine
    end = emitted.end
    assert end.samples == len(emitted.samples)
    assert end.samples + end.missed >= 20
    assert end.elapsed_s == pytest.approx(1.0, abs=0.5)
    assert 0 < end.cpu_s < end.elapsed_s
    assert end.error is None
    assert end.on_time is not None


def test_stop_does_not_wait_for_the_next_sample_takes_a_last_one_and_nothing_comes_after_it():
    emitted = Emitted()
    sampler = Sampler(0.01, _no_epoch, emitted)
    sampler.start()
    assert emitted.wait_for(1)
    sampler.stop()
    assert "fftui-telemetry" not in {thread.name for thread in threading.enumerate()}
    assert len(emitted.samples) == 2
    assert isinstance(emitted.events[-1], ev.TelemetryEnded)


def test_samples_of_other_processes_are_asked_for_at_the_beginning_and_at_the_end():
    emitted = Emitted()
    other = ev.RankSampled(1, ev.TelemetrySampled(None, None, None))
    sampler = Sampler(1.0, _no_epoch, emitted, elsewhere=lambda: (other,))
    sampler.start()
    assert emitted.wait_for(1)
    sampler.stop()
    assert len(emitted.samples) == 2
    assert emitted.of(ev.RankSampled) == [other, other]


def test_zero_is_off():
    emitted = Emitted()
    sampler = Sampler(0, _no_epoch, emitted)
    threads = threading.active_count()
    sampler.start()
    assert threading.active_count() == threads
    sampler.stop()
    assert not emitted.events
    assert not sampler.measures_power()


def test_stop_without_start_is_harmless():
    Sampler(5, _no_epoch, Emitted()).stop()


@pytest.mark.parametrize(
    "fault", [OSError(28, "No space left on device"), ValueError("I/O operation on closed file")]
)
def test_a_journal_that_fails_ends_the_sampler_and_nothing_else(fault):
    failed = threading.Event()

    def emit(_event):
        failed.set()
        raise fault

    sampler = Sampler(50, _no_epoch, emit)
    sampler.start()
    assert failed.wait(20)
    sampler.stop()  # an exception left in the thread would fail this test as a warning


def test_an_epoch_key_that_fails_ends_telemetry_and_says_why_once():
    def gone():
        raise LookupError("no epoch")

    emitted = Emitted()
    sampler = Sampler(50, gone, emitted)
    sampler.start()
    assert emitted.wait_for(end=True)
    sampler.stop()
    assert emitted.end.error == "LookupError: no epoch"
    assert not sampler.measures_power()


RUN = """
import json, sys, time
from dataclasses import asdict
from fftui import events as ev
from fftui.telemetry.sampler import Sampler
events = []
sampler = Sampler(50, lambda: ev.Moment("learning", 1, 2, 3), events.append, gpu_uuid={uuid!r})
sampler.start()
until = time.monotonic() + 20
def samples():
    return sum(isinstance(event, ev.TelemetrySampled) for event in events)
while samples() < 6 and time.monotonic() < until:
    time.sleep(0.01)
sampler.stop()
print(json.dumps([[event.kind, asdict(event)] for event in events]))
"""


def _results(ran):
    return [
        (kind, body)
        for kind, body in json.loads(ran.stdout)
        if kind in ("telemetry", "figures-missing")
    ]


def _of_gpu(result):
    return [
        body["power_w"] if kind == "telemetry" else body["reason"]
        for kind, body in result
        if kind == "telemetry" or "power_w" in body["metrics"]
    ]


def test_gpu_metrics_come_with_those_of_the_host(python_with_gpu):
    ran = python_with_gpu(RUN.format(uuid=UUID))
    events = json.loads(ran.stdout)
    assert set(_of_gpu(_results(ran))) == {312.5}
    assert ran.stderr == "held 0\n"
    kind, machine = events[0]
    assert kind == "machine"
    assert machine["gpu_uuid"].endswith(UUID)
    assert machine["gpu"]
    assert all(body["process_memory_bytes"] for kind, body in events if kind == "telemetry")


def test_a_gpu_lost_in_mid_run_is_reported_once_and_sampling_goes_on(python_with_gpu):
    result = _of_gpu(_results(python_with_gpu(RUN.format(uuid=UUID), "lost after 2")))
    assert result[:2] == [312.5, 312.5]
    assert "lost" in result[2]
    assert len(result) >= 7
    assert set(result[3:]) == {None}


def test_an_absent_library_is_reported_once_and_sampling_goes_on(python_without_gpu):
    result = _of_gpu(_results(python_without_gpu(RUN.format(uuid=UUID))))
    assert result[0].startswith("no NVIDIA GPU: ")
    assert "NVML" in result[0]
    assert len(result) >= 7
    assert set(result[1:]) == {None}


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
