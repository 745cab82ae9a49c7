"""Reads a split of a data set as two tensors: all images as uint8, and their labels."""

import gzip
import pickle
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import torch
from torch import Tensor

from fftui.data.catalogue import SETS, DataName, Source
from fftui.data.locate import torchvision_folder
from fftui.data.own_sets import OwnRecord, data_folder, own_record
from fftui.data.sources import loader_class
from fftui.data.verify import (
    checked_files,
    found_files,
    refusal,
    set_status,
    sha256_of,
    shipped_folder,
    worst_of,
)
from fftui.errors import DataError, one_of
from fftui.regular_files import NotRegularError, TooLargeError

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


def load_set(
    name: DataName, split: SetSplit, folder: Path | None = None, *, sha256: str | None = None
) -> DataSplit:
    """All images of one split, in the order of the published files.

    `folder` holds the data sets (see `data_folder`). Files are compared with their checksums, and
    an own set with `sha256`, the set that an experiment was made for. Raises DataError where the
    data set is missing, damaged, unreadable or another one, RequestError for another split.
    """
    one_of("split", split, get_args(SetSplit))
    if name not in SETS:
        return _read_own(own_record(name, folder), split, data_folder(folder), sha256)
    source = SETS[name].source
    images, labels = (
        _read_shipped(name, split) if source is None else _read_full(name, source, split, folder)
    )
    return DataSplit(images.contiguous(), labels, SETS[name].classes)


def _read_shipped(name: DataName, split: SetSplit) -> tuple[Tensor, Tensor]:
    worst = worst_of(found_files(name, None, verify=True))
    if worst.state != "present":
        raise refusal(name, str(shipped_folder()), worst.state, worst.detail)
    stem = shipped_folder() / ("train" if split == "train" else "t10k")
    images = _unpacked(Path(f"{stem}-images-idx3-ubyte.gz"), header_bytes=16)
    labels = _unpacked(Path(f"{stem}-labels-idx1-ubyte.gz"), header_bytes=8)
    return images.view(-1, *SETS[name].shape), labels.long()


def _unpacked(path: Path, header_bytes: int) -> Tensor:
    """The bytes of a gzipped idx file after its header, whose type and shape are known here."""
    content = gzip.decompress(path.read_bytes())
    return torch.from_numpy(np.frombuffer(content, dtype=np.uint8, offset=header_bytes).copy())


def _read_full(
    name: DataName, source: Source, split: SetSplit, folder: Path | None
) -> tuple[Tensor, Tensor]:
    files = checked_files(name, folder)
    arguments = dict(source.train if split == "train" else source.test)
    try:
        with torchvision_folder(data_folder(folder), files) as root:
            loaded = loader_class(source)(root, download=False, **arguments)
            return _images_of(loaded, source), _labels_of(loaded, source)
    except (RuntimeError, OSError, ValueError, EOFError, zlib.error, pickle.PickleError) as error:
        # torchvision says "not found or corrupted" whatever is wrong: find out.
        status = set_status(name, folder)
        if status.state != "present":
            raise refusal(name, status.where, status.state, status.detail) from None
        raise refusal(name, status.where, "unreadable", " ".join(str(error).split())) from error


def _images_of(loaded: Any, source: Source) -> Tensor:
    """Its images (N, channels, height, width), upright."""
    data = torch.as_tensor(loaded.data)
    if data.dim() == 3:
        data = data.unsqueeze(1)
    elif data.shape[-1] == 3 and data.shape[1] != 3:
        data = data.permute(0, 3, 1, 2)
    return data.transpose(2, 3) if source.layout == "transposed" else data


def _labels_of(loaded: Any, source: Source) -> Tensor:
    """Its labels (N,), from 0; of several columns (QMNIST) the first is the class."""
    labels = torch.as_tensor(loaded.targets if hasattr(loaded, "targets") else loaded.labels).long()
    return (labels[:, 0] if labels.dim() == 2 else labels) - source.first_label


def _read_own(record: OwnRecord, split: SetSplit, root: Path, sha256: str | None) -> DataSplit:
    from safetensors import SafetensorError  # noqa: PLC0415 - published sets need none
    from safetensors.torch import load_file  # noqa: PLC0415

    if sha256 is not None and sha256 != record.sha256:
        msg = (
            f"{record.name} in {root} is another set than the one this experiment was made for"
            f" (hash {record.sha256[:12]}, not {sha256[:12]}): start a new run with --data"
            f" {record.name}, or point --data-dir or FFTUI_DATA at the folder that has it"
        )
        raise DataError(msg)
    path = root / record.name / f"{split}.safetensors"
    try:
        if sha256_of(path, record.largest_file(split)) != record.files[split]:
            raise refusal(
                record.name, str(root), "damaged", f"{path.name} has changed since it was added"
            )
        tensors = load_file(path)
    except FileNotFoundError:
        raise refusal(record.name, str(root), "missing", f"no {path.name}") from None
    except (NotRegularError, TooLargeError) as error:
        detail = f"{path.name} {error.strerror}"
        raise refusal(record.name, str(root), "damaged", detail) from None
    except (OSError, SafetensorError) as error:
        raise refusal(record.name, str(root), "unreadable", f"{path.name}: {error}") from None
    return DataSplit(tensors["images"], tensors["labels"], len(record.class_names))
