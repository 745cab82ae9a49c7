"""The runs folder: whether it can be written, whether files can be locked in it, and its free
space.
"""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from fftui.doctor.checks import Check, Json, Section, first_line
from fftui.runs.finding import runs_folder
from fftui.text.format import size

LITTLE_SPACE_BYTES = 1_000_000_000


def storage_section(runs_dir: Path | None = None) -> Section:
    """The runs folder. Nothing is left there, and it is not made where it is not there."""
    folder = runs_folder(runs_dir)
    existing = _nearest(folder)
    return Section("runs", "Runs folder", (*_folder(folder, existing), _space(existing)))


def _nearest(folder: Path) -> Path:
    """The folder, or the one above it in which it would be made."""
    here = folder.absolute()
    # never an error, as where a folder may not be entered
    found = (each for each in (here, *here.parents) if os.path.exists(each))  # noqa: PTH110
    return next(found, here)


def _folder(folder: Path, existing: Path) -> tuple[Check, ...]:
    shown = folder.absolute()
    text = (
        f"{shown}, writable" if existing == shown else f"{shown}, writable; the first run makes it"
    )
    value: Mapping[str, Json] = {"path": str(shown), "exists": existing == shown, "writable": True}
    try:
        with tempfile.TemporaryFile(dir=existing, prefix=".fftui-doctor-") as file:
            file.write(b"x")
            file.flush()
            locks = _locks(file)
    except OSError as error:
        reason = (error.strerror or first_line(error)).lower()
        advice = f"no run can start: {existing}: {reason}; choose another with --runs or FFTUI_RUNS"
        return (
            Check(
                "folder",
                "folder",
                "broken",
                {**value, "writable": False},
                f"{shown}, not writable",
                advice,
            ),
        )
    return Check("folder", "folder", "ok", value, text), locks


def _locks(file: IO[bytes]) -> Check:
    try:
        import fcntl  # noqa: PLC0415 - not everywhere
    except ImportError:
        reason = "this system has none of the kind that fftui uses"
    else:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            reason = (error.strerror or first_line(error)).lower()
        else:
            return Check("locks", "file locks", "ok", True, "work")
    advice = (
        "they would keep two processes from executing one run: do not resume a run that is running"
    )
    return Check("locks", "file locks", "missing", False, f"do not work: {reason}", advice)


def _space(existing: Path) -> Check:
    try:
        disk = shutil.disk_usage(existing)
    except OSError as error:
        reason = (error.strerror or first_line(error)).lower()
        return Check("disk", "disk", "note", None, f"cannot be read: {reason}")
    value = {"total_bytes": disk.total, "free_bytes": disk.free}
    text = f"{size(disk.free)} free of {size(disk.total)}"
    if disk.free >= LITTLE_SPACE_BYTES:
        return Check("disk", "disk", "ok", value, text)
    advice = (
        "checkpoints may not fit: free some space, or choose another folder with --runs or"
        " FFTUI_RUNS"
    )
    return Check("disk", "disk", "note", value, text, advice)
