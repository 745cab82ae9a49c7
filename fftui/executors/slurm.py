"""Runs as jobs of Slurm, through submitit; its local executor stands in where there is no Slurm.

submitit pickles what it is given: the name of a function of fftui and the words of a command. Its
files lie in `.jobs` of the runs folder, with what each job wrote.
"""

import shutil
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from fftui.errors import RequestError
from fftui.executors.executor import RunWorker
from fftui.executors.node_command import run_here
from fftui.executors.share import Share
from fftui.executors.submitted import Job, SubmittedRun
from fftui.runs.folder import RunFolder
from fftui.runs.workspace import Workspace

JOBS = ".jobs"


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
        self._share = share
        try:
            self._executor = submitit.AutoExecutor(
                folder=runs_dir.absolute() / JOBS, cluster=cluster
            )
        except OSError as error:
            msg = f"cannot write {runs_dir / JOBS}: {error.strerror}"
            raise RequestError(msg) from error
        declared: dict[str, Any] = {
            "name": "fftui",
            "timeout_min": share.minutes,
            "cpus_per_task": share.cores,
        }
        if share.gpus:
            declared["gpus_per_node"] = max(1, int(share.gpus))
        if share.partition is not None and cluster == "slurm":
            declared["slurm_partition"] = share.partition
        self._executor.update_parameters(**declared)

    def worker(
        self, folder: RunFolder, workspace: Workspace, *, resume: bool, own_process: bool = False
    ) -> RunWorker:
        """The run as a job, which begins it or goes on with it."""
        return SubmittedRun(folder, self._submit)

    def _submit(self, words: Sequence[str]) -> Job:
        try:
            job = self._executor.submit(run_here, list(words), self._share.cores)
        # what sbatch refuses has an error of submitit's own
        except Exception as error:
            msg = f"the job was not submitted: {' '.join(str(error).split())}"
            raise RequestError(msg) from error
        return _SlurmJob(job)


class _SlurmJob:
    def __init__(self, job: Any) -> None:
        self._job = job

    def is_over(self) -> bool:
        """Whether Slurm says that it is."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # sacct that is not there yet
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
