"""A run's folder: the paths of its files.

experiment.toml          the experiment as requested
run.json                 its record: `fftui.runs.run_record`
journal.jsonl            its events
checkpoint.safetensors   weights, optimiser state, progress
checkpoint.json          the progress, for people
*.parquet                its tables
error.log                the traceback, if it failed
control.jsonl            what other processes ask of it: `fftui.runs.control_file`
run.log                  the plain lines of a run that belongs to no terminal
annotations.json         what people wrote about it: `fftui.runs.annotations`
readouts.json            what `fftui probe` read of it: `fftui.runs.readouts`
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from fftui.errors import ExperimentError
from fftui.experiment import Experiment
from fftui.presets import load_config
from fftui.runs.files import LARGEST, check_own, write_bytes
from fftui.runs.run_record import RunRecord, read_record


@dataclass(frozen=True)
class RunFolder:
    """The files of one run."""

    path: Path

    @property
    def id(self) -> str:
        """The run's unique identifier: the folder's name."""
        return self.path.name

    @property
    def experiment_path(self) -> Path:
        """The experiment as requested, in TOML."""
        return self.path / "experiment.toml"

    @property
    def run_json(self) -> Path:
        """The run's record."""
        return self.path / "run.json"

    @property
    def journal(self) -> Path:
        """The events, one a line."""
        return self.path / "journal.jsonl"

    @property
    def checkpoint(self) -> Path:
        """The newest training state."""
        return self.path / "checkpoint.safetensors"

    @property
    def checkpoint_json(self) -> Path:
        """The progress of the newest training state, for people to read."""
        return self.path / "checkpoint.json"

    @property
    def error_log(self) -> Path:
        """The traceback of a failed run."""
        return self.path / "error.log"

    @property
    def control(self) -> Path:
        """What other processes ask of the run, one request a line."""
        return self.path / "control.jsonl"

    @property
    def output_log(self) -> Path:
        """What a run that belongs to no terminal writes: its progress and its end."""
        return self.path / "run.log"

    @property
    def readouts(self) -> Path:
        """The results of linear readouts."""
        return self.path / "readouts.json"

    def table(self, name: str) -> Path:
        """The Parquet file of table `name`."""
        return self.path / f"{name}.parquet"

    def record(self) -> RunRecord:
        """Read `run.json`. Raises RunNotFoundError where it is missing or damaged."""
        return read_record(str(self.path))

    def write_record(self, record: RunRecord) -> None:
        """Replace `run.json` in one step. Raises OSError."""
        write_bytes(self.run_json, (record.model_dump_json(indent=2) + "\n").encode())

    def write_experiment(self, experiment: Experiment) -> None:
        """Replace `experiment.toml` in one step. Raises OSError."""
        # TOML has no null: absent is the default
        requested = experiment.model_dump(mode="json", exclude_none=True)
        write_bytes(self.experiment_path, tomli_w.dumps(requested).encode())

    def experiment(self) -> Experiment:
        """Read `experiment.toml`. Raises ExperimentError where it is missing or damaged."""
        try:
            check_own(self.experiment_path, LARGEST)
        except OSError as error:
            msg = f"{self.experiment_path} cannot be read: {error.strerror}"
            raise ExperimentError(msg) from None
        try:
            return load_config(self.experiment_path)
        except RecursionError:
            msg = f"{self.experiment_path} cannot be read: its tables are too deep in each other"
            raise ExperimentError(msg) from None

    def discard(self) -> None:
        """Remove the folder of a run that was refused before it started."""
        shutil.rmtree(self.path, ignore_errors=True)
