"""`fftui run --on`: one run as a job of Slurm or a task of a Ray cluster, followed without the
screen.
"""

from fftui.errors import RequestError
from fftui.executors.spec import parse_executor
from fftui.executors.submitted import SubmittedRun
from fftui.experiment import Experiment
from fftui.runs.expectation import warning_of
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace
from fftui.text.run_result import in_background
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


def leave_submitted(run: SubmittedRun, on: str) -> None:
    """Submit the run and leave it, its id on stdout. Raises RequestError where the place ends what
    it runs with this process.
    """
    if parse_executor(on).kind == "ray":
        run.folder.discard()
        msg = "a Ray cluster ends what it runs with this process: leave out --detach"
        raise RequestError(msg)
    run.start()
    to_stderr(in_background(run.folder))
    to_stdout(run.folder.id)
