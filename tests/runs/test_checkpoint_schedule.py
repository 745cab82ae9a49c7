import pytest

from fftui.runs import checkpoint_schedule
from fftui.runs.checkpoint_schedule import CheckpointSchedule


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds = [100.0]
    monkeypatch.setattr(checkpoint_schedule.time, "monotonic", lambda: seconds[0])
    return seconds


def test_a_checkpoint_is_due_so_many_seconds_after_the_last_one(now: list[float]) -> None:
    schedule = CheckpointSchedule(60.0)
    now[0] += 59.0
    assert not schedule.is_due
    now[0] += 1.0
    assert schedule.is_due
    schedule.begin()
    assert not schedule.is_due


def test_without_a_time_none_is_ever_due(now: list[float]) -> None:
    schedule = CheckpointSchedule(0.0)
    now[0] += 1e6
    assert not schedule.is_due


@pytest.mark.parametrize(("took_s", "after_s"), [(0.1, 5.0), (2.0, 40.0)])
def test_what_could_not_be_written_is_tried_again(
    now: list[float], took_s: float, after_s: float
) -> None:
    schedule = CheckpointSchedule(0.0)
    schedule.failed(took_s)
    now[0] += after_s - 0.5
    assert not schedule.is_due
    now[0] += 1.0
    assert schedule.is_due
    schedule.written()
    assert not schedule.is_due
