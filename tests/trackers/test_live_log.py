"""`--log`: curves in a tracker's files while a run learns."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fftui import events as ev
from fftui.errors import RequestError
from fftui.runs.new_folder import create
from fftui.runs.run_thread import RunThread
from fftui.runs.workspace import Workspace
from fftui.trackers.live_log import LiveLog
from fftui.trackers.tracked_run import tracked_run

from .test_trackers import check, tensorboard_points


@pytest.fixture
def run_thread(small: Any, fake_trainings: Callable[..., Any], tmp_path: Path) -> RunThread:
    workspace = Workspace(tmp_path / "runs")
    folder = create(workspace, small.experiment())
    return RunThread(folder, workspace, start_training=fake_trainings)


def test_it_has_what_the_run_states(run_thread: RunThread, tmp_path: Path) -> None:
    heard: list[ev.Event] = []
    run_thread.listen(lambda _at, event: heard.append(event))
    LiveLog.of(f"tensorboard:{tmp_path}/logs").follow(run_thread)
    run_thread.run()
    run = tracked_run(run_thread.folder)
    check(tensorboard_points(tmp_path / "logs" / run.id)[0], run)
    assert isinstance(heard[-1], ev.RunFinished)  # the other listener heard all too


def test_one_that_fails_changes_nothing_of_the_run(run_thread: RunThread, tmp_path: Path) -> None:
    heard: list[ev.Event] = []

    def fail(_at: float, _event: ev.Event) -> None:
        raise OSError(28, "No space left on device")

    run_thread.listen(fail)
    run_thread.listen(lambda _at, event: heard.append(event))
    run_thread.run()
    assert run_thread.view.result is not None
    assert run_thread.view.result.status == "finished"
    assert len(run_thread.problems) == 1
    assert "No space left" in run_thread.problems[0]
    assert isinstance(heard[-1], ev.RunFinished)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tensorbord:logs", "did you mean 'tensorboard'"),
        ("tensorboard", "name the folder too"),
        ("tensorboard:/dev/null/logs", "cannot write to /dev/null/logs"),
        ("wandb:logs", "no live log is called 'wandb'"),
    ],
)
def test_what_cannot_be_logged_to_is_one_line(text: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        LiveLog.of(text)
