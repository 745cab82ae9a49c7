"""Reads a split of a data set as two tensors: all images as uint8, and their labels."""

import gzip
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from fftui.data.catalogue import SETS, DataName
from fftui.data.sources import files_of, torchvision_class
from fftui.data.verify import check_files, data_folder, refusal, set_status, shipped_folder

SetSplit = Literal["train", "test"]

__all__ = ["DataSplit", "SetSplit", "data_folder", "load_set"]


@dataclass(frozen=True)
class DataSplit:
    """Images uint8 (N, channels, height, width), contiguous, and their labels int64 (N,), 0 to
    classes − 1.
    """

    images: Tensor
    labels: Tensor
    classes: int

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: Tensor) -> "DataSplit":
        """The images at `index` (int64), in that order."""
        return DataSplit(self.images[index], self.labels[index], self.classes)


def load_set(name: DataName, split: SetSplit, folder: Path | None = None) -> DataSplit:
    """All images of one split, in the order of the published files.

    `folder` holds the data sets (see `data_folder`). Files are compared with the published MD5
    sums. Raises DataError where the data set is missing, damaged or unreadable.
    """
    images, labels = (
        _read_shipped(split)
        if name == "mnist-mini"
        else _read_full(name, split, data_folder(folder))
    )
    return DataSplit(images.contiguous(), labels, SETS[name].classes)


def _read_shipped(split: SetSplit) -> tuple[Tensor, Tensor]:
    stem = _idx_stem(split)
    folder = shipped_folder()
    check_files(
        "mnist-mini",
        folder,
        tuple(file for file in files_of("mnist-mini") if file.path.startswith(stem)),
    )
    images = _unpacked(folder / f"{stem}-images-idx3-ubyte.gz", header_bytes=16)
    labels = _unpacked(folder / f"{stem}-labels-idx1-ubyte.gz", header_bytes=8)
    return images.view(-1, *SETS["mnist-mini"].shape), labels.long()


def _unpacked(path: Path, header_bytes: int) -> Tensor:
    """The bytes of a gzipped idx file after its header, whose type and shape are known here."""
    content = gzip.decompress(path.read_bytes())
    return torch.from_numpy(np.frombuffer(content, dtype=np.uint8, offset=header_bytes).copy())


def _read_full(name: DataName, split: SetSplit, folder: Path) -> tuple[Tensor, Tensor]:
    try:
        match name:
            case "mnist" | "fashion-mnist":
                return _read_idx(name, split, folder)
            case "svhn":
                svhn = torchvision_class(name)(folder, split=split, download=False)
                return torch.from_numpy(svhn.data), torch.from_numpy(svhn.labels)
            case _:
                cifar = torchvision_class(name)(folder, train=split == "train", download=False)
                return torch.from_numpy(cifar.data).permute(0, 3, 1, 2), torch.tensor(cifar.targets)
    except (RuntimeError, OSError, ValueError, EOFError, pickle.UnpicklingError) as error:
        # torchvision says "not found or corrupted" whatever is wrong: find out.
        status = set_status(name, folder)
        if status.state != "present":
            raise refusal(name, status.where, status.state, status.detail) from None
        raise refusal(name, status.where, "unreadable", " ".join(str(error).split())) from error


def _read_idx(name: DataName, split: SetSplit, folder: Path) -> tuple[Tensor, Tensor]:
    wanted = f"raw/{_idx_stem(split)}"
    check_files(name, folder, tuple(file for file in files_of(name) if wanted in file.path))
    mnist = torchvision_class(name)(folder, train=split == "train", download=False)
    return mnist.data.unsqueeze(1), mnist.targets


def _idx_stem(split: SetSplit) -> str:
    return "train" if split == "train" else "t10k"
