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


class NotRegularError(OSError):
    """What should be a file is a device, a pipe or a socket."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EINVAL, "is a device or a pipe: only files are read", str(path))


class TooLargeError(OSError):
    """A file has more bytes than it can have."""

    def __init__(self, path: Path, largest: int) -> None:
        super().__init__(errno.EFBIG, f"has more than {largest:,} bytes", str(path))


def open_regular(path: Path, largest: int | None = None) -> BufferedReader:
    """The file at `path`, open for reading.

    Raises NotRegularError where it is none, TooLargeError where it has more than `largest` bytes,
    IsADirectoryError, and OSError.
    """
    # without waiting for somebody who writes to a pipe
    fd = os.open(
        path,
        os.O_RDONLY
        | getattr(os, "O_NONBLOCK", 0)
        | getattr(os, "O_CLOEXEC", 0)
        | getattr(os, "O_BINARY", 0),
    )
    try:
        facts = os.fstat(fd)
        if stat.S_ISDIR(facts.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(facts.st_mode):
            raise NotRegularError(path)
        if largest is not None and facts.st_size > largest:
            raise TooLargeError(path, largest)
        return open(fd, "rb")  # noqa: PTH123 - of a descriptor
    except BaseException:
        os.close(fd)
        raise


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
