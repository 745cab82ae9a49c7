from pathlib import Path

from fftui.experiment import Experiment
from fftui.runs.folder import create
from fftui.runs.listing import damaged_runs, list_runs
from fftui.runs.workspace import Workspace


def test_runs_are_listed_newest_first_with_their_current_status(
    tmp_path: Path, experiment: Experiment
) -> None:
    old, new = (create(Workspace(tmp_path), experiment, name=name) for name in ("old", "new"))
    old.write_record(old.record().model_copy(update={"process_started": 1.0}))
    damaged = create(Workspace(tmp_path), experiment)
    damaged.run_json.write_text("{")
    (tmp_path / "not-a-run").mkdir()
    assert [(run.id, run.status) for run in list_runs(tmp_path)] == [
        (new.id, "running"),
        (old.id, "interrupted"),
    ]
    assert damaged_runs(tmp_path) == [damaged]
    assert list_runs(tmp_path / "absent") == []
