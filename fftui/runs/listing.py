"""All runs of a folder, and the one that is running, without torch or tables."""

from pathlib import Path

from fftui.errors import RunNotFoundError
from fftui.runs.folder import RunFolder, RunRecord, find_run, run_records
from fftui.runs.status import in_progress, with_current_status


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


def newest_running(runs_dir: Path) -> RunFolder | None:
    """The newest run in `runs_dir` that a process is running or pausing now; None where there is
    none. Raises RequestError where `runs_dir` may not be read.
    """
    running = (
        folder
        for folder, record in run_records(runs_dir)
        if record is not None and in_progress(folder, record)
    )
    return next(running, None)


def find_running(runs_dir: Path, text: str | None) -> RunFolder:
    """The run that `text` identifies, or without it the newest that is running. Raises
    RunNotFoundError where there is none.
    """
    if text is not None:
        return find_run(runs_dir, text)
    newest = newest_running(runs_dir)
    if newest is None:
        msg = (
            f"nothing is running in {runs_dir}; fftui runs lists what was, --runs names another"
            " folder"
        )
        raise RunNotFoundError(msg)
    return newest
