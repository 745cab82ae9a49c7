from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fftui.events import Status
from fftui.experiment import Checkpoint, Experiment, Telemetry
from fftui.runs.folder import RunFolder
from fftui.studies.matching import KnownRuns, distinct, identity

Finished = Callable[..., RunFolder]
Tiny = Callable[..., Experiment]


@pytest.fixture
def tiny(small: Any) -> Tiny:
    return small.experiment  # type: ignore[no-any-return]


def test_a_name_makes_no_other_experiment_but_a_seed_does(tiny: Tiny) -> None:
    same = tiny(name="other", description="words", checkpoint=Checkpoint(every_s=9.0))
    assert identity(same) == identity(tiny())
    assert identity(tiny(1)) != identity(tiny())
    assert identity(tiny(telemetry=Telemetry(hz=1.0))) != identity(tiny())
    assert [identity(each) for each in distinct([tiny(), tiny(1), same])] == [
        identity(tiny()),
        identity(tiny(1)),
    ]


def test_a_run_started_by_hand_is_found_by_its_experiment(
    tmp_path: Path, finished_run: Finished, tiny: Tiny
) -> None:
    folder = finished_run(tiny())
    known = KnownRuns.of(tmp_path / "runs")
    run = known.of_experiment(tiny(name="what the study calls it"))
    assert run is not None
    assert (run.folder, run.status) == (folder, "finished")
    assert known.of_experiment(tiny(1)) is None


@pytest.mark.parametrize(
    "others", [("failed",), ("interrupted", "failed"), ("failed", "interrupted")]
)
def test_a_finished_run_says_more_than_newer_ones(
    tmp_path: Path, finished_run: Finished, tiny: Tiny, others: tuple[Status, ...]
) -> None:
    folder = finished_run(tiny())
    for status in others:
        finished_run(tiny(), status=status)
    run = KnownRuns.of(tmp_path / "runs").of_experiment(tiny())
    assert run is not None
    assert run.folder == folder


def test_of_equals_it_is_the_newest(tmp_path: Path, finished_run: Finished, tiny: Tiny) -> None:
    for _ in range(3):
        newest = finished_run(tiny())
    run = KnownRuns.of(tmp_path / "runs").of_experiment(tiny())
    assert run is not None
    assert run.record.started == newest.record().started


def test_a_run_whose_process_is_gone_is_interrupted(
    tmp_path: Path, finished_run: Finished, tiny: Tiny
) -> None:
    folder = finished_run(tiny())
    gone = folder.record().model_copy(
        update={"status": "running", "pid": 2**22 + 1, "process_started": 1.0}
    )
    folder.write_record(gone)
    run = KnownRuns.of(tmp_path / "runs").of_experiment(tiny())
    assert run is not None
    assert run.status == "interrupted"


def test_what_cannot_be_read_is_no_use_and_no_fault(
    tmp_path: Path, finished_run: Finished, tiny: Tiny
) -> None:
    finished_run(tiny(1)).experiment_path.write_text("[model]\nhead = 'of an older version'\n")
    finished_run(tiny(2)).run_json.write_text("{")
    finished_run(tiny())
    known = KnownRuns.of(tmp_path / "runs")
    assert known.of_experiment(tiny()) is not None
    assert known.of_experiment(tiny(1)) is known.of_experiment(tiny(2)) is None


def test_no_folder_no_runs(tmp_path: Path, tiny: Tiny) -> None:
    assert KnownRuns.of(tmp_path / "nowhere").of_experiment(tiny()) is None
