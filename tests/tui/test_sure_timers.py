"""Timers that fire once do so on a machine that is busy in between."""

import time

from .on_screen import SMALL, until


async def test_a_resize_is_not_lost_where_the_processor_is_busy(new_app, monkeypatch) -> None:
    late, passed = iter([0.05] * 8), 0.0  # seconds that pass before each of the next readings

    def get_time() -> float:
        nonlocal passed
        passed += next(late, 0.0)
        return time.monotonic() + passed

    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        monkeypatch.setattr("textual._time.get_time", get_time)
        await pilot.resize_terminal(60, 16)
        await until(pilot, lambda: app.screen._compositor.size == (60, 16))
