"""The end of the screen's process waits for no thread behind the screen."""

from pathlib import Path

import pytest

from fftui.tui.own_loop import LOADER, WORK, leave
from fftui.tui.screen_failure import FILE_NAME, ScreenFailure

from ..warm import WarmProcess

BUSY = """
import sys, threading, time
from fftui.tui.own_loop import leave
threading.Thread(target=time.sleep, args=(600,), name=sys.argv[1]).start()
sys.exit(leave(7))
"""


@pytest.mark.parametrize("name", [f"{WORK}_0", LOADER])
def test_a_thread_that_is_busy_is_left_behind(tmp_path: Path, name: str) -> None:
    process = WarmProcess(BUSY, [name], folder=tmp_path, environment={})
    try:
        assert process.wait(120) == 7
    finally:
        process.kill()


def test_without_such_a_thread_the_process_goes_on() -> None:
    assert leave(3) == 3


def test_an_apps_workers_are_not_waited_for(tmp_path: Path) -> None:
    code = """
import sys, time
from textual.app import App
from fftui.tui.own_loop import leave, run_on_own_loop

class Busy(App[int]):
    def on_mount(self):
        self.run_worker(lambda: time.sleep(600), thread=True)
        self.set_timer(0.2, lambda: self.exit(5))

class Headless(Busy):
    def run(self, **options):
        return super().run(headless=True, **options)

sys.exit(leave(run_on_own_loop(Headless())))
"""
    process = WarmProcess(code, [], folder=tmp_path, environment={})
    try:
        assert process.wait(120) == 5
    finally:
        process.kill()


def test_a_failure_is_one_line_and_its_traceback_a_file(tmp_path: Path) -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        failure = ScreenFailure.of(error)
    line = failure.keep(tmp_path)
    assert "\n" not in line
    assert "ValueError: two lines" in line
    assert str(tmp_path / FILE_NAME) in line
    assert "raise ValueError" in (tmp_path / FILE_NAME).read_text()


def test_a_failure_is_kept_elsewhere_where_the_folder_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    line = ScreenFailure("it broke", "a traceback").keep(tmp_path / "gone")
    assert str(tmp_path / FILE_NAME) in line
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "gone"))
    assert "cannot be written" in ScreenFailure("it broke", "").keep(None)
