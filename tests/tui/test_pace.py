"""Refreshes take at most their share of a core, and come at least once a second."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.runs.view import RunView
from fftui.tui import pace
from fftui.tui.app import FFTUIApp
from fftui.tui.pace import Pace
from fftui.tui.screens.live_screen import LiveScreen


class Times:
    """A clock, and the processor seconds of one thread."""

    def __init__(self) -> None:
        self.clock = self.processor = 100.0

    def pace(self) -> Pace:
        """A pace by these times."""
        return Pace(lambda: self.clock, lambda: self.processor)


@pytest.fixture(autouse=True)
def refreshes_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here they cost what they do."""
    monkeypatch.setattr("fftui.tui.pace.SHARE", 0.02)


@given(costs=st.lists(st.floats(0, 0.019), min_size=1, max_size=50))
def test_refreshes_take_at_most_their_share(costs: list[float]) -> None:
    times = Times()
    paced = times.pace()
    begun = times.clock
    for cost in costs:
        paced.refreshed()
        times.processor += cost
        times.clock += cost
        while not paced.is_due:
            times.clock += 0.25
    assert sum(costs) <= pace.SHARE * (times.clock - begun) + 1e-9


@given(cost=st.floats(0, 1000))
def test_the_longest_wait_is_a_second(cost: float) -> None:
    times = Times()
    paced = times.pace()
    paced.refreshed()
    times.processor += cost
    times.clock += pace.LONGEST_S
    assert paced.is_due


async def test_a_costly_screen_draws_less_often(
    new_app: Callable[..., FFTUIApp],
    new_control: Callable[..., Any],
    view_of: Callable[..., RunView],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spent = [0.0]
    app = new_app(new_control(view_of(until=(1, 2))))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert isinstance(app.screen, LiveScreen)
        app.screen._pace = Pace(processor=lambda: spent[0])
        begun: list[float] = []
        refreshed = Pace.refreshed

        def counted(self: Pace) -> None:
            begun.append(self._clock())
            refreshed(self)
            spent[0] += 10  # seconds

        monkeypatch.setattr(Pace, "refreshed", counted)
        await pilot.pause(2.6)
    gaps = [later - earlier for earlier, later in pairwise(begun)]
    assert gaps
    assert min(gaps) >= pace.LONGEST_S
