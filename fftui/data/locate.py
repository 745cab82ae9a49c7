"""Finds the files of a published data set, packed or unpacked, in torchvision's layout or lying
flat, and lays them out for torchvision without writing to the data folder.
"""

import gzip
import hashlib
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Literal

from fftui.data.sources import SetFile
from fftui.regular_files import (
    NotRegularError,
    TooLargeError,
    digest_of,
    open_regular,
    read_at_most,
)

State = Literal["present", "missing", "damaged", "unreadable"]
Packing = Literal["plain", "gz", "tar", "zip"]

# Not for security: without saying so, MD5 is refused on machines in FIPS mode.
_MD5: Callable[[], "hashlib._Hash"] = partial(hashlib.md5, usedforsecurity=False)
_UNPACKING = (OSError, EOFError, KeyError, zlib.error, tarfile.TarError, zipfile.BadZipFile)


@dataclass(frozen=True)
class FoundFile:
    """The state of one file of a data set, where it was found and how it is packed.

    `verified`: its sum, or that of its archive, was compared and agrees; `detail` says what is
    wrong with it.
    """

    file: SetFile
    state: State
    path: Path | None = None
    packing: Packing = "plain"
    bytes: int = 0
    verified: bool = False
    detail: str = ""


@dataclass(frozen=True)
class _Candidate:
    path: Path
    packing: Packing
    shown: str
    usual: bool  # where torchvision puts it; elsewhere sets of equal file names are told by MD5


def find_file(root: Path, file: SetFile, *, verify: bool) -> FoundFile:
    """The best copy of `file` below `root`: the first that is in order, else what is wrong.

    Without `verify` a file that lies where torchvision puts it is taken unread; one that lies
    elsewhere is read all the same, because several sets have files of the same names.
    """
    worst: FoundFile | None = None
    for candidate in _candidates(root, file):
        found = _check(file, candidate, verify=verify)
        if found.state == "present":
            return found
        if found.state != "missing" and (worst is None or found.state == "unreadable"):
            worst = found
    return worst or FoundFile(file, "missing", detail=f"no {file.path}")


@contextmanager
def torchvision_folder(root: Path, found: Sequence[FoundFile]) -> Iterator[Path]:
    """A folder in torchvision's layout: `root` itself where all files lie in it unpacked, else a
    temporary one. Raises OSError, EOFError or zlib.error where a file cannot be unpacked.
    """
    if all(each.path == root / each.file.path and each.packing == "plain" for each in found):
        yield root
        return
    with TemporaryDirectory(prefix="fftui-data-") as temporary:
        folder = Path(temporary)
        for each in found:
            (folder / each.file.path).parent.mkdir(parents=True, exist_ok=True)
        archives = {each.path for each in found if each.packing == "tar" and each.path}
        for archive in archives:
            _lay_out_archive(archive, [each.file for each in found if each.path == archive], folder)
        for each in found:
            if each.packing != "tar":
                _lay_out(each, folder / each.file.path)
        yield folder


def _lay_out(found: FoundFile, target: Path) -> None:
    assert found.path is not None
    if found.packing != "plain":
        target.write_bytes(_unpacked(found.path, found.packing, found.file))
        return
    try:
        target.symlink_to(found.path.resolve())
    # Windows lets not everybody make links, and Python says NotImplementedError where none can
    except (OSError, NotImplementedError):
        copyfile(found.path, target)


def _lay_out_archive(path: Path, files: Sequence[SetFile], folder: Path) -> None:
    """Unpack the files in one pass: each look into a .tar.gz unpacks it from its beginning."""
    wanted = {file.archive.member: file for file in files if file.archive}
    with tarfile.open(path) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name in wanted else None
            if content is not None:
                file = wanted.pop(member.name)
                content_bytes = _bounded(content.read(file.largest + 1), file)
                (folder / file.path).write_bytes(content_bytes)
            if not wanted:
                return
    msg = f"{path.name} has no {next(iter(wanted))}"
    raise OSError(msg)


def _candidates(root: Path, file: SetFile) -> Iterator[_Candidate]:
    """Places where the file may lie; what can be verified comes first."""
    plain = list(_places(root, file.path, "plain"))
    packed = []
    if file.archive is not None:
        kind = _packing(file.archive.path)
        packed = list(_places(root, file.archive.path, kind))
        if file.archive.member.endswith(".gz"):  # its .gz, taken out of the archive
            packed += _places(root, f"{file.path}.gz", "gz")
    elif not file.path.endswith((".gz", ".bz2", ".mat")):
        packed = list(_places(root, f"{file.path}.gz", "gz"))
    yield from (plain + packed if file.md5 else packed + plain)


def _places(root: Path, path: str, packing: Packing) -> Iterator[_Candidate]:
    """Where torchvision puts it; flat; below a folder that is itself the set's, such as MNIST/; and
    under the other name that idx files are published with, `.idx3` in the place of `-idx3`.
    """
    pure = PurePosixPath(path)
    places = [path]
    if len(pure.parts) > 1:
        places += [f"{pure.parts[0]}/{pure.name}", pure.name, "/".join(pure.parts[1:])]
    if "-idx" in pure.name:
        places += [place.replace("-idx", ".idx") for place in places]
    for shown in dict.fromkeys(places):
        yield _Candidate(root / shown, packing, shown, usual=shown == path)


