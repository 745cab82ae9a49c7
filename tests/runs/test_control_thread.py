import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fftui import events as ev
from fftui.experiment import ForwardForward
from fftui.runs.control_file import ControlFile, request_and_wait, send_request
from fftui.runs.control_thread import obeying
from fftui.runs.folder import RunFolder
from fftui.runs.journal import read_journal
from fftui.runs.new_folder import create
from fftui.runs.run_thread import RunThread
from fftui.runs.workspace import Workspace

PATIENCE_S = 30.0


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


@pytest.fixture
def running(tmp_path: Path, small: Any) -> Iterator[RunThread]:
    """A run that goes on until it is stopped; at the end of the test it is over."""
    workspace = Workspace(tmp_path / "runs", device="cpu")
    endless = small.experiment(phases=(ForwardForward(epochs=1_000_000, batch_size=64),))
    thread = RunThread(create(workspace, endless), workspace)
    thread.start()
    try:
        until(lambda: thread.view.progress)
        yield thread
    finally:
        thread.stop()
        thread.join(PATIENCE_S)


def stated(folder: RunFolder, *kinds: type[ev.Event]) -> list[ev.Event]:
    return [event for _, event in read_journal(folder.journal, *kinds)]


def test_a_run_pauses_saves_and_continues_as_it_is_asked(running: RunThread) -> None:
    folder = running.folder
    request_and_wait(folder, "pause")
    until(lambda: folder.record().status == "paused")
    saved = len(stated(folder, ev.Checkpointed))
    request_and_wait(folder, "checkpoint")
    until(lambda: len(stated(folder, ev.Checkpointed)) == saved + 1)
    assert folder.record().status == "paused"
    request_and_wait(folder, "continue")
    until(lambda: folder.record().status == "running")
    request_and_wait(folder, "checkpoint")
    until(lambda: len(stated(folder, ev.Checkpointed)) == saved + 2)
    asked = [event.action for event in stated(folder, ev.ControlRequested)]  # type: ignore[attr-defined]
    assert asked == ["pause", "checkpoint", "continue", "checkpoint"]


def test_a_run_ends_its_layer_and_itself_as_it_is_asked(running: RunThread) -> None:
    request_and_wait(running.folder, "skip")
    running.join(PATIENCE_S)  # it has one layer
    assert running.view.status == "finished"
    assert running.view.layers[0].state == "skipped"


def test_a_paused_run_stops_as_it_is_asked(running: RunThread) -> None:
    running.pause()
    until(lambda: running.view.status == "paused")
    request_and_wait(running.folder, "stop")
    running.join(PATIENCE_S)
    assert running.folder.record().status == "interrupted"
    assert running.folder.checkpoint.exists()
    assert "stop: asked by process" in " ".join(line.text for line in running.view.log)


def test_a_request_that_may_not_be_obeyed_is_noted_and_the_run_goes_on(running: RunThread) -> None:
    folder = running.folder
    folder.control.touch()
    folder.control.chmod(0o666)
    folder.control.write_text('{"action": "stop", "at": 1.0, "pid": 1, "host": "x"}\n')
    until(lambda: stated(folder, ev.Noted))
    (noted,) = stated(folder, ev.Noted)
    assert "may be written by others" in noted.message  # type: ignore[attr-defined]
    assert running.view.status == "running"
    assert stated(folder, ev.ControlRequested) == []


def test_a_file_that_cannot_be_read_is_stated_once(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, emitted, reads = ControlFile(folder.control), [], threading.Semaphore(0)

    def fail() -> Any:
        reads.release()
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(file, "read", fail)
    monkeypatch.setattr("fftui.runs.control_thread.LOOK_EVERY_S", 0.001)
    send_request(folder, "stop")
    thread = RunThread(folder, Workspace(folder.path.parent))
    with obeying(file, thread, emitted.append):
        for _ in range(3):
            assert reads.acquire(timeout=PATIENCE_S)
    assert [type(event) for event in emitted] == [ev.Noted]
