"""The threads of new and of resumed runs, as the API, the command line and the screen start
them.
"""

from pathlib import Path

from fftui.experiment import Experiment
from fftui.runs.expectation import warning_of
from fftui.runs.folder import RunFolder
from fftui.runs.new_folder import create
from fftui.runs.run_thread import RunThread, StartTraining, start_training
from fftui.runs.workspace import Workspace


def new_run(
    experiment: Experiment,
    workspace: Workspace,
    *,
    preset: str | None = None,
    name: str | None = None,
    start_training: StartTraining = start_training,
) -> RunThread:
    """The thread of a new run of `experiment`, whose folder is created. Raises RequestError where
    it cannot be, or where it takes several times the memory there is, or many years.
    """
    warning_of(experiment, workspace.device)
    folder = create(workspace, experiment, preset=preset, name=name)
    return RunThread(folder, workspace, start_training=start_training)


def waiting_run(experiment: Experiment, workspace: Workspace, preset: str | None) -> RunFolder:
    """The folder of a new run that begins later. Raises RequestError as `new_run`."""
    warning_of(experiment, workspace.device)
    return create(workspace, experiment, preset=preset, status="waiting")


def begun_run(folder: RunFolder) -> RunThread:
    """The thread of the new run in `folder`, which another process has created. Raises
    RunNotFoundError where there is no run.
    """
    record = folder.record()
    workspace = Workspace(folder.path.parent, record.images(None), record.device_asked)
    return RunThread(folder, workspace)


def queued_run(folder: RunFolder) -> RunThread:
    """The thread of a run whose turn has come in a queue: new, or resumed where it had begun.
    Raises RunNotFoundError where there is no run.
    """
    return resumed_run(folder) if folder.journal.exists() else begun_run(folder)


def resumed_run(
    folder: RunFolder,
    *,
    data_folder: Path | None = None,
    device: str | None = None,
    start_training: StartTraining = start_training,
) -> RunThread:
    """The thread that continues the run in `folder`, on its own device and with its own data
    folder unless others are given. `ensure_not_running` is the caller's to ask.

    Raises RunNotFoundError where there is no run.
    """
    record = folder.record()
    workspace = Workspace(
        folder.path.parent, record.images(data_folder), device or record.device_asked
    )
    return RunThread(folder, workspace, resume=True, start_training=start_training)
