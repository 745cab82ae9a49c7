"""Atomic writes: a reader sees all of the old file or all of the new one, whatever happens in
between.
"""

import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import psutil

from fftui.errors import RequestError
from fftui.regular_files import TooLargeError, check_mode, descriptor_of

READ_AT_ONCE = 1 << 16  # bytes
CLOCKS_DIFFER_S = 1.0  # of a disk and of the process list
LARGEST = 1 << 22  # bytes of a file that is read as a whole


def open_own(path: Path | str, flags: int = os.O_RDONLY) -> int:
    """The descriptor of a file of a run's folder, which may come from anybody. Raises OSError, also
    for a link, a pipe or a device.
    """
    return descriptor_of(path, flags | getattr(os, "O_NOFOLLOW", 0))


def read_own(path: Path) -> BinaryIO:
    """A file of a run's folder, opened for reading. Raises OSError as `open_own`."""
    return os.fdopen(open_own(path), "rb")


def check_own(path: Path, largest: int | None = None) -> int:
    """The bytes of a file of a run's folder that another library will open. Raises OSError, also
    for a link, a pipe, a device, or more than `largest` bytes.
    """
    found = path.lstat()
    check_mode(found.st_mode, path)
    if largest is not None and found.st_size > largest:
        raise TooLargeError(path, largest)
    return found.st_size


def replace_with(path: Path, write: Callable[[Path], None]) -> None:
    """Replace `path` by a file that `write` fills beside it, flushed to the disk and renamed in one
    step.

    Raises OSError where the disk is full or the folder may not be written; `path` is then as it
    was.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        beside.unlink(missing_ok=True)  # it may be a link to elsewhere
        write(beside)
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def check_writable(path: Path) -> None:
    """Raise RequestError where no file can be written at `path`: to be checked before the work of
    filling it.
    """
    folder = path.absolute().parent
    reason = None
    if not folder.is_dir():
        reason = f"there is no folder {folder}"
    elif path.is_dir():
        reason = "it is a folder"
    elif not os.access(path if path.exists() and not path.is_file() else folder, os.W_OK):
        reason = "it may not be written"
    if reason is not None:
        msg = f"cannot write {path}: {reason}; name another file with -o"
        raise RequestError(msg)


def remove_leftovers(folder: Path) -> None:
    """Remove the half-written files, and folders of runs, that killed processes have left in
    `folder`; those that cannot be removed stay.
    """
    with suppress(OSError):
        for path in folder.iterdir():
            found = re.fullmatch(r"\..+\.(\d+)\.new", path.name)
            if found is None or _is_being_written(path, int(found[1])):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(OSError):
                    path.unlink()


def _is_being_written(path: Path, pid: int) -> bool:
    """Whether the process `pid` has run on this machine since before `path` was written: a later
    one has only the number.
    """
    try:
        return psutil.Process(pid).create_time() <= path.lstat().st_mtime + CLOCKS_DIFFER_S
    except (psutil.Error, OSError, OverflowError):
        return False


def read_bytes(path: str) -> bytes:
    """The content of a small file, in a third of the time that `Path.read_bytes` takes: a list of
    runs reads thousands. Raises OSError, also for a file that is not regular, or of more than
    `LARGEST` bytes.
    """
    fd = open_own(path)
    try:
        parts, size = [], 0
        while part := os.read(fd, READ_AT_ONCE):
            parts.append(part)
            size += len(part)
            if size > LARGEST:
                raise TooLargeError(path, LARGEST)
    finally:
        os.close(fd)
    return b"".join(parts)


def write_bytes(path: Path, content: bytes, dated: int | None = None) -> None:
    """Replace the content of `path` in one step, with the time `dated` (Unix nanoseconds) if given.
    Raises OSError as `replace_with` does.
    """

    def write(beside: Path) -> None:
        beside.write_bytes(content)
        if dated is not None:
            os.utime(beside, ns=(dated, dated))

    replace_with(path, write)


def write_output(path: Path, content: bytes) -> None:
    """Write a result to the file that was asked for, or into a pipe. Raises RequestError where it
    cannot be written.
    """
    try:
        if path.exists() and not path.is_file():  # a pipe or a device
            path.write_bytes(content)
        else:
            write_bytes(path, content)
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror}"
        raise RequestError(msg) from error
