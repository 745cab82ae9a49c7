"""Opens regular files only: a device or a pipe under a file's name may have no end, or nobody who
writes to it.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path

_WITHOUT_WAITING = sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))


class NotRegularError(OSError):
    """What should be a file is a device, a pipe or a socket, or a link where none may be."""

    def __init__(self, path: Path | str, found: str = "a device or a pipe") -> None:
        super().__init__(errno.EINVAL, f"is {found}: only files are read", str(path))


class TooLargeError(OSError):
    """A file has more bytes than it can have."""

    def __init__(self, path: Path | str, largest: int) -> None:
        super().__init__(errno.EFBIG, f"has more than {largest:,} bytes", str(path))


def descriptor_of(path: Path | str, flags: int = os.O_RDONLY) -> int:
    """The descriptor of a regular file, which a device or a pipe under its name does not keep
    waiting.

    Raises NotRegularError where it is none, or a link and `flags` has O_NOFOLLOW,
    IsADirectoryError, and OSError.
    """
    try:
        fd = os.open(path, flags | _WITHOUT_WAITING, 0o644)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise NotRegularError(path, "a link") from None
        if error.errno == errno.ENXIO:
            raise NotRegularError(path) from None
        raise
    try:
        check_mode(os.fstat(fd).st_mode, path)
    except BaseException:
        os.close(fd)
        raise
    return fd


def check_mode(mode: int, path: Path | str) -> None:
    """Raises NotRegularError or IsADirectoryError where `mode` is not a regular file's."""
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if stat.S_ISLNK(mode):
        raise NotRegularError(path, "a link")
    if not stat.S_ISREG(mode):
        raise NotRegularError(path)


def open_regular(path: Path, largest: int | None = None) -> BufferedReader:
    """The file at `path`, open for reading.

    Raises TooLargeError where it has more than `largest` bytes, and as `descriptor_of` does.
    """
    file = open(descriptor_of(path), "rb")  # noqa: SIM115 - of a descriptor; it is returned
    if largest is not None and os.fstat(file.fileno()).st_size > largest:
        file.close()
        raise TooLargeError(path, largest)
    return file


def read_at_most(path: Path, largest: int) -> bytes:
    """The content of a regular file of at most `largest` bytes. Raises as `open_regular` does."""
    with open_regular(path, largest) as file:
        content = file.read(largest + 1)
    if len(content) > largest:  # of a size that the system does not know, as in /proc
        raise TooLargeError(path, largest)
    return content


def digest_of(path: Path, algorithm: "str | Callable[[], hashlib._Hash]", largest: int) -> str:
    """The sum of a regular file of at most `largest` bytes. Raises as `open_regular` does."""
    with open_regular(path, largest) as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


def is_regular(path: Path) -> bool:
    """Whether a file is there that may be read; never an error."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
