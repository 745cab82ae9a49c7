"""Folders of the user's own files, also where there is no home: a container's user id has none."""

import os
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import platformdirs

from fftui.errors import RequestError


def _folder(find: Callable[..., Path]) -> Path:
    try:
        return find("fftui", appauthor=False)
    except RuntimeError:  # no HOME, and a user id without a name
        number = os.getuid() if hasattr(os, "getuid") else 0
        return _own(Path(tempfile.gettempdir()) / f"fftui-{number}", number)


def _own(folder: Path, user: int) -> Path:
    """`folder`, of a name that anybody can guess. Raises RequestError where it is of another user,
    who could lay presets and data into it.
    """
    with suppress(FileNotFoundError):
        found = folder.lstat()
        if found.st_uid != user or not stat.S_ISDIR(found.st_mode):
            msg = f"{folder} is not a folder of yours: set HOME to a folder that is"
            raise RequestError(msg)
    return folder


def user_config_folder() -> Path:
    """Where settings and presets of one's own lie. Raises RequestError without a home, where a
    folder of another user has its name.
    """
    return _folder(platformdirs.user_config_path)


def user_data_folder() -> Path:
    """Where data sets lie. Raises as `user_config_folder` does."""
    return _folder(platformdirs.user_data_path)
