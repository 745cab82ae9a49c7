"""Runs that were deleted: they lie in `.trash` beside the runs, where nothing lists them, until
they are restored or the trash is emptied. Nothing empties it by itself.

    .trash/20261126-054200-3fa9/<id of the run>/…      one folder a deletion, by its time in UTC
"""

import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fftui.errors import RequestError, RunNotFoundError, hint
from fftui.runs.annotations import turn_to_annotate
from fftui.runs.folder import RunFolder
from fftui.runs.journal_lock import is_held
from fftui.runs.status import ensure_not_running, take_run

TRASH = ".trash"


@dataclass(frozen=True)
class DeletedRun:
    """A run in the trash: its folder there, and where it was."""

    folder: RunFolder
    runs_dir: Path

    @property
    def id(self) -> str:
        """The run's unique identifier."""
        return self.folder.id


def delete(folders: Sequence[RunFolder]) -> list[DeletedRun]:
    """Move runs of one folder of runs into its trash, all or none of them.

    Raises RequestError where one of them is running, or cannot be moved.
    """
    if not folders:
        return []
    runs_dir = folders[0].path.absolute().parent
    deletion = _trash_of(runs_dir) / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    moved: list[DeletedRun] = []
    with ExitStack() as owned:
        for folder in folders:
            owned.enter_context(_owned(folder, deletion))
        try:
            deletion.mkdir(parents=True)
            for folder in folders:
                folder.path.rename(deletion / folder.id)
                moved.append(DeletedRun(RunFolder(deletion / folder.id), runs_dir))
        except OSError as error:
            for run in moved:
                with suppress(RequestError):
                    restore(run)
            msg = f"cannot move the run to {deletion}: {error.strerror}; nothing was deleted"
            raise RequestError(msg) from error
        return moved


@contextmanager
def _owned(folder: RunFolder, deletion: Path) -> Iterator[None]:
    """Own the run while it is moved into `deletion`, so that no process begins to run it, nor is
    about to write its annotations.
    """
    _ensure_deletable(folder)
    owned = [take_run(folder)]
    try:
        _ensure_deletable(folder)  # another process may have begun it before it was owned
        owned.append(turn_to_annotate(folder.path))
        yield
    finally:
        for each in filter(None, owned):
            each.release()
            each.release(deletion / folder.id)


def restore(run: DeletedRun) -> RunFolder:
    """Move a run from the trash to where it was. Raises RequestError where there is one again, or
    it cannot be moved.
    """
    target = run.runs_dir / run.id
    if target.exists():
        msg = f"{target} exists: the run in the trash, {run.folder.path}, stays there"
        raise RequestError(msg)
    try:
        run.folder.path.rename(target)
    except OSError as error:
        msg = f"cannot move {run.folder.path} to {target}: {error.strerror}"
        raise RequestError(msg) from error
    with suppress(OSError):  # others of its deletion are still there
        run.folder.path.parent.rmdir()
    return RunFolder(target)


def deleted_runs(runs_dir: Path) -> list[DeletedRun]:
    """The runs in the trash of `runs_dir`, those deleted last first. Raises RequestError where it
    may not be read.
    """
    return [
        DeletedRun(RunFolder(path), runs_dir.absolute())
        for deletion in sorted(_folders(_trash_of(runs_dir.absolute())), reverse=True)
        for path in sorted(_folders(deletion))
    ]


def find_deleted(runs_dir: Path, text: str) -> DeletedRun:
    """The run in the trash whose id is `text` or begins with it. Raises RunNotFoundError where that
    is not one.
    """
    runs = deleted_runs(runs_dir)
    matching = [run for run in runs if text and run.id.startswith(text)]
    exact = [run for run in matching if run.id == text]
    if found := exact or (matching if len(matching) == 1 else []):
        return found[0]
    if matching:
        msg = f"{text!r} may be any of {len(matching)} deleted runs: write more of the id"
    else:
        msg = f"no deleted run {text!r} in {runs_dir / TRASH}{hint(text, [r.id for r in runs])}"
    raise RunNotFoundError(msg)


def purge(runs: Sequence[DeletedRun]) -> None:
    """Remove runs from the trash, for good. Raises RequestError where one cannot be removed."""
    for run in runs:
        try:
            shutil.rmtree(run.folder.path)
        except OSError as error:
            msg = f"cannot remove {run.folder.path}: {error.strerror}"
            raise RequestError(msg) from error
        with suppress(OSError):
            run.folder.path.parent.rmdir()


def _trash_of(runs_dir: Path) -> Path:
    """The trash of a folder of runs. Raises RequestError where it leads elsewhere."""
    trash = runs_dir / TRASH
    if trash.is_symlink():
        msg = f"{trash} is a link: what it leads to is no trash of these runs; remove the link"
        raise RequestError(msg)
    return trash


def _ensure_deletable(folder: RunFolder) -> None:
    if folder.path.is_symlink():
        msg = f"{folder.path} is a link, and no run's folder: remove the link by hand"
        raise RequestError(msg)
    try:
        ensure_not_running(folder, folder.record())
    except RunNotFoundError as error:  # its record is damaged
        if is_held(folder.journal):
            msg = f"run {folder.id} is in use by another process; stop that one first"
            raise RequestError(msg) from error


def _folders(path: Path) -> Iterator[Path]:
    try:
        yield from (each for each in path.iterdir() if each.is_dir() and not each.is_symlink())
    except FileNotFoundError:
        return
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror}"
        raise RequestError(msg) from error
