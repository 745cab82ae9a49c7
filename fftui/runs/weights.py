"""What a run has learned: its network, and its weights as a file for others."""

import json
from pathlib import Path

from torch import Tensor

from fftui.data.tensor_file import write_tensors
from fftui.errors import RequestError, RunFailedError
from fftui.learning.state import NETWORK
from fftui.learning.trained import TrainedNetwork, load_trained
from fftui.runs.checkpoint import load_checkpoint
from fftui.runs.files import check_writable, replace_with
from fftui.runs.folder import RunFolder


def weights_of(folder: RunFolder) -> dict[str, Tensor]:
    """The weights of the run's last checkpoint by their names in the network, on the CPU.

    Raises RunFailedError where there is no checkpoint or it cannot be read.
    """
    state = load_checkpoint(folder)
    if state is None:
        msg = f"run {folder.id} has no checkpoint yet: it has no weights to give"
        raise RunFailedError(msg)
    return state.part(NETWORK)


def trained_network(folder: RunFolder, device: str = "cpu") -> TrainedNetwork:
    """The run's network with its weights. Raises RunFailedError, ExperimentError."""
    return load_trained(folder.experiment(), weights_of(folder), device=device)


def write_weights(folder: RunFolder, path: Path) -> None:
    """Write the weights as safetensors; the header says the shapes and holds the experiment.

    Raises RequestError where `path` cannot be written, RunFailedError without a checkpoint.
    """
    check_writable(path)
    tensors = weights_of(folder)
    header = {
        "run": folder.id,
        "shapes": json.dumps({name: list(tensor.shape) for name, tensor in tensors.items()}),
        "experiment": folder.experiment().model_dump_json(),
    }
    try:
        replace_with(path, lambda beside: write_tensors(beside, tensors, header))
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror}"
        raise RequestError(msg) from error
