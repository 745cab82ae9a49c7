"""The state of the data sets on this machine: present or not, size, and whether files are the
published ones.
"""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from fftui.data.catalogue import SETS, DataName
from fftui.data.locate import FoundFile, State, find_file
from fftui.data.own_sets import data_folder, known_names, own_record
from fftui.data.sources import files_of
from fftui.errors import DataError
from fftui.regular_files import NotRegularError, TooLargeError, digest_of, open_regular

__all__ = ["SetStatus", "State", "data_folder", "dataset_statuses", "refusal", "set_status"]

SHIPPED = "mnist-mini"
# An unreadable file explains what seems missing or damaged beside it; damage is worse than absence.
_SEVERITY: tuple[State, ...] = ("unreadable", "damaged", "missing", "present")


@dataclass(frozen=True)
class SetStatus:
    """The state of one data set on this machine.

    `bytes` is the size of the files that are present; `verified` is true where the checksum of
    every file was compared and agrees; `detail` describes the first faulty file, and is empty where
    there is none.
    """

    name: DataName
    description: str
    where: str
    state: State
    bytes: int
    verified: bool
    detail: str


def shipped_folder() -> Path:
    """The folder of the files shipped inside the package."""
    return Path(str(resources.files("fftui.data"))) / "mnist_mini"


def dataset_statuses(folder: Path | None = None, *, verify: bool = True) -> list[SetStatus]:
    """The state of every known data set, the published ones first; `verify=False` skips the
    checksums and is quick.
    """
    return [set_status(name, folder, verify=verify) for name in known_names(folder)]


def set_status(name: DataName, folder: Path | None = None, *, verify: bool = True) -> SetStatus:
    """The state of one data set. Raises DataError for an unknown name."""
    if name not in SETS:
        return _own_status(name, folder, verify=verify)
    files = found_files(name, folder, verify=verify)
    worst = worst_of(files)
    where = "inside fftui" if name == SHIPPED else str(data_folder(folder))
    sizes = {file.path: file.bytes for file in files}  # an archive holds several files
    return SetStatus(
        name=name,
        description=SETS[name].description,
        where=where,
        state=worst.state,
        bytes=sum(sizes.values()),
        verified=worst.state == "present" and all(file.verified for file in files),
        detail=worst.detail,
    )


def found_files(name: DataName, folder: Path | None, *, verify: bool) -> list[FoundFile]:
    """The files of a published set and where each was found."""
    root = shipped_folder() if name == SHIPPED else data_folder(folder)
    return [find_file(root, file, verify=verify) for file in files_of(name)]


def worst_of(files: list[FoundFile]) -> FoundFile:
    """The file that says most about what is wrong; any one where nothing is."""
    return min(files, key=lambda file: _SEVERITY.index(file.state))


def checked_files(name: DataName, folder: Path | None) -> list[FoundFile]:
    """The files of a published set, all in order. Raises DataError where one is missing, damaged or
    unreadable.
    """
    files = found_files(name, folder, verify=True)
    worst = worst_of(files)
    if worst.state != "present":
        raise refusal(name, str(data_folder(folder)), worst.state, worst.detail)
    return files


def refusal(name: DataName, where: str, state: State, detail: str) -> DataError:
    """The error for a data set that cannot be used: one line with what is wrong, where, and what to
    do.
    """
    elsewhere = "point --data-dir or FFTUI_DATA at a folder that has it"
    if name == SHIPPED:
        return DataError(
            f"{name}, shipped inside fftui, is {state} ({detail}): install fftui again"
        )
    again = f"run `fftui data get {name}`" if name in SETS else f"remove it and {_ADD} {name} again"
    match state:
        case "missing":
            return DataError(f"{name} is not in {where} ({detail}): {again}, or {elsewhere}")
        case "damaged":
            return DataError(f"{name} in {where} is damaged ({detail}): {again}, or {elsewhere}")
        case _:
            return DataError(
                f"{name} in {where} cannot be read ({detail}): make it readable, or {elsewhere}"
            )


_ADD = "`fftui data add`"


def _own_status(name: DataName, folder: Path | None, *, verify: bool) -> SetStatus:
    root = data_folder(folder)
    try:
        record = own_record(name, folder)
    except DataError as error:
        return SetStatus(name, "own", str(root), "damaged", 0, False, str(error))
    state: State = "present"
    detail, total = "", 0
    for split, sha256 in record.files.items():
        path = root / name / f"{split}.safetensors"
        try:
            largest = record.largest_file(split)
            with open_regular(path, largest) as file:
                total += file.seek(0, 2)
            if verify and sha256_of(path, largest) != sha256:
                state, detail = "damaged", f"{path.name} has changed since it was added"
        except FileNotFoundError:
            state, detail = "missing", f"no {path.name}"
        except (NotRegularError, TooLargeError) as error:
            state, detail = "damaged", f"{path.name} {error.strerror}"
        except OSError as error:
            state, detail = "unreadable", f"{path.name}: {(error.strerror or str(error)).lower()}"
        if state != "present":
            break
    verified = verify and state == "present"
    return SetStatus(name, record.info.description, str(root), state, total, verified, detail)


def sha256_of(path: Path, largest: int) -> str:
    """The SHA-256 sum of a file of at most `largest` bytes. Raises OSError."""
    return digest_of(path, "sha256", largest)
