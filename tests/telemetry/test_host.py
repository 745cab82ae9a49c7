import time
from mmap import mmap

import psutil
import pytest

from fftui.telemetry.host import HostSource


def _spin() -> None:
    until = time.process_time() + 0.2
    while time.process_time() < until:
        pass


def _sleep() -> None:
    time.sleep(0.3)


@pytest.mark.parametrize("load", [_spin, _sleep])
def test_the_process_shows_the_processor_time_it_took(load):
    """Held against the process's own clock, so that a busy machine does not matter."""
    before_s, before_cpu_s = time.perf_counter(), time.process_time()
    source = HostSource()
    load()
    figures = source.read()
    share = (time.process_time() - before_cpu_s) / (time.perf_counter() - before_s)
    assert figures.process_cpu_percent == pytest.approx(100 * share, rel=0.3, abs=8)
    assert figures.host_cpu_percent is not None
    assert 0 <= figures.host_cpu_percent <= 100


def test_memory_is_in_bytes():
    figures = HostSource().read()
    assert figures.process_memory_bytes is not None
    assert figures.host_memory_used_bytes is not None
    with mmap(-1, 64_000_000) as held:  # fresh pages: an allocator may hand out ones that were resident before
        held.write(b"x" * len(held))
        grown = HostSource().read().process_memory_bytes
    assert grown is not None
    assert 64_000_000 * 0.9 < grown - figures.process_memory_bytes < 64_000_000 * 2.5
    assert 10_000_000 < figures.host_memory_used_bytes < psutil.virtual_memory().total


def test_a_figure_that_the_system_refuses_is_missing_and_the_others_stay(monkeypatch):
    source = HostSource()

    def refuse(*_args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(psutil, "virtual_memory", refuse)
    monkeypatch.setattr(psutil.Process, "cpu_percent", refuse)
    figures = source.read()
    assert figures.host_memory_used_bytes is None
    assert figures.process_cpu_percent is None
    assert figures.process_memory_bytes is not None
    assert figures.host_cpu_percent is not None


def test_a_process_that_psutil_cannot_see_has_no_figures(monkeypatch):
    source = HostSource()

    def gone(*_args):
        raise psutil.NoSuchProcess(1)

    monkeypatch.setattr(psutil.Process, "memory_info", gone)
    assert source.read().process_memory_bytes is None
