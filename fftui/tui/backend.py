"""Presets, runs and the starting of runs, for the screens. Methods that load torch or read the disk
run in threads.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from fftui.errors import FFTUIError, RunNotFoundError
from fftui.events import Status
from fftui.experiment import Experiment
from fftui.presets import Preset, list_presets, load_preset
from fftui.runs.control_file import send_request
from fftui.runs.estimate import expected_seconds, measure
from fftui.runs.folder import RunFolder, RunRecord, create
from fftui.runs.journal import JournalTail
from fftui.runs.listing import list_runs
from fftui.runs.starting import new_run, queued_run, resumed_run
from fftui.runs.status import current_record, ensure_not_running
from fftui.runs.workspace import Workspace
from fftui.text.settings_text import Asked, settings
from fftui.tui.run_sources import JournalSource, RunControl


@dataclass(frozen=True)
class ExpectedTime:
    """Seconds an experiment takes: `measured` by the newest run of it, or else estimated from its
    arithmetic.
    """

    seconds: float | None
    measured: bool


class Backend:
    """Presets, runs and the starting of runs, in one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.ready = threading.Event()  # torch is loaded and measured
        self._experiments: dict[str, Experiment | None] = {}

    def presets(self) -> list[Preset]:
        """All presets. Raises ExperimentError on an invalid file."""
        return list_presets()

    def experiment(self, preset: str, data: str | None = None) -> Experiment:
        """The experiment of a preset on a data set. Raises ExperimentError."""
        return load_preset(preset, data)

    def runs(self) -> list[RunRecord]:
        """All runs, newest first. Reads the disk."""
        return list(list_runs(self.workspace.runs_dir))

    def load_torch(self) -> None:
        """Load torch and measure the device. Raises RequestError where the device is not there."""
        measure(self.workspace.device)
        self.ready.set()

    def expected(self, preset: Preset, data: str, recent_runs: Sequence[RunRecord]) -> ExpectedTime:
        """Seconds `preset` takes on `data`: measured by the newest of `recent_runs` of it, or
        estimated.
        """
        experiment = load_preset(preset.name, data)
        for run in recent_runs:
            of_preset = (run.preset, run.data, run.status) == (preset.name, data, "finished")
            if of_preset and run.train_s and self._experiment_of(run.id) == experiment:
                return ExpectedTime(run.train_s, measured=True)
        return ExpectedTime(expected_seconds(experiment), measured=False)

    def _experiment_of(self, run: str) -> Experiment | None:
        """The experiment of a run with seed 0; None where its folder has none. Each folder is read
        once.
        """
        if run not in self._experiments:
            try:
                asked = RunFolder(self.workspace.runs_dir / run).experiment()
                experiment = asked.model_copy(update={"seed": 0})
            except FFTUIError:
                experiment = None
            self._experiments[run] = experiment
        return self._experiments[run]

    def estimate(self, experiment: Experiment) -> float | None:
        """Estimated seconds of `experiment`; None while the device has not been measured."""
        return expected_seconds(experiment)

    def start(self, experiment: Experiment, preset: str | None) -> tuple[str, RunControl]:
        """Make the folder of a new run and start it; returns its id and its control. Raises
        FFTUIError.
        """
        run_thread = new_run(experiment, self.workspace, preset=preset)
        run_thread.start()
        return run_thread.folder.id, run_thread

    def resume(self, run: str) -> tuple[str, RunControl]:
        """Resume an interrupted run from its last checkpoint, on its own device; returns its id and
        its control.

        Raises FFTUIError.
        """
        folder = RunFolder(self.workspace.runs_dir / run)
        ensure_not_running(folder, folder.record())
        run_thread = resumed_run(folder, data_folder=self.workspace.data_folder)
        run_thread.start()
        return folder.id, run_thread

    def waiting(self, experiment: Experiment, preset: str | None) -> RunFolder:
        """Make the folder of a new run that begins later. Raises FFTUIError."""
        return create(self.workspace, experiment, preset=preset, status="waiting")

    def resumable(self, run: str) -> RunFolder:
        """The folder of an interrupted run. Raises FFTUIError where a process runs it."""
        folder = RunFolder(self.workspace.runs_dir.absolute() / run)
        ensure_not_running(folder, folder.record())
        return folder

    def begin(self, folder: RunFolder) -> tuple[str, RunControl]:
        """Start a run that has waited; returns its id and its control. Raises FFTUIError."""
        run_thread = queued_run(folder)
        run_thread.start()
        return folder.id, run_thread

    def start_beside(self, folder: RunFolder) -> None:
        """Start a run, or go on with it, in a process of its own, and wait until it learns. Raises
        FFTUIError.
        """
        from fftui.text.detached import RESUME, start_detached  # noqa: PLC0415 - loads Rich

        start_detached(folder, *([RESUME] if folder.journal.exists() else []))

    def asked(self, run: str) -> Asked:
        """What `run` was asked to do. Reads the disk. Raises FFTUIError."""
        folder = RunFolder(self.workspace.runs_dir / run)
        preset = folder.record().preset
        return Asked(preset, settings(folder.experiment(), preset))

    def journal(self, run: str) -> JournalSource:
        """The journal of `run` as a source, read from its beginning."""
        folder = RunFolder(self.workspace.runs_dir / run)
        return JournalSource(
            run,
            JournalTail(folder.journal),
            lambda: _status(folder),
            partial(send_request, folder),
        )


def _status(folder: RunFolder) -> Status | None:
    """The status of a run, interrupted where its process is gone; None without a record."""
    try:
        return current_record(folder).status
    except RunNotFoundError:
        return None
