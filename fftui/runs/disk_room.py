"""The room on the disk for a run: what it takes against what is free, before it starts."""

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fftui.errors import RequestError
from fftui.experiment import Experiment
from fftui.experiment.disk_cost import disk_of

MUCH = 0.9  # of the free room: warned of


def free_bytes(folder: Path) -> float | None:
    """Bytes that this user may write where `folder` is, or will be; None where nothing says so."""
    for place in (folder.absolute(), *folder.absolute().parents):
        with suppress(FileNotFoundError):
            try:
                return float(shutil.disk_usage(place).free)
            except (NotADirectoryError, PermissionError):
                return None
    return None


@dataclass(frozen=True)
class DiskRoom:
    """The bytes that were free where `folder` is, or will be; None where nothing said so."""

    folder: Path
    free: float | None

    @classmethod
    def of(cls, folder: Path) -> "DiskRoom":
        """The room there is now. Reads the disk."""
        return cls(folder, free_bytes(folder))


def refuse_without_room(experiment: Experiment, room: DiskRoom) -> None:
    """Raise RequestError where the weights alone do not fit."""
    free, weights = room.free, disk_of(experiment).weights
    if free is not None and weights > free:
        msg = (
            f"its weights take {_size(weights)} on the disk, and {_size(free)} are free in"
            f" {room.folder}: make room, choose another folder with --runs or FFTUI_RUNS, or make"
            " the network smaller"
        )
        raise RequestError(msg)


def room_warning(experiment: Experiment, room: DiskRoom, seconds: float | None = None) -> str:
    """Why the room may not be enough for `seconds` of learning, and what to do;
    empty where it is.
    """
    free, cost = room.free, disk_of(experiment)
    if free is None or cost.total(seconds) <= MUCH * free:
        return ""
    return (
        f"it may not fit on the disk: its checkpoints, rows and tables take"
        f" ~{_size(cost.total(seconds))}, and {_size(free)} are free in {room.folder}; make room,"
        " or choose another folder with --runs or FFTUI_RUNS"
    )


def _size(count: float) -> str:
    """Bytes with three digits, such as 12.3 MB."""
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count / 1e3:.3g} kB"
