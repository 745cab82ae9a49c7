"""All runs of a folder, without torch or tables."""

from pathlib import Path

from fftui.runs.folder import RunFolder, RunRecord, run_records
from fftui.runs.status import with_current_status


def damaged_runs(runs_dir: Path) -> list[RunFolder]:
    """The run folders whose record is damaged. Raises RequestError where `runs_dir` may not be
    read.
    """
    return [folder for folder, record in run_records(runs_dir) if record is None]


def list_runs(runs_dir: Path) -> list[RunRecord]:
    """The records of all runs, newest first; one whose process is gone is shown as `interrupted`.

    Folders whose record is damaged are left out (`damaged_runs`). Raises RequestError where
    `runs_dir` may not be read.
    """
    return [
        with_current_status(folder, record).model_copy(update={"id": folder.id})
        for folder, record in run_records(runs_dir)
        if record is not None
    ]
