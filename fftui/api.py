"""What a script or a notebook does with fftui; the command line is written over it.

Public names are offered by `fftui` itself: `import fftui` is enough.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fftui import events as ev
from fftui.errors import RunFailedError
from fftui.experiment import Experiment
from fftui.network_report import NetworkReport
from fftui.presets import load_config, load_preset
from fftui.runs.filter import filtered
from fftui.runs.finding import find_run, runs_folder
from fftui.runs.folder import RunFolder
from fftui.runs.journal import read_journal
from fftui.runs.kept_tables import ensure_tables
from fftui.runs.listing import RunListing
from fftui.runs.run_record import RunRecord
from fftui.runs.run_thread import RunThread
from fftui.runs.starting import new_run, resumed_run
from fftui.runs.status import current_record, ensure_not_running
from fftui.runs.view import RunView, fold
from fftui.runs.workspace import Workspace

if TYPE_CHECKING:
    import polars as pl
    from torch import Tensor

    from fftui.learning.trained import TrainedNetwork
    from fftui.learning.training import Training
    from fftui.runs.readouts import ReadoutResult
    from fftui.runs.table_names import TableName

__all__ = [
    "Run",
    "add_data",
    "list_runs",
    "load_config",
    "load_data",
    "load_preset",
    "open_run",
    "resume",
    "run",
    "train",
]

Folder = Path | str

WAIT_S = 0.2  # between two looks at Ctrl-C


@dataclass(frozen=True)
class Run:
    """A run on disk: its record, its events, its tables and what it has learned."""

    folder: RunFolder

    @property
    def id(self) -> str:
        """The name of the run's folder, which no other run of that folder of runs has."""
        return self.folder.id

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self.folder.path

    @property
    def record(self) -> RunRecord:
        """Status, times, accuracies and versions, as they are now. Raises RunNotFoundError."""
        return current_record(self.folder)

    @property
    def experiment(self) -> Experiment:
        """What was asked. Raises ExperimentError where the file is damaged."""
        return self.folder.experiment()

    @property
    def view(self) -> RunView:
        """All that a screen shows of the run, folded from its journal. Raises OSError."""
        return fold(read_journal(self.folder.journal))

    def events(self) -> Iterator[tuple[float, ev.Event]]:
        """(Unix time, event) of the journal, in order. Raises OSError."""
        return read_journal(self.folder.journal)

    def table(self, name: "TableName") -> "pl.DataFrame":
        """A table made from the journal: epochs, layers, evaluations, images, energy,
        telemetry or runs.

        Raises RequestError for another name, RunNotFoundError, OSError.
        """
        from fftui.runs.tables import make_table  # noqa: PLC0415 - loads Polars

        ensure_tables(self.folder)
        return make_table(self.folder, name)

    def network(self, device: str = "cpu") -> "TrainedNetwork":
        """The network with the weights of the last checkpoint, ready to predict.

        Raises RunFailedError where there is no checkpoint or it cannot be read.
        """
        from fftui.runs.weights import trained_network  # noqa: PLC0415 - loads torch

        return trained_network(self.folder, device)

    def inspect(
        self,
        *,
        images: int | None = None,
        device: str = "cpu",
        data_folder: Folder | None = None,
    ) -> "NetworkReport":
        """What the last checkpoint's network does with `images` test images (None: 500, fewer where
        there are many labels): goodness, units and mistakes of each layer, weights as pictures.

        All runs on a data set have the same images. Raises RunFailedError where there is no
        checkpoint, DataError where the images are missing.
        """
        from fftui.runs.inspect_run import inspect_run  # noqa: PLC0415 - loads torch

        folder = _path(data_folder)
        return inspect_run(
            self.folder, images=images, data_folder=folder, device=device
        ).full_report()

    def probe(
        self,
        layers: Sequence[int] = (),
        *,
        epochs: int = 20,
        learning_rate: float = 1e-3,
        device: str = "auto",
        data_folder: Folder | None = None,
        on_event: Callable[[ev.Event], None] | None = None,
    ) -> "ReadoutResult":
        """Train a linear readout of `layers` (from 1; none: all) of the last checkpoint, on
        the run's training images; its result is kept in `readouts.json` beside the run.

        Raises RequestError for layers that are not there, RunFailedError where there is no
        checkpoint or the readout diverges, DataError where the images are missing.
        """
        from fftui.runs.readouts import ReadoutSettings, train_readout  # noqa: PLC0415 - torch

        settings = ReadoutSettings(tuple(layers), epochs, learning_rate)
        folder = _path(data_folder)
        return train_readout(
            self.folder, settings, device=device, data_folder=folder, on_event=on_event
        )

    def readouts(self) -> "tuple[ReadoutResult, ...]":
        """The results of `probe` that are kept beside the run. Raises RequestError where they
        cannot be read.
        """
        from fftui.runs.readouts import read_readouts  # noqa: PLC0415 - loads torch

        return read_readouts(self.folder)


