"""Reads an .npz of images and labels."""

import lzma
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fftui.data.brought import Brought, BroughtSplit, class_order, reason_of
from fftui.data.pictures import Pixels
from fftui.errors import DataError
from fftui.regular_files import open_regular

# Names of the arrays: training images and labels, test images and labels.
SPLIT_KEYS = (
    ("x_train", "y_train", "x_test", "y_test"),
    ("train_images", "train_labels", "test_images", "test_labels"),
)
LARGEST_UNPACKED = 64_000_000_000  # bytes: a thousand times those of CIFAR10's images
# what zipfile and NumPy raise on a damaged, encrypted or strange archive
_DAMAGE = (
    *(OSError, ValueError, EOFError, KeyError, TypeError, OverflowError, SyntaxError, struct.error),
    *(RuntimeError, tokenize.TokenError, zipfile.BadZipFile, zlib.error, lzma.LZMAError),
)
WHOLE_KEYS = (("images", "labels"), ("x", "y"), ("data", "labels"))


def read_array_file(path: Path) -> Brought:
    """The arrays of an .npz: x_train, y_train, x_test, y_test, or images and labels.

    Images are (N, height, width), (N, height, width, channels) or (N, channels, height, width),
    uint8, or numbers from 0 to 1, which are scaled to 0 to 255 and said. Raises DataError where
    they are not.
    """
    try:
        _check_archive(path)
        # Pickled objects are refused: they run code when they are read.
        arrays: Any = np.load(path, allow_pickle=False)
        if isinstance(arrays, np.ndarray):
            msg = f"{path} holds one array and no labels: save both as an .npz"
            raise DataError(msg)
        with arrays:
            return _read({name.lower(): name for name in arrays}, arrays, path)
    except _DAMAGE as error:
        msg = f"{path} cannot be read as an .npz ({reason_of(error)}): save it by numpy.savez"
        raise DataError(msg) from None
    except MemoryError:
        msg = f"{path} does not fit into memory"
        raise DataError(msg) from None


def _check_archive(path: Path) -> None:
    """Raise OSError or ValueError where the file is no archive, or one that unpacks to more than
    any memory holds.
    """
    with open_regular(path) as file:
        size = file.seek(0, 2)
        if size and not zipfile.is_zipfile(file):
            # NumPy takes any other file for a pickle and advises to load it unsafely.
            msg = "it is no archive"
            raise ValueError(msg)
    if not size:
        return
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > LARGEST_UNPACKED:
        msg = f"it unpacks to {unpacked:,} bytes, more than {LARGEST_UNPACKED:,}"
        raise ValueError(msg)


def _read(names: Mapping[str, str], arrays: Any, path: Path) -> Brought:
    notes: dict[str, None] = {}
    for train_x, train_y, test_x, test_y in SPLIT_KEYS:
        if train_x in names and train_y in names:
            train = _split(arrays[names[train_x]], arrays[names[train_y]], path, notes)
            test = None
            if test_x in names and test_y in names:
                test = _split(arrays[names[test_x]], arrays[names[test_y]], path, notes)
            return Brought(train, test, class_order(train.labels), tuple(notes))
    for x, y in WHOLE_KEYS:
        if x in names and y in names:
            split = _split(arrays[names[x]], arrays[names[y]], path, notes)
            return Brought(split, None, class_order(split.labels), tuple(notes))
    msg = (
        f"{path} has the arrays {', '.join(names.values()) or 'none'}; expected images and labels,"
        " or x_train, y_train, x_test, y_test"
    )
    raise DataError(msg)


def _split(images: Any, labels: Any, path: Path, notes: dict[str, None]) -> BroughtSplit:
    if not (isinstance(images, np.ndarray) and isinstance(labels, np.ndarray)):
        msg = "its images or labels are no array"  # NumPy gives other files' bytes
        raise ValueError(msg)
    pixels, names = _pixels(images, path, notes), _labels(labels, path)
    if len(pixels) != len(names):
        msg = f"{path} has {len(pixels)} images and {len(names)} labels: one label an image"
        raise DataError(msg)
    return BroughtSplit(pixels, names)


def _pixels(images: NDArray[Any], path: Path, notes: dict[str, None]) -> Pixels:
    """Images as uint8 (N, channels, height, width)."""
    if images.ndim == 3:
        channel_first = images[:, None]
    elif images.ndim == 4 and images.shape[3] in (1, 3):
        channel_first = images.transpose(0, 3, 1, 2)
    elif images.ndim == 4 and images.shape[1] in (1, 3):
        channel_first = images
    else:
        msg = (
            f"{path} has images of shape {images.shape}; expected (N, height, width), or 1 or 3"
            " channels first or last"
        )
        raise DataError(msg)
    if 0 in images.shape[1:]:
        msg = f"{path} has images without pixels"
        raise DataError(msg)
    return np.ascontiguousarray(_eight_bits(channel_first, path, notes))


def _eight_bits(images: NDArray[Any], path: Path, notes: dict[str, None]) -> Pixels:
    if images.dtype == np.uint8 or not images.size:
        return images.astype(np.uint8)
    if images.dtype.kind not in "iufb":
        msg = f"{path} has images of type {images.dtype}; expected uint8"
        raise DataError(msg)
    if images.dtype.kind == "b":
        return images.astype(np.uint8) * 255
    low, high = float(images.min()), float(images.max())
    if images.dtype.kind == "f" and low >= 0 and high <= 1:
        notes["pixels from 0 to 1 are scaled to 0 to 255"] = None
        return np.round(images * 255).astype(np.uint8)
    if images.dtype.kind in "iu" and low >= 0 and high <= 255:
        return images.astype(np.uint8)
    msg = f"{path} has pixels from {low:g} to {high:g}; expected uint8, or numbers from 0 to 1"
    raise DataError(msg)


def _labels(labels: NDArray[Any], path: Path) -> list[str]:
    flat = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if (
        flat.dtype.kind == "f"
        and flat.size
        and (np.isfinite(flat) & (flat == np.round(flat))).all()
    ):
        flat = flat.astype(np.int64)
    if flat.ndim != 1 or flat.dtype.kind not in "iuUS":
        msg = (
            f"{path} has labels of shape {labels.shape} and type {labels.dtype}; expected one whole"
            " number or name an image"
        )
        raise DataError(msg)
    if flat.dtype.kind == "S":
        return [bytes(each).decode("utf-8", "replace") for each in flat]
    return [str(each) for each in flat.tolist()]
