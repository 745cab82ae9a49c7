"""All runs of a folder, without torch or tables."""

from pathlib import Path

from fftui.errors import RunNotFoundError
from fftui.runs.folder import RunRecord, run_folders


def list_runs(runs_dir: Path) -> list[RunRecord]:
    """The records of all runs, newest first; one whose process is gone is shown as `interrupted`.

    Folders whose record is damaged are left out. Raises RequestError where `runs_dir` may not be read.
    """
    records = []
    for folder in run_folders(runs_dir):
        try:
            record = folder.record()
        except RunNotFoundError:
            continue
        records.append(record.model_copy(update={"status": record.shown_status, "id": folder.id}))
    return records
