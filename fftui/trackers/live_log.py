"""`--log TRACKER:DIR`: what a run states goes into a tracker's files while it learns."""

import os
from dataclasses import dataclass
from pathlib import Path

from fftui.errors import RequestError, one_of
from fftui.runs.journal import read_journal
from fftui.runs.run_thread import RunThread
from fftui.trackers.tracker_registry import TRACKERS

LIVE = ("tensorboard",)  # trackers that take points while a run learns


@dataclass(frozen=True)
class LiveLog:
    """A tracker's name, and the folder for the files of its runs."""

    tracker: str
    folder: Path

    @classmethod
    def of(cls, text: str) -> "LiveLog":
        """The log that `TRACKER:DIR` names. Raises RequestError where it is none, the tracker's
        package is missing or the folder cannot be written.
        """
        name, _, folder = text.partition(":")
        tracker = TRACKERS[one_of("live log", name, LIVE)]
        if not folder:
            msg = f"--log {text}: name the folder too, such as {name}:logs"
            raise RequestError(msg)
        tracker.load()
        path = Path(folder).expanduser()
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"--log cannot write to {path}: {error.strerror}"
            raise RequestError(msg) from error
        if not os.access(path, os.W_OK):
            msg = f"--log cannot write to {path}: it may not be written"
            raise RequestError(msg)
        return cls(tracker.name, path)

    def follow(self, run_thread: RunThread) -> None:
        """Write what a run states from now on. Raises RequestError where the files cannot be
        made.
        """
        folder = run_thread.folder
        log = TRACKERS[self.tracker].load().TensorBoardLog
        try:
            listener = log(self.folder / folder.id, read_journal(folder.journal))
        except OSError as error:
            msg = f"--log cannot write to {self.folder}: {error.strerror}"
            raise RequestError(msg) from error
        run_thread.listen(listener)
