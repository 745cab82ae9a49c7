"""Checkpoints: a `TrainingState` as one safetensors file, with its progress in the file's header.

One file is renamed in one step, so weights and progress always belong together. `checkpoint.json`
repeats the progress for people to read; nothing reads it back. No pickle is ever loaded.
"""

import json
from contextlib import suppress

import psutil
from safetensors import SafetensorError, safe_open

from fftui.data.tensor_file import write_tensors
from fftui.errors import RunFailedError
from fftui.learning.state import Progress, TrainingState
from fftui.runs.files import check_own, replace_with, write_bytes
from fftui.runs.folder import RunFolder

VERSION = 1  # of what a checkpoint holds; one without it is of version 1


def save_checkpoint(folder: RunFolder, state: TrainingState) -> None:
    """Replace the run's last checkpoint by `state`, every tensor in its own dtype.

    Raises OSError where it cannot be written; the last checkpoint is then as it was.
    """
    progress = state.progress.to_json()
    header = {"position": json.dumps(progress), "version": str(VERSION)}
    replace_with(folder.checkpoint, lambda beside: write_tensors(beside, state.tensors, header))
    with suppress(OSError):  # only for people, and the next checkpoint writes it again
        write_bytes(folder.checkpoint_json, (json.dumps(progress, indent=2) + "\n").encode())


def load_checkpoint(folder: RunFolder) -> TrainingState | None:
    """The run's last checkpoint, on the CPU; None where it has none.

    Raises RunFailedError where it is damaged or cannot be read.
    """
    try:
        size = check_own(folder.checkpoint)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(folder, error.strerror or str(error)) from error
    if size > (there := psutil.virtual_memory().available):  # its file may be a hole
        raise _unreadable(folder, f"its {size} bytes do not fit into memory, {there} are free")
    try:
        with safe_open(folder.checkpoint, framework="pt") as file:
            header = file.metadata() or {}
            if (version := int(header.get("version", VERSION))) > VERSION:
                raise _unreadable(
                    folder,
                    f"written by a newer fftui: it is of version {version}, this one reads"
                    f" {VERSION}; install that fftui",
                )
            progress = Progress.from_json(json.loads(header["position"]))
            # no mapping
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (
        *(SafetensorError, OSError, ValueError, KeyError, TypeError, AttributeError),
        *(OverflowError, RecursionError),  # of the progress in its header
    ) as error:
        raise _unreadable(folder, str(error)) from error
    return TrainingState(tensors, progress)


def _unreadable(folder: RunFolder, reason: str) -> RunFailedError:
    again = f"fftui run --config {folder.experiment_path}"
    return RunFailedError(
        f"the checkpoint of run {folder.id} cannot be read ({reason}); begin again with: {again}"
    )
