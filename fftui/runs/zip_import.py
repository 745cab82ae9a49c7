"""Runs out of an archive that may come from anybody, into the folder of runs.

Nothing of an archive is taken at its word: names are compared with those that an export writes,
declared sizes with what deflate can do, with the archive and with the disk, contents with the
checksums, and records by the validators of every run folder. All runs of an archive come in, or
none; nothing is replaced.
"""

import os
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from io import BufferedIOBase
from pathlib import Path
from typing import BinaryIO

from fftui.errors import FFTUIError, RequestError
from fftui.inert import one_line
from fftui.regular_files import open_regular
from fftui.runs.annotations import read_annotations
from fftui.runs.files import LARGEST
from fftui.runs.folder import RunFolder
from fftui.runs.zip_export import ARCHIVED, NEEDED, PLAIN_ID, SUMS, copied

MOST_RUNS = 1000
LARGEST_DIRECTORY = 1 << 22  # bytes of the archive's list of members, or read at once
DEFLATE_AT_MOST = 1100  # times that deflate makes its input smaller
BOMB_FROM, BOMB_TIMES = 1 << 28, 200  # bytes unpacked, and times the archive's: no run is so
SMALL = ("run.json", "experiment.toml", "annotations.json", "readouts.json", "checkpoint.json")
_SUM_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")
# what zipfile and zlib raise for a damaged archive, or one packed in a way that they do not know
_DAMAGE = (ValueError, EOFError, KeyError, RuntimeError, NotImplementedError, zlib.error)
_DAMAGE += (zipfile.BadZipFile, OverflowError)  # type: ignore[assignment]


def import_zip(path: Path, runs_dir: Path) -> tuple[RunFolder, ...]:
    """Take the runs of an archive into `runs_dir`, and return them.

    Raises RequestError where the archive is none of fftui's, is damaged or hostile, or a run of it
    is in `runs_dir` already; nothing is left behind then.
    """
    try:
        with open_regular(path) as file, zipfile.ZipFile(_Bounded(file)) as archive:
            runs = _checked(archive, os.fstat(file.fileno()).st_size, path)
            runs_dir.mkdir(parents=True, exist_ok=True)
            _check_room(runs, runs_dir)
            return _taken(archive, runs, runs_dir, path)
    except OSError as error:
        msg = f"cannot import {path}: {error.filename or ''} {error.strerror or error}"
        raise RequestError(" ".join(msg.split())) from error
    except _DAMAGE as error:
        raise _refused(path, str(error) or type(error).__name__) from error


Members = Mapping[str, Mapping[str, zipfile.ZipInfo]]  # by run and file


class _Bounded(BufferedIOBase):
    """A file of which no more is read at once than an archive's list of members may have."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int | None = -1, /) -> bytes:
        asked = LARGEST_DIRECTORY + 1 if size is None or size < 0 else size
        found = self._file.read(min(asked, LARGEST_DIRECTORY + 1))
        if len(found) > LARGEST_DIRECTORY:
            msg = "its list of files is too long"
            raise ValueError(msg)
        return found

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def _refused(path: Path, reason: str) -> RequestError:
    return RequestError(
        one_line(f"{path} is no archive of runs that can be imported: {reason[:300]}")
    )


def _checked(archive: zipfile.ZipFile, size: int, path: Path) -> Members:
    """The archive's files by run. Raises RequestError for what no export writes."""
    members = archive.infolist()
    runs: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for info in members:
        problem = _problem_of(info)
        if problem:
            raise _refused(path, f"{problem}: {info.orig_filename!r:.200}")
        run, _, name = info.filename.rpartition("/")
        if runs.setdefault(run, {}).setdefault(name, info) is not info:
            raise _refused(path, f"it has {info.filename} twice")
    if SUMS not in runs.pop("", {}):
        raise _refused(path, f"it has no {SUMS}")
    _check_sizes(members, size, path)
    _check_runs(runs, path)
    return runs


