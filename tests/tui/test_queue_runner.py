"""What becomes of the runs that wait once the screen is closed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fftui import events as ev
from fftui.presets import load_preset
from fftui.runs.folder import RunFolder
from fftui.runs.status import current_record
from fftui.runs.view import RunView
from fftui.runs.workspace import Workspace
from fftui.tui.app_runner import AppRunner
from fftui.tui.backend import Backend
from fftui.tui.launching import Ending
from fftui.tui.run_sources import LiveSource


@pytest.fixture
def backend(tmp_path: Path) -> Backend:
    return Backend(Workspace(tmp_path / "runs", device="cpu"))


@pytest.fixture
def closed(backend: Backend, new_control: Callable) -> Callable[[Ending], AppRunner]:
    """A screen that was closed while two runs wait for one that has just ended."""

    def make(ending: Ending) -> AppRunner:
        runner = AppRunner(backend, None)
        runner.app.source = LiveSource("r", new_control(ended("interrupted"), alive=False))
        for _ in range(2):
            folder = backend.waiting(load_preset("quickstart"), "quickstart")
            runner.app.queue.add(folder)
        runner._ending = ending
        return runner

    return make


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch, new_control: Callable) -> list[str]:
    ids: list[str] = []

    def begin(_: Backend, folder: RunFolder) -> tuple[str, object]:
        ids.append(folder.id)
        return folder.id, new_control(ended("finished"), alive=False)

    monkeypatch.setattr(Backend, "begin", begin)
    return ids


def ended(status: str) -> RunView:
    return RunView().after(0.0, ev.RunFinished(status, None, (), 1.0, None))


@pytest.mark.parametrize("ending", ["keep", "hung up"])
def test_those_that_wait_go_on_without_the_screen(
    closed: Callable, begun: list[str], ending: Ending
) -> None:
    runner = closed(ending)
    ids = [each.folder.id for each in runner.app.queue.waiting]
    runner._wait()
    assert begun == ids
    assert [end.name for end in runner.app.ended] == ["r", *ids]


@pytest.mark.parametrize("ending", ["stop", "terminated", "hand over"])
def test_those_that_wait_do_not_begin_where_the_process_is_to_end(
    closed: Callable, begun: list[str], ending: Ending
) -> None:
    runner = closed(ending)
    runner._wait()
    assert begun == []
    assert [current_record(each.folder).status for each in runner.app.queue.waiting] == [
        "waiting",
        "waiting",
    ]


@pytest.mark.parametrize("first_goes_on", [True, False])
def test_the_background_is_given_the_run_and_the_queue(
    closed: Callable, backend: Backend, monkeypatch: pytest.MonkeyPatch, first_goes_on: bool
) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(
        "fftui.text.detached.start_detached",
        lambda folder, *options: asked.append((folder.id, *options)),
    )
    runner = closed("hand over")
    first, second = (each.folder for each in runner.app.queue.waiting)
    if first_goes_on:
        folder = backend.waiting(load_preset("quickstart"), "quickstart")
        folder.journal.touch()
        runner.app.source.run = folder.id
        wanted = (folder.id, "--resume", f"--then={first.path}", f"--then={second.path}")
    else:
        runner.app.source = None
        wanted = (first.id, f"--then={second.path}")
    assert runner._hand_over() == 0
    assert asked == [wanted]


def test_no_study_is_given_to_the_background_as_if_it_were_a_run(
    closed: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        "fftui.text.detached.start_detached", lambda folder, *_: asked.append(folder.id)
    )
    runner = closed("hand over")
    runner.app.sweep_run, runner.app.source.run = object(), "sweep rates"
    first = runner.app.queue.waiting[0].folder
    assert runner._hand_over() == 0
    assert asked == [first.id]
