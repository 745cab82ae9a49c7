"""Sweeps for the screens: the list, one sweep while its trials are carried out here or elsewhere,
its tables as files, and the thread that carries trials out.

Its methods load Optuna and Polars and read the disk: they are called from threads.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from fftui.errors import FFTUIError, RequestError
from fftui.events import Status
from fftui.executors.local import LocalExecutor
from fftui.runs.view import RunView
from fftui.runs.workspace import Workspace
from fftui.sweeps.plan import SweepFolder, check_optuna, find_sweep, list_sweeps
from fftui.sweeps.sweep_facts import SweepFacts

if TYPE_CHECKING:
    from fftui.sweeps.sweeping import SweepProgress
    from fftui.sweeps.watching import SweepReader

FOLDER = Path("sweeps")
WRITTEN = (("csv", ".csv"), ("markdown", ".md"))


@dataclass(frozen=True)
class ListedSweep:
    """A sweep of the list; without facts `problem` says why it cannot be read."""

    name: str
    facts: SweepFacts | None = None
    problem: str = ""


class SweepBackend:
    """The sweeps of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._readers: dict[str, SweepReader] = {}
        self._lock = threading.Lock()

    def sweeps(self) -> tuple[ListedSweep, ...]:
        """All sweeps, the one written last first. Raises RequestError where Optuna is missing or
        the folder cannot be read.
        """
        check_optuna()
        return tuple(map(self._listed, list_sweeps(self.workspace.runs_dir)))

    def read(self, name: str) -> SweepFacts:
        """The sweep as it is now; the same object where nothing has changed. Raises
        RequestError.
        """
        check_optuna()
        return self._read(find_sweep(self.workspace.runs_dir, name))

    def write(self, name: str) -> tuple[Path, ...]:
        """Write the sweep's trials as CSV and Markdown, into files that were not there before;
        returns their paths. Raises RequestError, OSError.
        """
        check_optuna()
        from fftui.runs.files import write_output  # noqa: PLC0415
        from fftui.sweeps.table import as_file  # noqa: PLC0415 - Polars

        facts = self.read(name)
        FOLDER.mkdir(parents=True, exist_ok=True)
        stem = next(each for each in _names(facts.name) if not _is_taken(each))
        paths = []
        for to, suffix in WRITTEN:
            paths.append(FOLDER.resolve() / f"{stem}{suffix}")
            write_output(paths[-1], as_file(facts.overs, facts.trials, to))
        return tuple(paths)

    def start(self, name: str, total: int) -> "SweepRun":
        """Carry trials of the sweep out, until there are `total`, in a thread of its own."""
        run = SweepRun(find_sweep(self.workspace.runs_dir, name), self.workspace, total)
        run.start()
        return run

    def _listed(self, folder: SweepFolder) -> ListedSweep:
        try:
            return ListedSweep(folder.name, self._read(folder))
        except RequestError as error:
            return ListedSweep(folder.name, problem=str(error))

    def _read(self, folder: SweepFolder) -> SweepFacts:
        from fftui.sweeps.watching import SweepReader  # noqa: PLC0415 - Optuna

        with self._lock:
            if folder.name not in self._readers:
                self._readers[folder.name] = SweepReader(folder)
            return self._readers[folder.name].read()


class SweepRun(threading.Thread):
    """A thread that carries trials of a sweep out. Screens read `view` on their own timers; to the
    app it is a `RunControl`.
    """

    paused = False

    def __init__(self, folder: SweepFolder, workspace: Workspace, total: int) -> None:
        super().__init__(name=f"fftui-sweep-{folder.name}")
        self.folder, self.total = folder, total
        self.progress: SweepProgress | None = None
        self.problem = ""
        self._failed = False
        self._workspace = workspace
        self._view = RunView()
        self._stopping = threading.Event()

    @property
    def view(self) -> RunView:
        """The newest view of the run that is learning, or learned last."""
        return self._view

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping.is_set()

    @property
    def status(self) -> Status:
        """Running; or finished, interrupted or failed (a trial did, or the sweep itself)."""
        if self.is_alive():
            return "running"
        if self.stopping:
            return "interrupted"
        return "failed" if self.problem or self._failed else "finished"

    def run(self) -> None:
        """Carry trials out until none is left; then measure the winner. An error is kept in
        `problem`, not raised.
        """
        try:
            self._carry_out()
        except (FFTUIError, OSError, RuntimeError, ImportError) as error:
            self.problem = str(error).splitlines()[0] if str(error) else type(error).__name__

    def _carry_out(self) -> None:
        # Optuna, torch
        from fftui.sweeps.sweeping import run_sweep  # noqa: PLC0415
        from fftui.sweeps.trials import SweepTrials  # noqa: PLC0415
        from fftui.sweeps.winner import measured_winner  # noqa: PLC0415

        plan = self.folder.plan()
        trials = SweepTrials(self.folder, plan)
        executor = LocalExecutor()
        for progress in run_sweep(
            plan, trials, self._workspace, self.total, executor, self._stopping
        ):
            self._view = progress.view or self._view
            self._failed = self._failed or progress.state == "failed"
            self.progress = progress
        if not self.stopping and trials.is_all_over(self.total):
            measured_winner(trials, self._workspace)

    def pause(self) -> None:
        """Do nothing: a sweep is stopped and started instead, which loses nothing."""

    def resume(self) -> None:
        """Do nothing: a sweep is never paused."""

    def skip_layer(self) -> None:
        """Do nothing: a trial is run as its experiment says."""

    def request_checkpoint(self) -> None:
        """Do nothing: a trial writes its checkpoints as its experiment says."""

    def stop(self) -> None:
        """End the current run after its batch, with a checkpoint, and the sweep here with it."""
        self._stopping.set()


def _names(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}-{number}" for number in count(2))


def _is_taken(stem: str) -> bool:
    return any((FOLDER / f"{stem}{suffix}").exists() for _, suffix in WRITTEN)
