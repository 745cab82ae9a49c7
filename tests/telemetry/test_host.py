import subprocess
import sys
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
    metrics = source.read()
    share = (time.process_time() - before_cpu_s) / (time.perf_counter() - before_s)
    assert metrics.process_cpu_percent == pytest.approx(100 * share, rel=0.3, abs=8)
    assert metrics.host_cpu_percent is not None
    assert 0 <= metrics.host_cpu_percent <= 100


GROWS = """
from mmap import mmap
from fftui.telemetry.host import HostSource

before = HostSource().read()
# fresh pages: an allocator may hand out ones that were resident before
with mmap(-1, 64_000_000) as held:
    held.write(b"x" * len(held))
    grown = HostSource().read()
print(before.process_memory_bytes, grown.process_memory_bytes, before.host_memory_used_bytes)
"""


def test_memory_is_in_bytes():
    """In a process of its own: this one may give back what earlier tests took, meanwhile."""
    done = subprocess.run([sys.executable, "-c", GROWS], capture_output=True, text=True, check=True)
    before, grown, used = map(int, done.stdout.split())
    assert 64_000_000 * 0.9 < grown - before < 64_000_000 * 2.5
    assert 10_000_000 < used < psutil.virtual_memory().total


def test_memory_that_is_only_reserved_is_not_counted():
    before = HostSource().read().process_memory_bytes
    with mmap(-1, 512_000_000):
        after = HostSource().read().process_memory_bytes
    assert before is not None
    assert after is not None
    assert after - before < 256_000_000


def test_the_machine_is_described():
    source = HostSource()
    assert source.cores == psutil.cpu_count()
    assert source.memory_total_bytes == psutil.virtual_memory().total


def test_where_nothing_is_refused_nothing_is_missing():
    source = HostSource()
    source.read()
    assert source.missing == {}


def test_a_metric_that_the_system_refuses_is_missing_with_its_reason_and_the_others_stay(
    monkeypatch,
):
    source = HostSource()

    def refuse(*_args):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as refusing:
        refusing.setattr(psutil, "virtual_memory", refuse)
        refusing.setattr(psutil.Process, "cpu_percent", refuse)
        metrics = source.read()
        assert HostSource().memory_total_bytes is None
    assert metrics.host_memory_used_bytes is None
    assert metrics.process_cpu_percent is None
    assert metrics.process_memory_bytes is not None
    assert metrics.host_cpu_percent is not None
    assert source.missing == dict.fromkeys(
        ("process_cpu_percent", "host_memory_used_bytes"), "Permission denied"
    )
    source.read()
    assert source.missing == {}  # available again


def test_a_process_that_psutil_cannot_see_has_no_metrics(monkeypatch):
    source = HostSource()

    def gone(*_args):
        raise psutil.NoSuchProcess(1)

    monkeypatch.setattr(psutil.Process, "memory_info", gone)
    assert source.read().process_memory_bytes is None
    assert "process" in source.missing["process_memory_bytes"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            FileNotFoundError(2, "No such file or directory", "/proc/meminfo"),
            "No such file or directory",
        ),
        (OSError("odd"), "odd"),
        (OSError(), "OSError"),
        (psutil.AccessDenied(7, msg="not yours"), "not yours"),
    ],
)
def test_the_reason_is_in_words_whatever_is_raised(monkeypatch, error, words):
    source = HostSource()

    def refuse():
        raise error

    with monkeypatch.context() as refusing:
        refusing.setattr(psutil, "virtual_memory", refuse)
        assert source.read().host_memory_used_bytes is None
    assert list(source.missing) == ["host_memory_used_bytes"]
    assert words in source.missing["host_memory_used_bytes"]


def test_percents_have_no_more_than_two_decimals():
    source = HostSource()
    for _ in range(3):
        _spin()
        metrics = source.read()
        for percent in (metrics.process_cpu_percent, metrics.host_cpu_percent):
            assert percent == round(percent, 2)


def test_a_sample_costs_little():
    """The best of many, so that a busy machine does not matter; it takes about a fifth of a
    millisecond.
    """
    source, costs_s = HostSource(), []
    for _ in range(200):
        began_s = time.perf_counter()
        source.read()
        costs_s.append(time.perf_counter() - began_s)
    assert min(costs_s) < 1e-3
