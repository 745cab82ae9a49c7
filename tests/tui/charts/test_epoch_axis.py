from collections.abc import Callable

from fftui.runs.view import RunView
from fftui.tui.charts.epoch_axis import EpochAxis, RunClock


def test_stages_follow_each_other_with_a_boundary_between(view_of: Callable[..., RunView]) -> None:
    axis = EpochAxis.of(view_of(until=(3, 5)))
    assert axis.boundaries == (20.5, 40.5)
    assert axis.epoch(1, 3, 5) == 45


def test_steps_and_seconds_run_on_over_the_layers(view_of: Callable[..., RunView]) -> None:
    clock = RunClock.of(view_of(until=(2, 5)))
    assert clock.at(20, "step") == 800
    assert clock.at(25, "step") == 1000
    assert round(clock.at(25, "seconds"), 6) == 40.0
    assert clock.at(7, "epoch") == 7
    for name in ("epoch", "step", "seconds"):
        assert round(clock.epoch_at(clock.at(12.5, name), name), 6) == 12.5
    assert clock.at(50, "step") == 2000  # beyond the newest epoch, at the mean pace


def test_without_an_epoch_there_are_neither_steps_nor_seconds() -> None:
    clock = RunClock.of(RunView())
    assert clock.knows("epoch")
    assert not clock.knows("step")
    assert not clock.knows("seconds")


def test_layers_in_parallel_share_their_steps(parallel_view_of: Callable[..., RunView]) -> None:
    assert RunClock.of(parallel_view_of(until=7)).at(7, "step") == 280
