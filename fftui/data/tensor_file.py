"""Writes tensors as a safetensors file."""

import errno
import os
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
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    try:
        save_file(contiguous, path, metadata=dict(header) if header else None)
    except SafetensorError as error:
        full = "os error 28" in str(error) or "StorageFull" in str(error)
        code = errno.ENOSPC if full else errno.EIO
        raise OSError(code, os.strerror(code) if full else str(error)) from error
    path.chmod(mode)