def _packing(path: str) -> Packing:
    if path.endswith((".tar.gz", ".tgz")):
        return "tar"
    return "zip" if path.endswith(".zip") else "gz" if path.endswith(".gz") else "plain"


def _check(file: SetFile, candidate: _Candidate, *, verify: bool) -> FoundFile:
    path, packing = candidate.path, candidate.packing
    found = partial(FoundFile, file, path=path, packing=packing)
    try:
        # Opened, not asked about: a folder that may not be entered is an error, not an absence.
        with open_regular(path, file.largest) as stream:
            size = stream.seek(0, 2)
        if candidate.usual and not verify:
            return found("present", bytes=size)
        sums = _agrees(file, candidate)
    except (FileNotFoundError, IsADirectoryError):
        return FoundFile(file, "missing")
    except (NotRegularError, TooLargeError) as error:
        return found("damaged", detail=f"{candidate.shown} {error.strerror}")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return found("unreadable", detail=f"{candidate.shown}: {reason}")
    if sums is None:
        return _unverified(file, candidate, size)
    return found("present", bytes=size, verified=True) if sums else _differs(file, candidate, size)


def _differs(file: SetFile, candidate: _Candidate, size: int) -> FoundFile:
    """A file whose sum is not the published one: damaged, or another set's of the same name."""
    if not candidate.usual and candidate.packing in ("plain", "gz"):
        return FoundFile(file, "missing")
    detail = f"{candidate.shown} does not have the published MD5 sum"
    return FoundFile(file, "damaged", candidate.path, candidate.packing, size, detail=detail)


def _agrees(file: SetFile, candidate: _Candidate) -> bool | None:
    """Whether the sum of the file, of its archive or of its unpacked content agrees; None where
    none is published.
    """
    path, packing = candidate.path, candidate.packing
    if packing == "plain":
        return None if file.md5 is None else _digest(path, file.largest) == file.md5
    archive = file.archive
    known = archive.md5 if archive and _packing(archive.path) == packing else None
    if known is not None and _digest(path, file.largest) == known:
        return True
    if file.md5 is None:
        return None if known is None else False
    try:
        return _md5_of(_unpacked(path, packing, file)) == file.md5
    except _UNPACKING:
        return False


def _unverified(file: SetFile, candidate: _Candidate, size: int) -> FoundFile:
    """A file of which no sum is published: an idx file must be as long as its head says.

    Accepted only where its place or its name says which set it is of.
    """
    if not candidate.usual and not file.name.startswith(("emnist-", "qmnist-")):
        return FoundFile(file, "missing")
    found = partial(FoundFile, file, path=candidate.path, packing=candidate.packing, bytes=size)
    try:
        content = _unpacked(candidate.path, candidate.packing, file)
    except _UNPACKING as error:
        return found("damaged", detail=f"{candidate.shown}: {str(error).lower()}")
    if "-idx" in file.name and not _is_whole_idx(content):
        return found("damaged", detail=f"{candidate.shown} is not as long as its first bytes say")
    return found("present")


def _is_whole_idx(content: bytes) -> bool:
    item = {0x08: 1, 0x09: 1, 0x0B: 2, 0x0C: 4, 0x0D: 4, 0x0E: 8}.get(
        content[2] if len(content) > 4 else 0
    )
    if item is None:
        return False
    dimensions = content[3]
    size = item
    for index in range(dimensions):
        size *= int.from_bytes(content[4 + 4 * index : 8 + 4 * index], "big")
    return len(content) == 4 + 4 * dimensions + size


def _unpacked(path: Path, packing: Packing, file: SetFile) -> bytes:
    """The content of `file` out of `path`. Raises OSError, EOFError, KeyError or the archive's own
    error.
    """
    member = file.archive.member if file.archive else ""
    match packing:
        case "plain":
            return read_at_most(path, file.largest)
        case "gz":
            with gzip.open(path) as stream:
                return _bounded(stream.read(file.largest + 1), file)
        case "zip":
            with zipfile.ZipFile(path) as archive, archive.open(member) as inner:
                content = _bounded(inner.read(file.largest + 1), file)
            if not member.endswith(".gz"):
                return content
            with gzip.open(BytesIO(content)) as stream:
                return _bounded(stream.read(file.largest + 1), file)
        case "tar":
            with tarfile.open(path) as packed:
                extracted = packed.extractfile(member)
                if extracted is None:
                    msg = f"{member} is not a file"
                    raise KeyError(msg)
                return _bounded(extracted.read(file.largest + 1), file)


def _bounded(content: bytes, file: SetFile) -> bytes:
    if len(content) > file.largest:
        msg = f"unpacks to more than {file.largest:,} bytes, which no file of the set has"
        raise OSError(msg)
    return content


def _md5_of(content: bytes) -> str:
    digest = _MD5()
    digest.update(content)
    return digest.hexdigest()


def _digest(path: Path, largest: int) -> str:
    stat = path.stat()
    return _digest_of(path, stat.st_size, stat.st_mtime_ns, largest)


@lru_cache(maxsize=64)
def _digest_of(path: Path, size: int, changed_ns: int, largest: int) -> str:
    """Kept while size and time of change stay: an archive is asked about once for each member."""
    return digest_of(path, _MD5, largest)
