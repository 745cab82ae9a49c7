"""Writes tensors as a safetensors file."""

import errno
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, str] | None = None
) -> None:
    """Write `tensors`, and `header` as the file's metadata. Raises OSError, such as for a full
    disk.
    """
    path.touch()
    mode = path.stat().st_mode  # safetensors lets nobody but the owner read its files
    # It writes a file of a random name first: in a folder whose name says whose it is, and which
    # `remove_leftovers` knows.
    own = path.with_name(f".{path.name}.{os.getpid()}.new")
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    try:
        own.mkdir(exist_ok=True)
        save_file(contiguous, own / "tensors", metadata=dict(header) if header else None)
        (own / "tensors").replace(path)
    except SafetensorError as error:
        found = re.search(r"os error (\d+)", str(error).lower())
        if found is None:
            raise OSError(errno.EIO, str(error)) from error
        raise OSError(int(found[1]), os.strerror(int(found[1])), str(path)) from error
    finally:
        shutil.rmtree(own, ignore_errors=True)
    path.chmod(mode)
