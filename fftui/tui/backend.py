"""Presets, runs and the starting of runs, for the screens. Methods that load torch or read the disk
run in threads; what runs are started by is loaded with the first of them, not before the first
picture.
"""

import threading
from dataclasses import dataclass
from functools import partial

from fftui.errors import FFTUIError, RunNotFoundError
from fftui.events import Status
from fftui.experiment import Experiment
from fftui.own_presets import delete_preset, preset_path, save_preset
from fftui.presets import (
    Preset,
    damaged_presets,
    list_presets,
    preset_experiment,
    read_preset,
)
from fftui.runs.control_file import send_request
from fftui.runs.disk_room import DiskRoom
from fftui.runs.estimate import measure
from fftui.runs.expectation import Expectation, FinishedRuns, LikelyTime
from fftui.runs.folder import RunFolder
from fftui.runs.listing import ListedRun, RunListing
from fftui.runs.run_record import RunRecord
from fftui.runs.status import current_record, ensure_not_running
from fftui.runs.workspace import Workspace
from fftui.text.settings_text import Asked, settings
from fftui.tui.form_start import FormStart, of_preset, of_run
from fftui.tui.preferences import PreferencesFile
from fftui.tui.run_sources import RunControl, Source


@dataclass(frozen=True)
class FirstFacts:
    """What the first screen shows that lies on the disk: presets, what is wrong with one's own that
    are left out, runs newest first, and the data sets that are here.
    """

    presets: tuple[Preset, ...] = ()
    problems: tuple[str, ...] = ()
    runs: tuple[RunRecord, ...] = ()
    sets: frozenset[str] | None = None  # None: not known yet


class Backend:
    """Presets, runs and the starting of runs, in one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.ready = threading.Event()  # torch is loaded and measured
        self.listing = RunListing(workspace.runs_dir)
        self.preferences = PreferencesFile()
        self.room = DiskRoom(workspace.runs_dir, None)  # as it was when the runs were read last
        self._finished = FinishedRuns()
        self._sets: frozenset[str] | None = None  # the data sets that are here, once known

    def presets(self) -> list[Preset]:
        """All presets. Raises ExperimentError on an invalid file."""
        return list_presets()

    def runs(self) -> list[RunRecord]:
        """All runs, newest first, without damaged ones. Reads the disk."""
        runs_dir, device = self.workspace.runs_dir, self.workspace.device
        runs = [run.record for run in self.listed() if run.record is not None]
        self.room = DiskRoom.of(runs_dir)
        self._finished = FinishedRuns.of(runs_dir, runs, device, self._finished)
        return runs

    def listed(self) -> list[ListedRun]:
        """All runs, newest first. Reads what has changed on the disk."""
        return self.listing.read()

    def first_facts(self) -> FirstFacts:
        """What the first screen shows. Reads the disk. Raises ExperimentError where a preset that
        comes with fftui is not valid.
        """
        try:
            runs = tuple(self.runs())
        except FFTUIError:
            runs = ()  # the runs screen shows the error
        if self.ready.is_set():  # finding data sets loads torch
            from fftui.studies.study_catalogue import present_sets  # noqa: PLC0415

            self._sets = present_sets(self.workspace.data_folder)
        return FirstFacts(
            tuple(list_presets()), tuple(map(str, damaged_presets())), runs, self._sets
        )

    def absence(self, data: str) -> str:
        """That a data set is not on this machine, and how to get it; empty where it is, and where
        that is not known yet.
        """
        if self._sets is None or data in self._sets:
            return ""
        return f"{data} is not on this machine: fftui data get {data}"

    def load_torch(self) -> None:
        """Load torch and measure the device. Raises RequestError where the device is not there."""
        measure(self.workspace.device)
        self.ready.set()

    def expectation(self, experiment: Experiment) -> Expectation:
        """The likely time and memory of `experiment`, by the runs that were read last."""
        return self._finished.expectation(experiment)

    def likely_time(self, preset: Preset, data: str) -> LikelyTime:
        """The likely time of a preset on a data set, by the runs that were read last. Raises
        ExperimentError.
        """
        return self._finished.time(preset_experiment(preset, data))

    def form_of_preset(self, preset: Preset, data: str) -> FormStart:
        """The form of a preset on a data set. Raises ExperimentError."""
        return of_preset(preset, data)

    def form_of_run(self, run: str) -> FormStart:
        """The form of what `run` was asked to do. Reads the disk. Raises FFTUIError."""
        folder = RunFolder(self.workspace.runs_dir / run)
        return of_run(run, folder.experiment(), folder.record().preset)

    def is_saved(self, preset: str) -> bool:
        """Whether one's own preset of that name is there. Raises RequestError for what cannot be
        the name of one.
        """
        return preset_path(preset).exists()

    def save_preset(self, name: str, experiment: Experiment, base: str | None) -> FormStart:
        """Save `experiment` as one's own preset, and return its form. Raises RequestError."""
        save_preset(name, experiment, base)
        return of_preset(read_preset(name), experiment.data.name)

    def delete_preset(self, name: str) -> None:
        """Delete one's own preset. Raises RequestError."""
        delete_preset(name)

    def start(self, experiment: Experiment, preset: str | None) -> tuple[str, RunControl]:
        """Make the folder of a new run and start it; returns its id and its control. Raises
        FFTUIError.
        """
        from fftui.runs.starting import new_run  # noqa: PLC0415

        run_thread = new_run(experiment, self.workspace, preset=preset)
        run_thread.start()
        return run_thread.folder.id, run_thread

    def resume(self, run: str) -> tuple[str, RunControl]:
        """Resume an interrupted run from its last checkpoint, on its own device; returns its id and
        its control.

        Raises FFTUIError.
        """
        from fftui.runs.starting import resumed_run  # noqa: PLC0415

        folder = RunFolder(self.workspace.runs_dir / run)
        ensure_not_running(folder, folder.record())
        run_thread = resumed_run(folder, data_folder=self.workspace.data_folder)
        run_thread.start()
        return folder.id, run_thread

    def waiting(self, experiment: Experiment, preset: str | None) -> RunFolder:
        """Make the folder of a new run that begins later. Raises FFTUIError."""
        from fftui.runs.starting import waiting_run  # noqa: PLC0415

        return waiting_run(experiment, self.workspace, preset)

    def resumable(self, run: str) -> RunFolder:
        """The folder of an interrupted run. Raises FFTUIError where a process runs it."""
        folder = RunFolder(self.workspace.runs_dir.absolute() / run)
        ensure_not_running(folder, folder.record())
        return folder

    def begin(self, folder: RunFolder) -> tuple[str, RunControl]:
        """Start a run that has waited; returns its id and its control. Raises FFTUIError."""
        from fftui.runs.starting import queued_run  # noqa: PLC0415

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

    def journal(self, run: str) -> Source:
        """The journal of `run` as a source, read from its beginning."""
        from fftui.runs.journal import JournalTail  # noqa: PLC0415
        from fftui.tui.journal_source import JournalSource  # noqa: PLC0415

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
