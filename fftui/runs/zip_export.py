"""Runs as one zip archive with a file of checksums, for a paper's supplement or a colleague.

SHA256SUMS          one line a file, as `sha256sum -c` reads it
RUN/run.json …      the files of each run (`ARCHIVED`)
"""

import hashlib
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from fftui.errors import RequestError
from fftui.runs.annotations import FILE as ANNOTATIONS
from fftui.runs.files import read_own, replace_with
from fftui.runs.folder import RunFolder
from fftui.runs.status import current_record, is_live
from fftui.runs.table_names import IN_FOLDER

SUMS = "SHA256SUMS"
NEEDED = ("run.json", "experiment.toml", "journal.jsonl")
# what an archive may hold of a run; requests to its process are none of it
ARCHIVED = (
    *NEEDED,
    ANNOTATIONS,
    "readouts.json",
    "checkpoint.safetensors",
    "checkpoint.json",
    "error.log",
    "run.log",
    *(f"{name}.parquet" for name in IN_FOLDER),
)
PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,149}")
AT_ONCE = 1 << 20  # bytes
UNDATED = (1980, 1, 1, 0, 0, 0)  # the same runs give the same archive


def write_zip(folders: Sequence[RunFolder], output: Path) -> None:
    """Write runs into the archive `output`. Raises RequestError for a run that is learning, lacks
    its files or has a folder of another name than fftui gives, and where it cannot be written.
    """
    for folder in folders:
        _check(folder)
    try:
        replace_with(output, lambda beside: _write(folders, beside))
    except OSError as error:
        msg = f"cannot write {output}: {error.filename or ''} {error.strerror or error}"
        raise RequestError(" ".join(msg.split())) from error


def _check(folder: RunFolder) -> None:
    if not PLAIN_ID.fullmatch(folder.id):
        msg = f"run {folder.id!r} cannot be archived: rename its folder to letters and digits"
        raise RequestError(msg)
    if is_live(current_record(folder)):
        msg = f"run {folder.id} is learning: export it once it has ended, or stop it"
        raise RequestError(msg)
    missing = [name for name in NEEDED if not (folder.path / name).is_file()]
    if missing:
        msg = f"run {folder.id} cannot be archived: it has no {missing[0]}"
        raise RequestError(msg)


def _write(folders: Sequence[RunFolder], path: Path) -> None:
    sums = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder in folders:
            for name in ARCHIVED:
                if (folder.path / name).exists():
                    member = f"{folder.id}/{name}"
                    with read_own(folder.path / name) as file, _opened(archive, member) as into:
                        sums.append(f"{copied(file, into)}  {member}\n")
        archive.writestr(zipfile.ZipInfo(SUMS, UNDATED), "".join(sums))


def _opened(archive: zipfile.ZipFile, member: str) -> IO[bytes]:
    info = zipfile.ZipInfo(member, UNDATED)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o100644 << 16
    return archive.open(info, "w", force_zip64=True)


def copied(source: IO[bytes], target: IO[bytes]) -> str:
    """Copy one file into another; its SHA-256. Raises OSError."""
    digest = hashlib.sha256()
    while part := source.read(AT_ONCE):
        digest.update(part)
        target.write(part)
    return digest.hexdigest()
