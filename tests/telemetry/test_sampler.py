import json
import threading
import time
from typing import TypeVar

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui import events as ev
from fftui.telemetry.instruments import CPU_ENERGY_FIGURES, GPU_FIGURES
from fftui.telemetry.sampler import Sampler, next_due_s

E = TypeVar("E", bound=ev.Event)
UUID = "5ba3ed4f-0000-4000-8000-00000000000a"


class Heard:
    """Keeps what a sampler emits; `wait_for` waits until that many samples came, or its end."""

    def __init__(self) -> None:
        self.events: list[ev.Event] = []
        self.threads: set[str] = set()
        self._news = threading.Condition()

    def __call__(self, event: ev.Event) -> None:
        with self._news:
            self.events.append(event)
            self.threads.add(threading.current_thread().name)
            self._news.notify_all()

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def samples(self) -> list[ev.TelemetrySampled]:
        return self.of(ev.TelemetrySampled)

    @property
    def reasons(self) -> dict[str, str]:
        return {figure: missing.reason for missing in self.of(ev.FiguresMissing) for figure in missing.figures}

    @property
    def end(self) -> ev.TelemetryEnded:
        (end,) = self.of(ev.TelemetryEnded)
        return end

    def wait_for(self, samples: int = 0, *, end: bool = False) -> bool:
        with self._news:
            return self._news.wait_for(
                lambda: len(self.samples) >= samples and (not end or self.of(ev.TelemetryEnded)), timeout=20
            )


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


def test_a_run_on_the_cpu_has_host_figures_no_gpu_figures_and_says_so_once(tmp_path):
    heard = Heard()
    sampler = Sampler(20, _no_position, heard, gpu_uuid=None, rapl_folder=tmp_path)
    sampler.start()
    assert heard.wait_for(4)
    sampler.stop()
    for sample in heard.samples[1:]:
        assert sample.process_memory_bytes is not None
        assert sample.process_cpu_percent is not None
        assert sample.interval_s is not None
        assert {getattr(sample, figure) for figure in (*GPU_FIGURES, *CPU_ENERGY_FIGURES)} == {None}
    told = heard.of(ev.FiguresMissing)
    assert len(told) == 2
    assert heard.reasons["power_w"] == "no NVIDIA GPU: this run learns on another device"
    assert heard.reasons["cpu_energy_j"].startswith("not available: ")
    assert not sampler.tells_power()


def test_what_there_is_to_look_at_comes_before_the_first_sample():
    heard = Heard()
    sampler = Sampler(20, _no_position, heard)
    sampler.start()
    assert heard.wait_for(1)
    sampler.stop()
    machine = heard.events[0]
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


def test_the_energy_of_the_processor_is_told_with_its_mean_power(tmp_path):
    _packages(tmp_path, 5_000_000, 9_000_000)
    heard = Heard()
    sampler = Sampler(20, _no_position, heard, rapl_folder=tmp_path)
    sampler.start()
    assert heard.wait_for(2)
    assert sampler.tells_power()
    _packages(tmp_path, 6_000_000, 9_500_000)
    assert heard.wait_for(len(heard.samples) + 2)
    sampler.stop()
    energies = [sample.cpu_energy_j for sample in heard.samples]
    assert energies[0] == 0
    assert energies[-1] == pytest.approx(1.5)
    drawn = sum(s.cpu_power_w * s.interval_s for s in heard.samples[1:])
    assert drawn == pytest.approx(1.5, rel=0.01)
    assert "cpu_energy_j" not in heard.reasons


def test_the_rate_is_the_one_asked_for():
    heard = Heard()
    sampler = Sampler(20, _no_position, heard)
    began_s = time.monotonic()
    sampler.start()
    time.sleep(1.0)
    sampler.stop()
    assert len(heard.samples) <= 20 * (time.monotonic() - began_s) + 2  # the first at once, the last at the end
    assert len(heard.samples) >= 5  # 20 on a quiet machine
    end = heard.end
    assert end.samples == len(heard.samples)
    assert end.samples + end.missed >= 20
    assert end.elapsed_s == pytest.approx(1.0, abs=0.5)
    assert 0 < end.cpu_s < end.elapsed_s
    assert end.error is None
    assert end.on_time is not None


def test_stop_does_not_wait_for_the_next_sample_takes_a_last_one_and_nothing_comes_after_it():
    heard = Heard()
    sampler = Sampler(0.01, _no_position, heard)
    sampler.start()
    assert heard.wait_for(1)
    sampler.stop()
    assert "fftui-telemetry" not in {thread.name for thread in threading.enumerate()}
    assert len(heard.samples) == 2
    assert isinstance(heard.events[-1], ev.TelemetryEnded)


def test_zero_is_off():
    heard = Heard()
    sampler = Sampler(0, _no_position, heard)
    threads = threading.active_count()
    sampler.start()
    assert threading.active_count() == threads
    sampler.stop()
    assert not heard.events
    assert not sampler.tells_power()


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


def test_a_position_that_fails_ends_telemetry_and_says_why_once():
    def gone():
        raise LookupError("no position")

    heard = Heard()
    sampler = Sampler(50, gone, heard)
    sampler.start()
    assert heard.wait_for(end=True)
    sampler.stop()
    assert heard.end.error == "LookupError: no position"
    assert not sampler.tells_power()


RUN = """
import json, sys, time
from dataclasses import asdict
from fftui import events as ev
from fftui.telemetry.sampler import Sampler
events = []
sampler = Sampler(50, lambda: (1, 2, 3), events.append, gpu_uuid={uuid!r})
sampler.start()
until = time.monotonic() + 20
while sum(isinstance(event, ev.TelemetrySampled) for event in events) < 6 and time.monotonic() < until:
    time.sleep(0.01)
sampler.stop()
print(json.dumps([[event.kind, asdict(event)] for event in events]))
"""


def _told(ran):
    return [(kind, body) for kind, body in json.loads(ran.stdout) if kind in ("telemetry", "figures-missing")]


def _of_gpu(told):
    return [
        body["power_w"] if kind == "telemetry" else body["reason"]
        for kind, body in told
        if kind == "telemetry" or "power_w" in body["figures"]
    ]


def test_gpu_figures_stand_beside_those_of_the_host(python_with_gpu):
    ran = python_with_gpu(RUN.format(uuid=UUID))
    events = json.loads(ran.stdout)
    assert set(_of_gpu(_told(ran))) == {312.5}
    assert ran.stderr == "held 0\n"
    kind, machine = events[0]
    assert kind == "machine"
    assert machine["gpu_uuid"].endswith(UUID)
    assert machine["gpu"]
    assert all(body["process_memory_bytes"] for kind, body in events if kind == "telemetry")


def test_a_gpu_lost_in_mid_run_is_told_once_and_sampling_goes_on(python_with_gpu):
    told = _of_gpu(_told(python_with_gpu(RUN.format(uuid=UUID), "lost after 2")))
    assert told[:2] == [312.5, 312.5]
    assert "lost" in told[2]
    assert len(told) >= 7
    assert set(told[3:]) == {None}


def test_an_absent_library_is_told_once_and_sampling_goes_on(python_without_gpu):
    told = _of_gpu(_told(python_without_gpu(RUN.format(uuid=UUID))))
    assert told[0].startswith("no NVIDIA GPU: ")
    assert "NVML" in told[0]
    assert len(told) >= 7
    assert set(told[1:]) == {None}


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
