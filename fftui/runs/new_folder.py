"""Makes the folder of a new run, which appears with all that belongs to it in one step."""

import errno
import os
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path

from fftui.data.verify import data_folder as data_folder_of
from fftui.errors import RequestError
from fftui.events import Status
from fftui.experiment import Experiment
from fftui.runs import provenance
from fftui.runs.annotations import checked_name
from fftui.runs.disk_room import DiskRoom, refuse_without_room
from fftui.runs.files import remove_leftovers
from fftui.runs.finding import find_run
from fftui.runs.folder import RunFolder
from fftui.runs.run_record import RunRecord
from fftui.runs.workspace import Workspace


def create(
    workspace: Workspace,
    experiment: Experiment,
    *,
    preset: str | None = None,
    name: str | None = None,
    status: Status = "running",
) -> RunFolder:
    """Create the folder of a new run, with its experiment and record; one that begins later has the
    status `waiting`. Runs that phases start from (`init_from`) are named by their ids from here on,
    those of another folder by their paths.

    Raises RequestError where the folder cannot be created or has no room for the weights, or
    `name` is no name; RunNotFoundError where such a run is not there.
    """
    runs_dir, experiment = workspace.runs_dir, _with_run_ids(experiment, workspace.runs_dir)
    refuse_without_room(experiment, DiskRoom.of(runs_dir))
    started = datetime.now(UTC)
    label = checked_name(name) if name else experiment.name
    stem = f"{started:%Y%m%d-%H%M%S}-{slug(label)}-{experiment.data.name}"
    try:
        runs_dir.mkdir(parents=True, exist_ok=True)
        remove_leftovers(runs_dir)
        return _made(
            runs_dir.absolute(),
            stem,
            experiment,
            RunRecord(
                id="",
                name=label,
                preset=preset,
                data=experiment.data.name,
                status=status,
                started=started,
                device_asked=workspace.device,
                data_dir=_named_data_folder(workspace.data_folder),
                pid=os.getpid(),
                process_started=provenance.process_start(os.getpid()),
                versions=provenance.versions(),
                machine=provenance.machine(),
                source_revision=provenance.source_revision(),
            ),
        )
    except OSError as error:
        msg = (
            f"cannot make a run in {runs_dir}: {error.strerror}; choose another folder with --runs"
            " or FFTUI_RUNS"
        )
        raise RequestError(msg) from error


def make_again(folder: RunFolder, experiment: Experiment, record: RunRecord) -> None:
    """Make the folder of a run that was deleted, with its experiment and record. Raises OSError."""
    folder.path.mkdir(parents=True, exist_ok=True)
    if not folder.experiment_path.exists():
        folder.write_experiment(experiment)
    if not folder.run_json.exists():
        folder.write_record(record)


def _with_run_ids(experiment: Experiment, runs_dir: Path) -> Experiment:
    changes = {
        f"phases.{number}.init_from": _lasting_name(find_run(runs_dir, phase.init_from), runs_dir)
        for number, phase in enumerate(experiment.phases)
        if phase.init_from is not None
    }
    return experiment.changed(changes) if changes else experiment


def _lasting_name(folder: RunFolder, runs_dir: Path) -> str:
    """What `find_run` finds the run by from any current folder and whatever runs are added."""
    return folder.id if folder.path.parent.resolve() == runs_dir.resolve() else str(folder.path)


def slug(text: str) -> str:
    """`text` as part of a file name: lower case letters, digits and single hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-") or "run"


def _made(runs_dir: Path, stem: str, experiment: Experiment, record: RunRecord) -> RunFolder:
    """The folder of a new run, which appears with its experiment and record in one step. Raises
    OSError.
    """
    while True:
        path = runs_dir / f"{stem}-{secrets.token_hex(2)}"
        beside = RunFolder(runs_dir / f".{path.name}.{os.getpid()}.new")
        try:
            beside.path.mkdir()
            beside.write_experiment(experiment)
            beside.write_record(record.model_copy(update={"id": path.name}))
            if not path.exists():
                beside.path.rename(path)
                return RunFolder(path)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
        finally:
            beside.discard()


def _named_data_folder(option: Path | None) -> str | None:
    """The folder of images given by option or environment; None for the default one."""
    named = option is not None or bool(os.environ.get("FFTUI_DATA"))
    return str(data_folder_of(option).absolute()) if named else None
