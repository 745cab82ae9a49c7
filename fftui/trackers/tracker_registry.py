"""The trackers that runs are exported to, each with the extra that brings its package."""

import importlib
import importlib.util
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fftui.errors import RequestError
from fftui.runs.folder import RunFolder
from fftui.trackers.tracked_run import TrackedRun, tracked_run


@dataclass(frozen=True)
class Tracker:
    """A tracker: its name, which is also that of the extra, the package that it needs, and the
    module here whose `write(run, output)` writes a run and returns how it is seen.
    """

    name: str
    package: str
    module: str

    def load(self) -> Any:
        """The module that writes. Raises RequestError where the package is missing."""
        if importlib.util.find_spec(self.package) is None:
            msg = (
                f"{self.name} needs the package {self.package}, which is not installed: pip install"
                f" 'fftui[{self.name}]'"
            )
            raise RequestError(msg)
        return importlib.import_module(f"fftui.trackers.{self.module}")


_ALL = (
    Tracker("tensorboard", "tensorboardX", "tensorboard"),
    Tracker("wandb", "wandb", "weights_and_biases"),
    Tracker("mlflow", "mlflow", "ml_flow"),
    Tracker("trackio", "trackio", "track_io"),
)
TRACKERS = {tracker.name: tracker for tracker in _ALL}


def export_to(tracker: Tracker, folders: Iterable[RunFolder], output: Path) -> Iterator[str]:
    """Write runs into the folder `output` as a tracker takes them; for each how it is seen.

    Raises RequestError where the package is missing, a run is there already or nothing can be
    written; RunNotFoundError where a run cannot be read.
    """
    write: Callable[[TrackedRun, Path], str] = tracker.load().write
    for folder in folders:
        try:
            yield write(tracked_run(folder), output)
        except OSError as error:
            msg = f"cannot write run {folder.id} to {output}: {error.strerror or error}"
            raise RequestError(msg) from error
