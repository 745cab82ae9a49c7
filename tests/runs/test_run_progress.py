"""How far a run has come, from the end of its journal."""

from pathlib import Path

import pytest

from fftui.events import to_json
from fftui.runs.run_progress import END_BYTES, RunProgress, read_progress


def written(path: Path, *events) -> Path:
    path.write_text("".join(f"{to_json(10.0 + at, e)}\n" for at, e in enumerate(events)), "utf-8")
    return path


def test_the_last_step_tells(tmp_path: Path, facts) -> None:
    journal = written(
        tmp_path / "j", facts.started(), facts.layer(1), facts.step(2), facts.telemetry()
    )
    assert read_progress(journal) == RunProgress(13.0, 0.25, 1, 1, 1, None)
    with journal.open("a") as file:
        file.write('{"at":99.0,"event":"stepped"')  # torn
    assert read_progress(journal) == RunProgress(13.0, 0.25, 1, 1, 1, None)


@pytest.mark.parametrize(("loss", "diverged"), [(0.5, False), (float("nan"), True)])
def test_a_loss_that_is_no_number_is_seen(
    tmp_path: Path, facts, loss: float, diverged: bool
) -> None:
    journal = written(tmp_path / "j", facts.step(4), facts.epoch(1, 1, loss=loss))
    found = read_progress(journal)
    assert found is not None
    assert (found.diverged, found.fraction) == (diverged, 0.5)


def test_a_long_evaluation_does_not_hide_it(tmp_path: Path, facts) -> None:
    samples = [facts.telemetry()] * (3 * END_BYTES // 120)
    found = read_progress(written(tmp_path / "j", facts.step(2), *samples))
    assert found is not None
    assert (found.fraction, found.event_at) == (0.25, 10.0 + len(samples))


def test_there_may_be_no_event(tmp_path: Path, facts) -> None:
    assert read_progress(tmp_path / "absent") is None
    assert read_progress(written(tmp_path / "j")) is None
    assert read_progress(written(tmp_path / "j", facts.started())) == RunProgress(10.0)