def _problem_of(info: zipfile.ZipInfo) -> str:
    """What is wrong with a member, in a few words; empty where nothing is."""
    run, _, name = info.filename.rpartition("/")
    mode = info.external_attr >> 16
    is_known = info.filename == SUMS or (PLAIN_ID.fullmatch(run) and name in ARCHIVED)
    if not is_known or info.orig_filename != info.filename:
        return "it has a file that no run has"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "it has a link or a device"
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "it is encrypted, or compressed in another way than fftui does"
    if info.file_size > DEFLATE_AT_MOST * info.compress_size + 1:
        return "it declares a size that it cannot have"
    return "it has too large a file" if (name in SMALL and info.file_size > LARGEST) else ""


def _check_sizes(members: Sequence[zipfile.ZipInfo], size: int, path: Path) -> None:
    unpacked = sum(info.file_size for info in members)
    if sum(info.compress_size for info in members) > size:
        raise _refused(path, "its files overlap")
    if unpacked > BOMB_FROM and unpacked > BOMB_TIMES * size:
        raise _refused(path, f"{size:,} bytes would become {unpacked:,}")


def _check_runs(runs: Members, path: Path) -> None:
    if not runs or len(runs) > MOST_RUNS:
        raise _refused(path, f"it has {len(runs)} runs")
    if len({each.lower() for each in runs}) < len(runs):
        raise _refused(path, "names of its runs differ in nothing but capital letters")
    for run, files in runs.items():
        missing = [name for name in NEEDED if name not in files]
        if missing:
            raise _refused(path, f"run {run} has no {missing[0]}")


def _check_room(runs: Members, runs_dir: Path) -> None:
    for run in runs:
        if os.path.lexists(runs_dir / run):
            msg = (
                f"run {run} is in {runs_dir} already, and nothing is replaced: import into another"
                " folder with --runs"
            )
            raise RequestError(msg)
    needed = sum(info.file_size for files in runs.values() for info in files.values())
    free = shutil.disk_usage(runs_dir).free
    if needed > free:
        msg = f"no room in {runs_dir}: {needed:,} bytes are needed, {free:,} are free"
        raise RequestError(msg)


def _taken(
    archive: zipfile.ZipFile, runs: Members, runs_dir: Path, path: Path
) -> tuple[RunFolder, ...]:
    """Unpack all runs beside their places, check them, and only then move them there."""
    sums = _sums(archive, runs, path)
    beside = {run: runs_dir / f".{run}.{os.getpid()}.new" for run in runs}
    moved: list[Path] = []
    try:
        for run, folder in beside.items():
            folder.mkdir()
            for name, info in runs[run].items():
                if _unpacked(archive, info, folder / name) != sums[info.filename]:
                    raise _refused(path, f"{info.filename} is not what its checksum says")
            _check_run(folder, run, path)
        for run, folder in beside.items():
            folder.rename(runs_dir / run)
            moved.append(runs_dir / run)
    except BaseException:
        for folder in (*beside.values(), *moved):
            shutil.rmtree(folder, ignore_errors=True)
        raise
    return tuple(RunFolder(each.absolute()) for each in moved)


def _sums(archive: zipfile.ZipFile, runs: Members, path: Path) -> dict[str, str]:
    """The checksum of each file, of which there is one each."""
    info = archive.getinfo(SUMS)
    if info.file_size > LARGEST:
        raise _refused(path, f"its {SUMS} is too large")
    found = dict(_sum_lines(archive.read(info).decode("utf-8", "replace")))
    files = {each.filename for own in runs.values() for each in own.values()}
    if set(found) != files:
        other = sorted(set(found) ^ files)[0]
        raise _refused(path, f"its {SUMS} and its files disagree about {other!r:.200}")
    return found


def _sum_lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if found := _SUM_LINE.fullmatch(line):
            yield found[2], found[1]


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> str:
    """Write a member to a new file; its SHA-256. Reads no more than it declares."""
    with archive.open(info) as source, target.open("xb") as file:
        digest = copied(source, file)
        file.flush()
        os.fsync(file.fileno())
    return digest


def _check_run(folder: Path, run: str, path: Path) -> None:
    """Raise RequestError where the record, the experiment or the annotations cannot be read."""
    try:
        RunFolder(folder).record()
        RunFolder(folder).experiment()
        read_annotations(folder)
    except FFTUIError as error:
        reason = str(error).replace(f"{folder}/", f"{run}/").replace(str(folder), run)
        raise _refused(path, reason.partition("; begin the run again")[0]) from error
