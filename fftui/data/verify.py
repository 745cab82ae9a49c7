"""The state of the data sets on this machine: present or not, size, and whether files are the
published ones.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import resources
from os import environ
from pathlib import Path
from typing import Literal

import platformdirs

from fftui.data.catalogue import DATA_NAMES, SETS, DataName
from fftui.data.sources import SetFile, files_of
from fftui.errors import DataError

State = Literal["present", "missing", "damaged", "unreadable"]

# Not for security: without saying so, MD5 is refused on machines in FIPS mode.
_MD5: Callable[[], "hashlib._Hash"] = partial(hashlib.md5, usedforsecurity=False)


@dataclass(frozen=True)
class SetStatus:
    """The state of one data set on this machine.

    `bytes` is the size of the files that are present; `verified` is true where the MD5 sum of every
    file was compared and agrees; `detail` describes the first faulty file, and is empty where there
    is none.
    """

    name: DataName
    description: str
    where: str
    state: State
    bytes: int
    verified: bool
    detail: str


@dataclass(frozen=True)
class _FileStatus:
    """The state of one file of a data set: `detail` says what is wrong with it."""

    state: State
    bytes: int = 0
    detail: str = ""


def data_folder(folder: Path | None = None) -> Path:
    """The folder of the data sets: `folder` if given, else FFTUI_DATA, else the platform's folder
    for user data.
    """
    if folder is not None:
        return folder.expanduser()
    named = environ.get("FFTUI_DATA")
    return (
        Path(named).expanduser()
        if named
        else platformdirs.user_data_path("fftui", appauthor=False) / "data"
    )


def shipped_folder() -> Path:
    """The folder of the files shipped inside the package."""
    return Path(str(resources.files("fftui.data"))) / "mnist_mini"


def dataset_statuses(folder: Path | None = None, *, verify: bool = True) -> list[SetStatus]:
    """The state of every known data set, in the catalogue's order; `verify=False` skips the MD5
    sums and is quick.
    """
    return [set_status(name, folder, verify=verify) for name in DATA_NAMES]


def set_status(name: DataName, folder: Path | None = None, *, verify: bool = True) -> SetStatus:
    """The state of one data set."""
    shipped = name == "mnist-mini"
    root = shipped_folder() if shipped else data_folder(folder)
    files = [_file_status(root, file, verify=verify) for file in files_of(name)]
    # An unreadable file explains what seems missing or damaged beside it; damage is worse than
    # absence.
    severity: tuple[State, ...] = ("unreadable", "damaged", "missing", "present")
    worst = min(files, key=lambda file: severity.index(file.state))
    return SetStatus(
        name=name,
        description=SETS[name].description,
        where="inside fftui" if shipped else str(root),
        state=worst.state,
        bytes=sum(file.bytes for file in files),
        verified=verify and worst.state == "present",
        detail=worst.detail,
    )


def damaged_files(name: DataName, folder: Path) -> list[Path]:
    """The files of a data set whose content is not the published one."""
    return [
        folder / file.path
        for file in files_of(name)
        if _file_status(folder, file, verify=True).state == "damaged"
    ]


def check_files(name: DataName, folder: Path, files: tuple[SetFile, ...]) -> None:
    """Compare the MD5 sums of some files of a data set.

    Raises DataError where one is missing, damaged or unreadable.
    """
    for file in files:
        found = _file_status(folder, file, verify=True)
        if found.state != "present":
            raise refusal(name, str(folder), found.state, found.detail)


def refusal(name: DataName, where: str, state: State, detail: str) -> DataError:
    """The error for a data set that cannot be used: one line with what is wrong, where, and what to
    do.
    """
    elsewhere = "point --data-dir or FFTUI_DATA at a folder that has it"
    if name == "mnist-mini":
        return DataError(
            f"{name}, shipped inside fftui, is {state} ({detail}): install fftui again"
        )
    match state:
        case "missing":
            return DataError(
                f"{name} is not in {where} ({detail}): run `fftui data get {name}`, or {elsewhere}"
            )
        case "damaged":
            return DataError(
                f"{name} in {where} is damaged ({detail}): run `fftui data get {name}`, or"
                f" {elsewhere}"
            )
        case _:
            return DataError(
                f"{name} in {where} cannot be read ({detail}): make it readable, or {elsewhere}"
            )


def _file_status(root: Path, file: SetFile, *, verify: bool) -> _FileStatus:
    path = root / file.path
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(0)
            if verify and hashlib.file_digest(stream, _MD5).hexdigest() != file.md5:
                return _FileStatus(
                    "damaged", size, f"{file.path} does not have the published MD5 sum"
                )
    except FileNotFoundError:
        return _FileStatus("missing", detail=f"no {file.path}")
    except OSError as error:
        return _FileStatus(
            "unreadable", detail=f"{file.path}: {(error.strerror or str(error)).lower()}"
        )
    return _FileStatus("present", size)
