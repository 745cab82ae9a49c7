"""What the screens ask of the rest of fftui. Whatever loads torch or reads the disk is called from a thread."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fftui.errors import FFTUIError, RunNotFoundError
from fftui.events import Status
from fftui.experiment import Experiment
from fftui.presets import Preset, list_presets, load_preset
from fftui.runs.carrier import Carrier
from fftui.runs.estimate import expected_seconds, measure
from fftui.runs.folder import RunFolder, RunRecord, create
from fftui.runs.journal import JournalTail
from fftui.runs.listing import list_runs
from fftui.runs.standing import refuse_at_work, standing
from fftui.tui.sources import JournalSource, Trainer


@dataclass(frozen=True)
class Expected:
    """How long an experiment takes: as `measured` by the newest run like it, or as its arithmetic says."""

    seconds: float | None
    measured: bool


class Workbench:
    """Presets, runs and the starting of runs, for one runs folder and one device."""

    def __init__(self, runs_dir: Path, data_folder: Path | None, device: str) -> None:
        self.runs_dir = runs_dir
        self.data_folder = data_folder
        self.device = device
        self.ready = threading.Event()  # torch is loaded and measured
        self._experiments: dict[str, Experiment | None] = {}

    def presets(self) -> list[Preset]:
        """All presets. Raises ExperimentError on a broken file."""
        return list_presets()

    def experiment(self, preset: str, data: str | None = None) -> Experiment:
        """The experiment of a preset on a data set. Raises ExperimentError."""
        return load_preset(preset, data)

    def runs(self) -> list[RunRecord]:
        """All runs, newest first. Reads the disk."""
        return list(list_runs(self.runs_dir))

    def warm_up(self) -> None:
        """Load torch and measure the device. Raises RequestError where the device is not there."""
        measure(self.device)
        self.ready.set()

    def expected(self, preset: Preset, data: str, past: Sequence[RunRecord]) -> Expected:
        """How long `preset` takes on `data`, told by the newest of `past` runs that did just that, or estimated."""
        experiment = load_preset(preset.name, data)
        for run in past:
            if (run.preset, run.data, run.status) != (preset.name, data, "finished") or not run.train_s:
                continue
            if self._asked(run.id) == experiment:
                return Expected(run.train_s, measured=True)
        return Expected(expected_seconds(experiment), measured=False)

    def _asked(self, run: str) -> Experiment | None:
        """What a run was asked to do, but for its seed; None where its folder no longer says. Each is read once."""
        if run not in self._experiments:
            try:
                asked = RunFolder(self.runs_dir / run).experiment().model_copy(update={"seed": 0})
            except FFTUIError:
                asked = None
            self._experiments[run] = asked
        return self._experiments[run]

    def estimate(self, experiment: Experiment) -> float | None:
        """Seconds `experiment` is likely to take; None while the device has not been measured."""
        return expected_seconds(experiment)

    def start(self, experiment: Experiment, preset: str | None) -> tuple[str, Trainer]:
        """Make the folder of a new run and start it: its id and its trainer. Raises FFTUIError."""
        folder = create(self.runs_dir, experiment, preset=preset, device=self.device, data_folder=self.data_folder)
        carrier = Carrier(folder, experiment, self.device, self.data_folder)
        carrier.start()
        return folder.id, carrier

    def resume(self, run: str) -> tuple[str, Trainer]:
        """Go on with an interrupted run from its last checkpoint, on the device it was on. Raises FFTUIError."""
        folder = RunFolder(self.runs_dir / run)
        record = folder.record()
        refuse_at_work(folder, record)
        images = record.images(self.data_folder)
        carrier = Carrier(folder, folder.experiment(), record.device_asked, images, resume=True)
        carrier.start()
        return folder.id, carrier

    def journal(self, run: str) -> JournalSource:
        """The journal of a run, to be read from its beginning."""
        folder = RunFolder(self.runs_dir / run)
        return JournalSource(run, JournalTail(folder.journal).read, lambda: _status(folder))


def _status(folder: RunFolder) -> Status | None:
    """How the run stands by its record, which knows of a process that is gone; None without a record."""
    try:
        return standing(folder).status
    except RunNotFoundError:
        return None
