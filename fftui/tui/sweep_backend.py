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

from fftui.errors import RequestError
from fftui.executors.local import LocalExecutor
from fftui.runs.workspace import Workspace
from fftui.sweeps.plan import SweepFolder, check_optuna, find_sweep, list_sweeps
from fftui.sweeps.sweep_facts import SweepFacts
from fftui.tui.many_runs import ManyRuns

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


class SweepRun(ManyRuns):
    """A thread that carries trials of a sweep out; screens read `progress` too."""

    def __init__(self, folder: SweepFolder, workspace: Workspace, total: int) -> None:
        super().__init__(f"fftui-sweep-{folder.name}")
        self.folder, self.total = folder, total
        self.progress: SweepProgress | None = None
        self._failed = False
        self._workspace = workspace

    @property
    def any_failed(self) -> bool:
        """Whether a trial failed."""
        return self._failed

    def run_all(self) -> None:
        """Carry trials out until none is left; then measure the winner."""
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


def _names(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}-{number}" for number in count(2))


def _is_taken(stem: str) -> bool:
    return any((FOLDER / f"{stem}{suffix}").exists() for _, suffix in WRITTEN)
