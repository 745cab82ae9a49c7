from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fftui.errors import RequestError
from fftui.executors.share import Share
from fftui.executors.slurm import SlurmExecutor, _SlurmJob
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


def executor_of_slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: Share) -> Any:
    """With sbatch, whose scripts it keeps, where there is no Slurm."""
    sbatch = tmp_path / "sbatch"
    sbatch.write_text(f'#!/bin/sh\ncat "$1" >>{tmp_path}/scripts; echo Submitted batch job 17\n')
    sbatch.chmod(0o755)
    for name in ("srun", "squeue", "scancel"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 0\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return SlurmExecutor(tmp_path / "runs", 2, share)


def test_a_job_is_called_after_its_run_and_its_step_has_all_of_its_cores(
    tmp_path: Path, small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(tmp_path / "runs", device="cpu")
    executor = executor_of_slurm(tmp_path, monkeypatch, Share(cores=4, partition="short"))
    folders = [create(workspace, small.experiment(seed)) for seed in (1, 2)]
    for folder in folders:
        executor.worker(folder, workspace, resume=False).start()
    said = (tmp_path / "scripts").read_text()
    for folder in folders:
        assert f"#SBATCH --job-name={folder.id}\n" in said
    assert "#SBATCH --cpus-per-task=4\n" in said
    assert "#SBATCH --partition=short\n" in said
    assert said.count("--cpus-per-task=4 ") == len(folders)  # of srun


class _Result:
    """A job of submitit's, which would ask sacct."""

    job_id = "17"

    def __init__(self, result: Path) -> None:
        self.paths = SimpleNamespace(result_pickle=result)

    def done(self) -> bool:
        raise AssertionError

    def exception(self) -> None:
        return None

    def result(self) -> tuple[int, str]:
        return int(self.paths.result_pickle.read_text()), ""


def test_a_job_that_slurm_has_no_more_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued, states = {"run"}, {"17": "NODE_FAIL"}
    monkeypatch.setattr("fftui.executors.slurm.is_queued", lambda run, since: run in queued)
    monkeypatch.setattr("fftui.executors.slurm.state_of", states.get)
    job = _SlurmJob(_Result(tmp_path / "result"), "run")
    assert not job.is_over()
    queued.clear()
    assert job.is_over()
    assert job.end() == (None, "Slurm has no job 17 any more, and it left no result")
    assert not job.was_cancelled()
    states["17"] = "CANCELLED"
    assert job.was_cancelled()


@pytest.mark.parametrize(("code", "over"), [(0, True), (2, True), (130, False)])
def test_a_job_that_a_signal_ended_is_not_over_before_slurm_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, over: bool
) -> None:
    """It is ending still, by scancel or for another job, or it is in the queue again."""
    monkeypatch.setattr("fftui.executors.slurm.is_queued", lambda run, since: True)
    result = tmp_path / "result"
    result.write_text(str(code))
    assert _SlurmJob(_Result(result), "run").is_over() is over
