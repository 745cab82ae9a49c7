"""Progress survives a checkpoint's JSON, also one of an older version."""

from fftui.learning.state import Progress
from fftui.learning.stopwatch import Times

PROGRESS = Progress(phase=1, stage=2, epoch=3, step=4, done=50, times=Times(train_s=0.1 + 0.2))


def test_progress_round_trips() -> None:
    assert Progress.from_json(PROGRESS.to_json()) == PROGRESS


def test_the_older_name_of_stage_is_read() -> None:
    older = {
        "stretch" if key == "stage" else key: value for key, value in PROGRESS.to_json().items()
    }
    assert Progress.from_json(older) == PROGRESS
