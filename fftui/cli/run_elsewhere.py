"""`fftui run --on`: one run as a job of Slurm or a task of a Ray cluster, followed without the
screen.
"""

from fftui.errors import RequestError
from fftui.executors.spec import parse_executor
from fftui.executors.submitted import SubmittedRun
from fftui.experiment import Experiment
from fftui.runs.expectation import warning_of
from fftui.runs.folder import RunFolder
from fftui.runs.new_folder import create
from fftui.runs.slurm_queue import JOBS
from fftui.runs.workspace import Workspace
from fftui.text.run_result import command_from_anywhere
from fftui.text.streams import to_stderr, to_stdout


def submitted_run(
    on: str, experiment: Experiment, workspace: Workspace, preset: str | None, name: str | None
) -> SubmittedRun:
    """The run of `experiment`, in a new folder, to be submitted to the place `on`.

    Raises RequestError where that is this machine, or is not there, and where the run is refused.
    """
    spec = parse_executor(on)
    if spec.kind == "local":
        msg = "--on local is for studies and sweeps: fftui run carries a single run out right here"
        raise RequestError(msg)
    executor = spec.executor(workspace.runs_dir)
    warning_of(experiment, workspace.device)
    folder = create(workspace, experiment, preset=preset, name=name, status="waiting")
    worker = executor.worker(folder, workspace, resume=False)
    assert isinstance(worker, SubmittedRun)
    return worker


def _in_queue(folder: RunFolder) -> str:
    """Where a run that Slurm has is found again."""
    return (
        f"run {folder.id} waits in the queue of Slurm; its lines will be in"
        f" {folder.path.parent / JOBS}\n"
        f"  watch it: {command_from_anywhere('attach', folder)}\n"
        f"  stop it:  {command_from_anywhere('stop', folder)}, or before it begins:"
        f" scancel --name {folder.id}"
    )


def leave_submitted(run: SubmittedRun, on: str) -> None:
    """Submit the run and leave it, its id on stdout. Raises RequestError where the place ends what
    it runs with this process.
    """
    if parse_executor(on).kind == "ray":
        run.folder.discard()
        msg = "a Ray cluster ends what it runs with this process: leave out --detach"
        raise RequestError(msg)
    run.start()
    to_stderr(_in_queue(run.folder))
    to_stdout(run.folder.id)
