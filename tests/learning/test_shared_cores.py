"""Threads wait awake while the cores are theirs alone, and give way while others want them."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from fftui.learning import shared_cores
from fftui.learning.shared_cores import SleepingTeam, giving_way, is_shared, waited_s
from fftui.waiting import LIBGOMP_NAMES

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="libgomp is torch's on Linux")
PATIENCE_S = 60.0


@pytest.fixture(autouse=True)
def two_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two threads compute, and nobody has said how they wait."""
    for name in LIBGOMP_NAMES:
        monkeypatch.delenv(name, raising=False)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def watching() -> set[str]:
    """The threads of this module that there are."""
    return {each.name for each in threading.enumerate()} & {"shared-cores", "sleeping-team"}


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def awake_s() -> float:
    """Processor time of threads that have little to compute, and rest in between."""
    a = torch.ones(2, 40_000)
    (a + a).sum()
    begun = time.process_time()
    for _ in range(40):
        a + a  # one of both threads has nothing to do then
        time.sleep(0.01)
    return time.process_time() - begun


def test_a_sleeping_team_makes_waiting_threads_sleep_until_it_ends() -> None:
    library = shared_cores._libgomp()
    assert library is not None
    before = awake_s()
    tasks = len([*shared_cores.TASKS.iterdir()])
    team = SleepingTeam(library)
    assert len([*shared_cores.TASKS.iterdir()]) > tasks
    during = awake_s()
    team.end()
    after = awake_s()
    assert during < 0.6 * min(before, after)


def test_a_team_is_there_while_others_want_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    share = 0.0
    waited = 0.0

    def counted() -> float:
        nonlocal waited
        waited += share * shared_cores.EVERY_S
        return waited

    monkeypatch.setattr(shared_cores, "EVERY_S", 0.02)
    monkeypatch.setattr(shared_cores, "waited_s", counted)
    a = torch.randn(300, 300)
    product = a @ a
    with giving_way():
        assert watching() == {"shared-cores"}
        share = 100.0  # however late a busy machine looks
        until(lambda: "sleeping-team" in watching())
        assert torch.equal(a @ a, product)
        share = 0.0
        until(lambda: "sleeping-team" not in watching())
        share = 100.0
        until(lambda: "sleeping-team" in watching())
    assert watching() == set()


def test_where_no_thread_is_to_be_had_a_run_goes_on_and_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = threading.Event()

    def none(_: object) -> None:
        asked.set()
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(shared_cores, "EVERY_S", 0.02)
    monkeypatch.setattr(shared_cores, "SleepingTeam", none)
    monkeypatch.setattr(shared_cores, "waited_s", iter(range(0, 10**9, 1000)).__next__)
    with giving_way():
        assert asked.wait(PATIENCE_S)
    assert watching() == set()


def test_another_library_of_that_name_is_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_cores.ctypes, "CDLL", lambda _: object())
    with giving_way():
        assert watching() == set()


@pytest.mark.parametrize("before", [False, True])
def test_what_is_decided_stays_in_between(before: bool) -> None:
    assert not is_shared(0.1, before)
    assert is_shared(0.3, before) is before
    assert is_shared(0.7, before)


@pytest.mark.parametrize("name", LIBGOMP_NAMES)
def test_what_the_user_has_said_stays(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "PASSIVE")
    with giving_way():
        assert watching() == set()


def test_one_thread_waits_for_nobody() -> None:
    torch.set_num_threads(1)
    with giving_way():
        assert watching() == set()


def test_a_kernel_that_does_not_count_is_let_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert waited_s() is not None
    monkeypatch.setattr(shared_cores, "TASKS", tmp_path)
    assert waited_s() is None
    with giving_way():
        assert watching() == set()


def test_threads_that_cannot_be_read_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("1", "5 2000000000 1"), ("2", ""), ("3", "5 500000000 1")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "schedstat").write_text(text)
    monkeypatch.setattr(shared_cores, "TASKS", tmp_path)
    assert waited_s() == 2.5
