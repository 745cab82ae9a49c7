"""What a run has learned, for the screen that looks into its layers, read from its checkpoint.

Its methods load torch and read the disk: they are called from threads.
"""

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fftui.errors import FFTUIError, RequestError, RunFailedError
from fftui.network_report import NetworkReport, ProbeSample
from fftui.runs.control_file import send_request
from fftui.runs.folder import RunFolder
from fftui.runs.status import ensure_running, in_progress
from fftui.runs.workspace import Workspace

if TYPE_CHECKING:
    from fftui.runs.inspect_run import NetworkInspector

FEW = 50  # probe images of the first report
FileState = tuple[int, int]


class LookBackend:
    """One run of a workspace. All methods but `alive` raise FFTUIError and OSError."""

    def __init__(self, workspace: Workspace, run: str) -> None:
        self._folder = RunFolder(workspace.runs_dir / run)
        self._data_folder = workspace.data_folder
        self._inspector: NetworkInspector | None = None
        self._read: FileState | None = None
        self._failure = ""
        self._lock = threading.Lock()

    @property
    def alive(self) -> bool:
        """Whether a process is running or pausing the run."""
        return in_progress(self._folder, self._folder.record())

    def new_reports(self) -> Iterator[NetworkReport]:
        """Reports on the last checkpoint, on a few probe images first and then on all; none where
        it was read already.
        """
        found = self._file_state()
        if found is not None and found == self._read:
            if self._failure:
                raise RequestError(self._failure)
            return
        # torch, behind the screen
        from fftui.runs.inspect_run import inspect_run  # noqa: PLC0415

        self._read, self._failure = found, ""
        try:
            inspector = inspect_run(self._folder, data_folder=self._data_folder)
        except FFTUIError as error:
            self._failure = str(error)  # and no second try on the same checkpoint
            raise
        with self._lock:
            self._inspector = inspector
        yield inspector.first(FEW).report()
        yield inspector.report()

    def sample(self, number: int, wrong: int) -> ProbeSample:
        """Probe image `number` (from 0) with its own label and with the label `wrong`. Raises
        RunFailedError before the first report.
        """
        with self._lock:
            inspector = self._inspector
        if inspector is None:
            msg = f"run {self._folder.id} has not been read yet"
            raise RunFailedError(msg)
        return inspector.sample(number, wrong)

    def request_checkpoint(self) -> None:
        """Ask the run's process for a checkpoint now."""
        ensure_running(self._folder, self._folder.record())
        send_request(self._folder, "checkpoint")

    def _file_state(self) -> FileState | None:
        """Identifies the checkpoint; None where there is none."""
        try:
            found = self._folder.checkpoint.stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino
