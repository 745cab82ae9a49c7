"""Runs on nodes that do not see the runs folder: the run's files go there with its task, and come
back with the task's end, as the archive that `fftui export --to zip` writes.

Whether a node sees the folder it finds out itself: the run's `run.json` is there or not.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fftui.errors import FFTUIError, RequestError
from fftui.executors.node_command import run_here
from fftui.runs.annotations import FILE as ANNOTATIONS
from fftui.runs.files import read_own
from fftui.runs.folder import RunFolder
from fftui.runs.zip_export import ARCHIVED, write_zip
from fftui.runs.zip_import import import_zip

KEPT = (ANNOTATIONS,)  # what people write meanwhile stands here
LAST = ("journal.jsonl", "run.json")  # in this order: whoever reads them finds the rest there


@dataclass(frozen=True)
class Shipment:
    """A run's folder where it was submitted, and its files there by name."""

    path: str
    files: Mapping[str, bytes]


@dataclass(frozen=True)
class Carried:
    """How the command of a task ended: its exit code, its last line, and the run as an archive;
    None where the node sees the runs folder, or there is no run.
    """

    code: int
    said: str
    archive: bytes | None = None


def shipment_of(folder: RunFolder) -> Shipment:
    """What goes with a task: a few kilobytes of a new run, and the checkpoint of one that has
    begun. Raises RequestError where a file cannot be read.
    """
    files = {}
    try:
        for name in ARCHIVED:
            if (folder.path / name).exists():
                with read_own(folder.path / name) as file:
                    files[name] = file.read()
    except OSError as error:
        msg = f"run {folder.id} cannot be submitted: {error.filename}: {error.strerror}"
        raise RequestError(msg) from error
    return Shipment(str(folder.path), files)


def run_there(shipment: Shipment, words: Sequence[str], threads: int) -> Carried:
    """On a node: run Python with `words` on the run's folder, or on one of this node's own."""
    path = Path(shipment.path)
    if (path / "run.json").exists():
        return Carried(*run_here(list(words), threads))
    with tempfile.TemporaryDirectory(prefix="fftui-") as own:
        folder = RunFolder(Path(own) / path.name)
        folder.path.mkdir()
        for name, content in shipment.files.items():
            (folder.path / name).write_bytes(content)
        here = [str(folder.path) if word == shipment.path else word for word in words]
        code, said = run_here(here, threads)
        return Carried(code, said, _archive_of(folder))


def _archive_of(folder: RunFolder) -> bytes | None:
    """The run as an archive; None where it was refused before it began."""
    if not folder.journal.exists():
        return None
    archive = folder.path.parent / "run.zip"
    write_zip([folder], archive)
    return archive.read_bytes()


def take_back(archive: bytes, folder: RunFolder) -> None:
    """Put the run of an archive into its folder, where nothing of it has ended meanwhile.

    Raises RequestError where it is no archive that can be imported, or of another run; the folder
    is as it was then.
    """
    runs_dir = folder.path.parent
    try:
        swept = f".{os.getpid()}.new"  # by others, should this process be killed meanwhile
        with tempfile.TemporaryDirectory(swept, ".back-", runs_dir) as beside:
            packed = Path(beside) / "run.zip"
            packed.write_bytes(archive)
            came = import_zip(packed, Path(beside) / "runs")
            _check_same(came, folder)
            names = {each.name for each in came[0].path.iterdir()} - {*KEPT, *LAST}
            for name in (*names, *LAST):
                (came[0].path / name).replace(folder.path / name)
    except OSError as error:
        msg = f"run {folder.id} cannot be taken back: {error.filename}: {error.strerror}"
        raise RequestError(msg) from error


def _check_same(came: Sequence[RunFolder], folder: RunFolder) -> None:
    """Raise RequestError where the archive holds other runs than the one in `folder`."""
    try:
        same = [each.id for each in came] == [folder.id]
        same = same and came[0].experiment() == folder.experiment()
    except FFTUIError:
        same = False
    if not same:
        msg = f"what came back for run {folder.id} is another run, and was not taken"
        raise RequestError(msg)
