"""Folders of the user's own files, also where there is no home: a container's user id has none."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import platformdirs


def _folder(find: Callable[..., Path]) -> Path:
    try:
        return find("fftui", appauthor=False)
    except RuntimeError:  # no HOME, and a user id without a name
        number = os.getuid() if hasattr(os, "getuid") else 0
        return Path(tempfile.gettempdir()) / f"fftui-{number}"


def user_config_folder() -> Path:
    """Where settings and presets of one's own lie."""
    return _folder(platformdirs.user_config_path)


def user_data_folder() -> Path:
    """Where data sets lie."""
    return _folder(platformdirs.user_data_path)
