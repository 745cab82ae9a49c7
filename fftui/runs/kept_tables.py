"""Whether the tables in a run's folder are as new as its journal, and writing those that are not.

A table is dated as the journal that it was made from, so a line that was added since makes it old,
whoever added it. Nothing here loads Polars unless a table is to be written.
"""

import os
from contextlib import suppress
from pathlib import Path

from fftui.errors import FFTUIError, RunNotFoundError
from fftui.runs.files import remove_leftovers
from fftui.runs.folder import RunFolder
from fftui.runs.journal_lock import is_held
from fftui.runs.status import OWNER, in_progress, take_run
from fftui.runs.table_names import IN_FOLDER, TableName


def is_current(folder: RunFolder, name: TableName) -> bool:
    """Whether table `name` is in the folder and not older than the journal; without a journal there
    is nothing newer.
    """
    table, journal = _dated(folder.table(name)), _dated(folder.journal)
    return journal is None or (table is not None and table >= journal)


def are_current(folder: RunFolder) -> bool:
    """Whether all tables are."""
    return all(is_current(folder, name) for name in IN_FOLDER)


def mark_current(folder: RunFolder) -> None:
    """Date the tables as the journal, whose lines since enter none of them. Raises OSError."""
    dated = folder.journal.stat().st_mtime_ns
    for name in IN_FOLDER:
        os.utime(folder.table(name), ns=(dated, dated))


def ensure_tables(folder: RunFolder) -> None:
    """Write the tables of a run that no process carries out, where they are missing or older than
    the journal, and remove what killed processes have left; a folder that cannot be written, or is
    a link to elsewhere, stays as it is.
    """
    if folder.path.is_symlink() or _is_written_to(folder):
        return
    remove_leftovers(folder.path)
    _release_of_the_gone(folder)
    if not are_current(folder):
        _write(folder)


def renew_tables(folder: RunFolder) -> None:
    """Write the tables of such a run anew: those of an earlier version have other columns."""
    refused = folder.path.is_symlink() or _is_written_to(folder)
    if not refused and os.access(folder.path, os.W_OK):
        _write(folder)


def _release_of_the_gone(folder: RunFolder) -> None:
    """Remove what a process left that was killed as it gave up a finished run, which nobody takes
    any more.
    """
    with suppress(FFTUIError):  # who is there keeps it
        left = any(folder.path.glob(f".{OWNER}-*")) and folder.record().status == "finished"
        owned = take_run(folder) if left else None
        if owned is not None:
            owned.release()


def _write(folder: RunFolder) -> None:
    from fftui.runs.tables import write_tables  # noqa: PLC0415 - Polars

    with suppress(OSError):
        write_tables(folder)


def _is_written_to(folder: RunFolder) -> bool:
    try:
        return in_progress(folder, folder.record())
    except RunNotFoundError:  # a damaged record says nothing
        return bool(is_held(folder.journal))


def _dated(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
