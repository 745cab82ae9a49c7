from pathlib import Path
from typing import Any

import pytest

from fftui.errors import RequestError
from fftui.executors.share import Share
from fftui.executors.slurm import SlurmExecutor
from fftui.runs.new_folder import create
from fftui.runs.status import current_record
from fftui.runs.workspace import Workspace


def test_a_job_carries_a_run_out(
    tmp_path: Path, small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On submitit's local executor: a batch script of its own, and the plain command in it."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    workspace = Workspace(tmp_path / "runs", device="cpu")
    folder = create(workspace, small.experiment())
    executor = SlurmExecutor(workspace.runs_dir, 2, Share(), cluster="local")
    worker = executor.worker(folder, workspace, resume=False)
    worker.start()
    assert current_record(folder).status in ("waiting", "running")
    worker.join()
    worker._job._job.wait()  # type: ignore[attr-defined]
    assert worker.refused is None
    assert worker.view.result and worker.view.result.status == "finished"
    assert folder.record().status == "finished"


def test_a_job_that_is_refused_says_why(
    tmp_path: Path, small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(tmp_path / "runs", device="cpu")
    executor = SlurmExecutor(workspace.runs_dir, 1, Share(), cluster="local")

    def refuse(*_: Any) -> None:
        msg = "sbatch: error: invalid partition\n specified"
        raise ValueError(msg)

    monkeypatch.setattr(executor._executor, "submit", refuse)
    worker = executor.worker(create(workspace, small.experiment()), workspace, resume=False)
    with pytest.raises(RequestError, match="not submitted: sbatch: error: invalid partition spec"):
        worker.start()