def train(
    experiment: Experiment,
    *,
    device: str = "auto",
    data_folder: Folder | None = None,
    runs_dir: Folder | None = None,
) -> "Training":
    """The events of `experiment` as it is carried out, with nothing on disk. Runs that phases start
    from (`init_from`) are looked for in `runs_dir`.

    Raises DataError where the images are missing, RequestError where the device is.
    """
    # both load torch
    from fftui.learning.training import train as start  # noqa: PLC0415
    from fftui.runs.weights import weights_of  # noqa: PLC0415

    folder = runs_folder(runs_dir)
    return start(
        experiment,
        device=device,
        data_folder=_path(data_folder),
        weights_of=lambda name: weights_of(find_run(folder, name)),
    )


def run(
    experiment: Experiment,
    *,
    name: str | None = None,
    device: str = "auto",
    runs_dir: Folder | None = None,
    data_folder: Folder | None = None,
    on_event: Callable[[ev.Event], None] | None = None,
) -> Run:
    """Carry out `experiment` in a new folder of `runs_dir` (FFTUI_RUNS, else `runs` here).

    `on_event` is called with every event, in another thread. Ctrl-C ends the run as `interrupted`,
    with its checkpoint. Raises RequestError where the run is refused, RunFailedError where it
    fails or cannot be saved; where `on_event` fails, it is called no more and a warning says so.
    """
    workspace = Workspace(runs_folder(runs_dir), _path(data_folder), device)
    return _finish(new_run(experiment, workspace, name=name), on_event)


def resume(
    run: Run,
    *,
    device: str | None = None,
    data_folder: Folder | None = None,
    on_event: Callable[[ev.Event], None] | None = None,
) -> Run:
    """Continue an interrupted, unsaved or failed run from its last checkpoint; a finished one only
    has its tables written where they are missing.

    Raises RequestError where another process carries it out, RunFailedError where it fails.
    """
    record = run.record
    if record.status == "finished":
        ensure_tables(run.folder)
        return run
    ensure_not_running(run.folder, record)
    thread = resumed_run(run.folder, data_folder=_path(data_folder), device=device)
    return _finish(thread, on_event)


def open_run(name: str = "latest", runs_dir: Folder | None = None) -> Run:
    """The run of that id, unique beginning of an id, name or path; `latest` is the newest.

    Raises RunNotFoundError, which names the nearest.
    """
    return Run(find_run(runs_folder(runs_dir), name))


def list_runs(runs_dir: Folder | None = None, where: str = "") -> list[Run]:
    """The runs that the filter `where` wants, newest first; without one all that are not archived.

    Raises RequestError where the folder cannot be read, FilterError where the filter cannot be
    understood.
    """
    listed = filtered(where, RunListing(runs_folder(runs_dir)))
    return [Run(run.folder) for run in listed if run.record is not None]


def load_data(
    name: str, split: Literal["train", "test"], data_folder: Folder | None = None
) -> "tuple[Tensor, Tensor]":
    """Images uint8 (N, channels, height, width) and labels int64 (N,) of a data set.

    Raises DataError where it is missing or damaged, RequestError for another split.
    """
    from fftui.data.sets import load_set  # noqa: PLC0415 - loads torch

    loaded = load_set(name, split, _path(data_folder))
    return loaded.images, loaded.labels


def add_data(name: str, path: Folder, *, data_folder: Folder | None = None) -> None:
    """Keep the images and labels at `path` (a folder of class folders, an .npz or Parquet) in the
    data folder as data set `name`, as `fftui data add` does. Raises DataError.
    """
    from fftui.data.adding import add_set  # noqa: PLC0415 - loads NumPy

    add_set(name, Path(path), folder=_path(data_folder))


def _path(folder: Folder | None) -> Path | None:
    return None if folder is None else Path(folder)


def _finish(thread: RunThread, on_event: Callable[[ev.Event], None] | None) -> Run:
    """Carry a run out to its end."""
    if on_event is not None:
        thread.listen(lambda _at, event: on_event(event))
    thread.start()
    while thread.is_alive():
        try:
            thread.join(WAIT_S)
        except KeyboardInterrupt:
            thread.stop()
    if thread.refused is not None:
        raise thread.refused
    result = thread.view.result
    if result is None or result.status in ("failed", "unsaved"):
        reason = result.error if result is not None else "it ended without a result"
        how = "is unsaved" if result is not None and result.status == "unsaved" else "failed"
        msg = f"run {thread.folder.id} {how}: {reason}; its folder is {thread.folder.path}"
        raise RunFailedError(msg)
    if result.status == "finished":  # all is on the disk: what is left is of the caller's function
        for problem in thread.problems:
            warnings.warn(problem, RuntimeWarning, stacklevel=3)
    return Run(thread.folder)
