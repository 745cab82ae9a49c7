from pathlib import Path
from typing import Any

import pytest
import torch

from fftui.telemetry.peak_memory import (
    CudaMeter,
    NoMeter,
    PeakMemory,
    ResidentMeter,
    memory_meter,
)

MB = 1_000_000


class Meter:
    """Memory as a test sets it."""

    def __init__(self) -> None:
        self.held = self.peak = 0

    def hold(self, amount: int) -> None:
        self.held = amount
        self.peak = max(self.peak, amount)

    def held_bytes(self) -> int:
        return self.held

    def reset(self) -> None:
        self.peak = self.held

    def peak_bytes(self) -> int:
        return self.peak


def test_the_peak_is_that_of_learning_alone() -> None:
    meter = Meter()
    memory = PeakMemory(meter)
    meter.hold(900)  # before the layer
    meter.hold(100)
    memory.begin()
    meter.hold(300)
    meter.hold(200)
    memory.pause()  # an evaluation
    meter.hold(800)
    meter.hold(200)
    memory.resume()
    meter.hold(250)
    assert memory.peak_bytes() == 300
    meter.hold(400)
    assert memory.peak_bytes() == 400
    memory.begin()
    assert memory.peak_bytes() == 400  # the next layer begins with what is held


def test_before_a_layer_begins_nothing_is_reset_or_counted() -> None:
    meter = Meter()
    memory = PeakMemory(meter)
    meter.hold(900)
    meter.hold(1)
    memory.resume()
    memory.pause()
    assert meter.peak == 900
    assert memory.peak_bytes() is None


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux only")
def test_the_resident_peak_forgets_what_was_before_the_reset() -> None:
    meter = ResidentMeter()
    before = meter.held_bytes()
    assert before is not None
    large = bytearray(200 * MB)
    large[::4096] = b"x" * len(large[::4096])
    del large
    meter.reset()
    peak = meter.peak_bytes()
    assert peak is not None
    assert peak < before + 100 * MB
    large = bytearray(200 * MB)
    large[::4096] = b"x" * len(large[::4096])
    del large
    higher = meter.peak_bytes()
    assert higher is not None
    assert higher > before + 150 * MB


def test_where_the_peak_cannot_be_reset_it_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "status").write_text("Name:\tpython\nVmHWM:\t    2000 kB\nVmRSS:\t    1000 kB\n")
    (tmp_path / "clear_refs").mkdir()  # refuses to be written
    meter = ResidentMeter(tmp_path)
    meter.reset()
    assert (meter.held_bytes(), meter.peak_bytes()) == (1000 * 1024, None)
    nowhere = ResidentMeter(tmp_path / "nowhere")
    nowhere.reset()
    assert (nowhere.held_bytes(), nowhere.peak_bytes()) == (None, None)


def test_on_a_gpu_torchs_own_counters_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    device, asked = torch.device("cuda", 1), []

    def answer(name: str, value: int | None) -> Any:
        def counter(of: torch.device) -> int | None:
            asked.append((name, of))
            return value

        return counter

    monkeypatch.setattr(torch.cuda, "memory_allocated", answer("held", 7))
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", answer("peak", 9))
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", answer("reset", None))
    meter = memory_meter(device)
    assert isinstance(meter, CudaMeter)
    meter.reset()
    assert (meter.held_bytes(), meter.peak_bytes()) == (7, 9)
    assert asked == [("reset", device), ("held", device), ("peak", device)]


def test_elsewhere_nothing_is_known() -> None:
    meter = memory_meter(torch.device("mps"))
    meter.reset()
    assert isinstance(meter, NoMeter)
    assert (meter.held_bytes(), meter.peak_bytes()) == (None, None)
