"""Runs as jobs of Slurm, through submitit; its local executor stands in where there is no Slurm.

submitit pickles what it is given: the name of a function of fftui and the words of a command. Its
files lie in `.jobs` of the runs folder, with what each job wrote. A job is called after its run, by
which `fftui.runs.status` knows that a run waits whoever has submitted it.
"""

import shutil
import threading
import time
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from fftui.errors import RequestError
from fftui.executors.executor import RunWorker
from fftui.executors.node_command import run_here
from fftui.executors.share import Share
from fftui.executors.submitted import Job, SubmittedRun
from fftui.runs.folder import RunFolder
from fftui.runs.slurm_queue import JOBS, is_queued, state_of
from fftui.runs.workspace import Workspace
from fftui.text.signal_handlers import INTERRUPTED


class SlurmExecutor:
    """At most `slots` jobs at once, each of which declares its `share` of a node. Any thread may
    ask it for a worker.

    Raises RequestError where the jobs' folder cannot be written.
    """

    def __init__(
        self,
        runs_dir: Path,
        slots: int,
        share: Share,
        cluster: Literal["slurm", "local"] = "slurm",
    ) -> None:
        import submitit  # noqa: PLC0415 - an extra

        self.slots = slots
        self.one_machine = False
        self._share = share
        self._job_of = _SlurmJob if cluster == "slurm" else _SubmititJob
        self._lock = threading.Lock()  # the name of a job is a parameter of the executor
        try:
            self._executor = submitit.AutoExecutor(
                folder=runs_dir.absolute() / JOBS, cluster=cluster
            )
        except OSError as error:
            msg = f"cannot write {runs_dir / JOBS}: {error.strerror}"
            raise RequestError(msg) from error
        declared: dict[str, Any] = {
            "timeout_min": share.minutes,
            "cpus_per_task": share.cores,
        }
        if share.gpus:
            declared["gpus_per_node"] = max(1, int(share.gpus))
        if cluster == "slurm":
            # since 22.05 a step has one core of its job's unless it says so
            declared["slurm_srun_args"] = [f"--cpus-per-task={share.cores}"]
            if share.partition is not None:
                declared["slurm_partition"] = share.partition
        self._executor.update_parameters(**declared)

    def worker(
        self, folder: RunFolder, workspace: Workspace, *, resume: bool, own_process: bool = False
    ) -> RunWorker:
        """The run as a job, which begins it or goes on with it."""
        return SubmittedRun(folder, partial(self._submit, folder.id))

    def _submit(self, run: str, words: Sequence[str]) -> Job:
        try:
            with self._lock:
                self._executor.update_parameters(name=run)
                job = self._executor.submit(run_here, list(words), self._share.cores)
        # what sbatch refuses has an error of submitit's own
        except Exception as error:
            msg = f"the job was not submitted: {' '.join(str(error).split())}"
            raise RequestError(msg) from error
        return self._job_of(job, run)


class _SubmititJob:
    """A job of submitit's."""

    def __init__(self, job: Any, run: str) -> None:
        self._job, self._run = job, run
        self._submitted_at = time.monotonic()

    def is_over(self) -> bool:
        """Whether it has left a result, or submitit says that it is over."""
        return bool(self._job.done())

    def cancel(self) -> None:
        """Take it out of the queue, or end it."""
        self._job.cancel()

    def end(self) -> tuple[int | None, str]:
        """Its exit code and last line; None where it left no result."""
        error = self._job.exception()
        if error is not None:
            lines = str(error).strip().splitlines()
            return None, lines[-1] if lines else "it left no result"
        code, said = self._job.result()
        return int(code), str(said)

    def was_cancelled(self) -> bool:
        """Nothing says so."""
        return False


class _SlurmJob(_SubmititJob):
    """One of Slurm's. submitit itself would ask sacct alone: every ten minutes, and in vain, with
    warnings, where no accounts are kept.
    """

    def is_over(self) -> bool:
        """Whether it has left the end of a run, or Slurm has it no more. Of one that was ended only
        then Slurm says by what, and whether it is not in the queue again.
        """
        left_end = self._has_result() and super().end()[0] not in (None, INTERRUPTED)
        return left_end or not is_queued(self._run, self._submitted_at)

    def end(self) -> tuple[int | None, str]:
        """Its exit code and last line; None where it left no result."""
        if self._has_result():
            return super().end()
        return None, f"Slurm has no job {self._job.job_id} any more, and it left no result"

    def was_cancelled(self) -> bool:
        """Whether Slurm says so."""
        return (state_of(self._job.job_id) or "").startswith("CANCELLED")

    def _has_result(self) -> bool:
        return bool(self._job.paths.result_pickle.exists())


def slurm_executor(runs_dir: Path, slots: int, share: Share) -> SlurmExecutor:
    """The executor of this machine's Slurm. Raises RequestError where submitit or sbatch is not
    there.
    """
    if find_spec("submitit") is None:
        msg = "--on slurm needs submitit, which is not installed: pip install 'fftui[slurm]'"
        raise RequestError(msg)
    if shutil.which("sbatch") is None:
        msg = "--on slurm: there is no sbatch on this machine; submit from a login node of Slurm"
        raise RequestError(msg)
    return SlurmExecutor(runs_dir, slots, share)
