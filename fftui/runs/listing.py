"""The runs of a folder as a list, and the one that is running, without torch or tables.

A list that is read again and again (`RunListing`) reads only what has changed: two `stat` a run.
"""

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from fftui.errors import RequestError, RunNotFoundError
from fftui.runs.annotations import FILE, NO_ANNOTATIONS, Annotations, readable_annotations
from fftui.runs.finding import find_run, run_records
from fftui.runs.folder import RunFolder
from fftui.runs.run_progress import RunProgress, read_progress
from fftui.runs.run_record import RunRecord, read_record
from fftui.runs.run_settings import RunSettings, read_settings
from fftui.runs.status import in_progress, is_live, with_current_status

FileState = tuple[int, int, int]  # when it was changed, its size, which file
ENDED = ("finished", "interrupted", "failed")


@dataclass(frozen=True)
class ListedRun:
    """One run of a list: its record with its current status and name (None: it is damaged, and
    `problem` says how), what people wrote about it, and how far it has come while it is running or
    paused. `path` is its folder, `started` in Unix seconds.
    """

    path: str
    id: str
    record: RunRecord | None
    started: float
    problem: str = ""
    annotations: Annotations = NO_ANNOTATIONS
    progress: RunProgress | None = None

    @property
    def folder(self) -> RunFolder:
        """The run's folder, at `path`."""
        return RunFolder(Path(self.path))

    @property
    def is_running(self) -> bool:
        """Whether a process is running or pausing it."""
        return self.record is not None and is_live(self.record)

    @property
    def diverged(self) -> bool:
        """Whether the loss of a layer is no finite number, as far as that is known."""
        if self.progress is not None and self.progress.diverged is not None:
            return self.progress.diverged
        return bool(self.record and self.record.diverged)


@dataclass(frozen=True)
class _Read:
    """A run as it was read, and of which files: its record and annotations, and its journal where
    that was read. `written` is the record as it stands there.
    """

    files: tuple[FileState, FileState | None]
    written: RunRecord | None
    listed: ListedRun
    journal: FileState | None = None


class RunListing:
    """All runs of a folder, to be read again and again. Threads may share one."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = runs_dir
        self._lock = threading.Lock()
        self._known: dict[str, _Read] = {}
        self._settings: dict[str, RunSettings] = {}

    def read(self) -> list[ListedRun]:
        """All runs, newest first, archived and damaged ones too. A run that has not changed since
        the last call is the same object. Raises RequestError where the folder may not be read.
        """
        with self._lock:
            found = self._found(_names(self._runs_dir))
            self._known = found
            self._settings = {n: each for n, each in self._settings.items() if n in found}
        return _newest_first(found)

    def newest(self, count: int) -> list[ListedRun]:
        """The newest `count` runs by the dates that their ids begin with: what can be shown while
        `read` reads the others. Raises as `read` does.
        """
        with self._lock:
            names = sorted(_names(self._runs_dir), reverse=True)
            found = self._found(names[:count])
            self._known |= found
        return _newest_first(found)

    def settings(self, run: ListedRun) -> RunSettings:
        """What `run` was asked to do; read once."""
        found = self._settings.get(run.id)
        if found is None:
            found = self._settings[run.id] = read_settings(run.folder.experiment_path)
        return found

    def _found(self, names: Iterable[str]) -> dict[str, _Read]:
        files = _files(self._runs_dir, names)
        return {name: self._current(name, found) for name, found in files}

    def _current(self, name: str, files: tuple[FileState, FileState | None]) -> _Read:
        known = self._known.get(name)
        if known is None or known.files != files:
            known = _read(str(self._runs_dir.absolute()), name, files)
        if known.written is None or known.written.status in ENDED:
            return known
        return self._followed(known)

    def _followed(self, known: _Read) -> _Read:
        """A run that has not ended as far as its record says, with its status and progress now."""
        before, written = known.listed, known.written
        assert before.record is not None
        assert written is not None
        folder = before.folder
        record = with_current_status(
            folder, before.record.model_copy(update={"status": written.status})
        )
        state = _state(str(folder.journal))
        progress = before.progress
        if state != known.journal:
            progress = read_progress(folder.journal)
            # an epoch may be longer than what was read
            if progress is not None and progress.diverged is None and before.progress is not None:
                progress = replace(progress, diverged=before.progress.diverged)
        now = replace(before, record=record, progress=progress)
        return replace(known, journal=state, listed=before if now == before else now)


def list_runs(runs_dir: Path) -> list[RunRecord]:
    """The records of all runs, newest first; one whose process is gone is shown as `interrupted`.

    Folders whose record is damaged are left out. Raises RequestError where `runs_dir` may not be
    read.
    """
    return [run.record for run in RunListing(runs_dir).read() if run.record is not None]


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


def _names(runs_dir: Path) -> list[str]:
    """The names of what may be runs."""
    try:
        return [entry.name for entry in os.scandir(runs_dir) if not entry.name.startswith(".")]
    except FileNotFoundError:
        return []
    except OSError as error:
        msg = f"cannot read the runs in {runs_dir}: {error.strerror}"
        raise RequestError(msg) from error


def _files(
    runs_dir: Path, names: Iterable[str]
) -> Iterator[tuple[str, tuple[FileState, FileState | None]]]:
    """Of `names` those of folders with a record, and the state of what is read of each."""
    for name in names:
        if (record := _state(f"{runs_dir}/{name}/run.json")) is not None:
            yield name, (record, _state(f"{runs_dir}/{name}/{FILE}"))


def _newest_first(found: Mapping[str, _Read]) -> list[ListedRun]:
    runs = [each.listed for each in found.values()]
    return sorted(runs, key=lambda run: (run.started, run.id), reverse=True)


def _state(path: str) -> FileState | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - a Path for each of ten thousand runs takes longer
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _read(runs_dir: str, name: str, files: tuple[FileState, FileState | None]) -> _Read:
    path = f"{runs_dir}{os.sep}{name}"  # thousands of Path take half a second
    annotations = NO_ANNOTATIONS if files[1] is None else readable_annotations(Path(path))
    try:
        written = read_record(path)
    except RunNotFoundError as error:
        changed, problem = files[0][0] / 1e9, str(error).removeprefix(f"{path}/")
        return _Read(files, None, ListedRun(path, name, None, changed, problem, annotations))
    record = written
    if (name, annotations.name or written.name) != (written.id, written.name):
        changes = {"id": name, "name": annotations.name or written.name}
        record = written.model_copy(update=changes)
    started = written.started.timestamp()
    return _Read(files, written, ListedRun(path, name, record, started, "", annotations))
