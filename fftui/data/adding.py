"""Brings somebody's own images and labels into the data folder as a data set of their own."""

import errno
import os
import shutil
import stat
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from fftui.data.array_file import read_array_file
from fftui.data.brought import Brought, BroughtSplit, checked, reason_of, visible_files
from fftui.data.catalogue import SETS
from fftui.data.class_folders import read_class_folders
from fftui.data.own_sets import (
    NAME,
    RECORD,
    OwnRecord,
    data_folder,
    identity,
    own_names,
    record_text,
)
from fftui.data.parquet_images import read_parquet
from fftui.data.pictures import Encoded, PictureFacts, Pixels, decoded, facts_of, in_threads
from fftui.data.tensor_file import write_tensors
from fftui.data.verify import sha256_of
from fftui.errors import DataError

TEST_SHARE = 1 / 6
SPLIT_SEED = 0  # of the test images drawn where none are given
LARGEST_SIDE = 512  # pixels
REPORT_EVERY = 10_000  # images

Progress = Callable[[str], None]


@dataclass(frozen=True)
class _Shape:
    channels: int
    height: int
    width: int


def add_set(
    name: str,
    path: Path,
    *,
    folder: Path | None = None,
    test_share: float | None = None,
    size: int | None = None,
    progress: Progress | None = None,
) -> OwnRecord:
    """Read the images and labels at `path` and keep them in the data folder as data set `name`.

    `path` is a folder of class folders, an .npz, or Parquet. Where it has no test set,
    `test_share` of each class (a sixth by default, seed 0) is split off. Images of other sizes than
    the most common are resized, all to `size` pixels a side if given. `progress` takes lines of
    text. Raises DataError, and leaves nothing half made, where the name is taken, the images cannot
    be read or the folder cannot be written.
    """
    root = data_folder(folder)
    _check_request(name, root, test_share, size)
    say = progress or (lambda line: None)
    brought = checked(_read(path.expanduser()), str(path))
    brought = _with_test(brought, test_share)
    try:
        shape, notes = _common_shape(brought, size)
        splits = {
            split: (_pixels(images, shape, say), _numbers(images.labels, brought.class_names))
            for split, images in (("train", brought.train), ("test", brought.test))
            if images is not None
        }
    except MemoryError:
        msg = f"the images of {path} do not fit into memory: bring fewer, or smaller ones (--size)"
        raise DataError(msg) from None
    source = os.fsencode(path).decode("utf-8", "replace")
    draft = _Draft(name, brought.class_names, source, (*brought.notes, *notes))
    return _keep(draft, splits, root)


@dataclass(frozen=True)
class _Draft:
    """What a record says besides what is measured of its images."""

    name: str
    class_names: tuple[str, ...]
    source: str
    notes: tuple[str, ...]


def _check_request(name: str, root: Path, test_share: float | None, size: int | None) -> None:
    if name in SETS:
        msg = f"{name} is a published data set: give yours another name"
        raise DataError(msg)
    if not NAME.fullmatch(name):
        msg = (
            f"{name!r} cannot be a data set's name: use up to 40 small letters, digits and hyphens,"
            " such as my-digits"
        )
        raise DataError(msg)
    if name in own_names(root):
        msg = f"{name} is in {root} already: `fftui data remove {name}` first, or choose another"
        raise DataError(msg)
    if os.path.lexists(root / name):
        msg = f"{root / name} is there already and is no data set: choose another name"
        raise DataError(msg)
    if test_share is not None and not 0 < test_share < 1:
        msg = f"--test {test_share:g}: give a share between 0 and 1, such as 0.2"
        raise DataError(msg)
    if size is not None and not 1 <= size <= LARGEST_SIDE:
        msg = f"--size {size}: give 1 to {LARGEST_SIDE} pixels"
        raise DataError(msg)


def _read(path: Path) -> Brought:
    """What is at `path`, by what it is."""
    try:
        if stat.S_ISDIR(path.stat().st_mode):
            packed = any(file.suffix == ".parquet" for file in visible_files(path))
            return read_parquet(path) if packed else read_class_folders(path)
    except FileNotFoundError:
        msg = f"there is nothing at {path}"
        raise DataError(msg) from None
    except (OSError, ValueError) as error:
        msg = f"{path} cannot be read ({reason_of(error).lower()})"
        raise DataError(msg) from None
    match path.suffix.lower():
        case ".npz":
            return read_array_file(path)
        case ".parquet":
            return read_parquet(path)
    msg = f"{path} is neither a folder of class folders, nor an .npz, nor .parquet"
    raise DataError(msg)


def _with_test(brought: Brought, test_share: float | None) -> Brought:
    """`brought` with a test set: a share of every class, drawn by seed, where it has none."""
    if brought.test is not None and len(brought.test):
        if test_share is None:
            return brought
        msg = "--test is for images without a test set, and these have one: leave it out"
        raise DataError(msg)
    share = TEST_SHARE if test_share is None else test_share
    taken = _drawn(brought.train.labels, share)
    if not taken.any() or taken.all():
        msg = (
            f"{len(brought.train)} images are too few to split a test set off: bring more, or a"
            " test/ folder"
        )
        raise DataError(msg)
    notes = [
        f"no test set: {int(taken.sum()):,} of {len(taken):,} images are split off, {share:.3g} of"
        f" each class by seed {SPLIT_SEED}"
    ]
    single = sum(count == 1 for count in Counter(brought.train.labels).values())
    if single:
        notes.append(f"{single} classes have one image only, none of them to test on")
    return Brought(
        _taken(brought.train, ~taken),
        _taken(brought.train, taken),
        brought.class_names,
        (*brought.notes, *notes),
    )


def _drawn(labels: Sequence[str], share: float) -> NDArray[np.bool_]:
    """Which images are for testing: of each class its share, at least one and not all of them."""
    generator = np.random.default_rng(SPLIT_SEED)
    classes, numbers = np.unique(np.asarray(labels), return_inverse=True)
    taken = np.zeros(len(labels), dtype=np.bool_)
    for number in range(len(classes)):
        (members,) = np.nonzero(numbers == number)
        count = min(max(1, round(share * len(members))), len(members) - 1)
        taken[generator.permutation(members)[:count]] = True
    return taken


def _taken(split: BroughtSplit, chosen: NDArray[np.bool_]) -> BroughtSplit:
    index = [int(i) for i in np.flatnonzero(chosen)]
    labels = [split.labels[i] for i in index]
    if isinstance(split.images, np.ndarray):
        return BroughtSplit(split.images[index], labels)
    return BroughtSplit([split.images[i] for i in index], labels)


def _common_shape(brought: Brought, size: int | None) -> tuple[_Shape, tuple[str, ...]]:
    """The shape that all images get, and what that changes in them."""
    splits = [split for split in (brought.train, brought.test) if split is not None]
    sizes: Counter[tuple[int, int]] = Counter()
    grey: Counter[bool] = Counter()
    for split in splits:
        for (height, width), is_grey, count in _facts(split):
            sizes[height, width] += count
            grey[is_grey] += count
    # Of several sizes equally common the smallest: the result is the same in any order.
    common = min(sizes, key=lambda each: (-sizes[each], each))
    height, width = common if size is None else (size, size)
    if max(height, width) > LARGEST_SIDE:
        msg = (
            f"the images have {height}x{width} pixels; at most {LARGEST_SIDE} a side are kept: give"
            " --size, such as --size 64"
        )
        raise DataError(msg)
    notes = []
    resized = sizes.total() - sizes[height, width]
    if resized:
        notes.append(
            f"{resized:,} of {sizes.total():,} images are resized to {height}x{width} pixels"
        )
    if grey[True] and grey[False]:
        notes.append(f"{grey[True]:,} of {grey.total():,} images are grey among colour ones")
    return _Shape(3 if grey[False] else 1, height, width), tuple(notes)


def _facts(split: BroughtSplit) -> list[tuple[tuple[int, int], bool, int]]:
    """(size, whether grey, number of such images) in a split."""
    if isinstance(split.images, np.ndarray):
        count, channels, height, width = split.images.shape
        return [((height, width), channels == 1, count)]
    found: Counter[PictureFacts] = Counter()
    for _, facts in in_threads(facts_of, split.images):
        found.update(facts)
    return [((each.height, each.width), each.grey, count) for each, count in found.items()]


def _pixels(split: BroughtSplit, shape: _Shape, say: Progress) -> Pixels:
    """All images of a split as uint8 (N, channels, height, width)."""
    images = split.images
    if isinstance(images, np.ndarray):
        return _reshaped(images, shape)
    pixels = np.empty((len(images), shape.channels, shape.height, shape.width), dtype=np.uint8)
    decode = partial(_decode, shape=shape)
    reported = 0
    for start, chunk in in_threads(decode, images):
        pixels[start : start + len(chunk)] = chunk
        if start + len(chunk) - reported >= REPORT_EVERY:
            reported = start + len(chunk)
            say(f"{reported:,} of {len(images):,} images decoded")
    return pixels


def _decode(encoded: Encoded, *, shape: _Shape) -> Pixels:
    return decoded(encoded, shape.channels, shape.height, shape.width)


def _reshaped(images: Pixels, shape: _Shape) -> Pixels:
    """Pixels (N, channels, height, width) of another size or fewer channels as `shape` says."""
    if images.shape[1] != shape.channels:
        images = np.repeat(images, shape.channels, axis=1)
    if images.shape[2:] != (shape.height, shape.width):
        resize = partial(
            torch.nn.functional.interpolate,
            size=(shape.height, shape.width),
            mode="bilinear",
            antialias=True,
        )
        parts = torch.split(torch.from_numpy(images), 1024)
        images = torch.cat([resize(each.float()).round().byte() for each in parts]).numpy()
    return np.ascontiguousarray(images)


def _numbers(labels: Sequence[str], class_names: tuple[str, ...]) -> NDArray[np.int64]:
    number = {name: index for index, name in enumerate(class_names)}
    return np.array([number[label] for label in labels], dtype=np.int64)


def _keep(
    draft: _Draft, splits: dict[str, tuple[Pixels, NDArray[np.int64]]], root: Path
) -> OwnRecord:
    """Write the set into a temporary folder beside its place and rename it in one step.

    Raises DataError where it cannot be written, such as on a full disk.
    """
    temporary = None
    try:
        root.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{draft.name}-", dir=root))
        record = _written(draft, splits, temporary)
        temporary.chmod(0o755)
        temporary.rename(root / draft.name)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = "the disk is full" if full else (error.strerror or str(error)).lower()
        msg = f"{draft.name} cannot be written to {root} ({reason}): choose another --data-dir"
        raise DataError(msg) from None
    finally:
        if temporary is not None:  # renamed, or left over by an error or Ctrl-C
            shutil.rmtree(temporary, ignore_errors=True)
    return record


def _written(
    draft: _Draft, splits: dict[str, tuple[Pixels, NDArray[np.int64]]], folder: Path
) -> OwnRecord:
    files = {}
    for split, (pixels, labels) in splits.items():
        path = folder / f"{split}.safetensors"
        _save(path, pixels, labels)
        files[split] = sha256_of(path, path.stat().st_size)
    train, test = splits["train"][0], splits["test"][0]
    mean, std = _statistics(train)
    record = OwnRecord(
        name=draft.name,
        class_names=draft.class_names,
        shape=(train.shape[1], train.shape[2], train.shape[3]),
        train_images=len(train),
        test_images=len(test),
        mean=mean,
        std=std,
        source=draft.source,
        files=files,
        sha256=identity(draft.class_names, files),
        notes=draft.notes,
    )
    with (folder / RECORD).open("w", encoding="utf-8") as stream:
        stream.write(record_text(record))
        stream.flush()
        os.fsync(stream.fileno())
    return record


def _save(path: Path, pixels: Pixels, labels: NDArray[np.int64]) -> None:
    """Write one split. Raises OSError."""
    needed, free = pixels.nbytes, shutil.disk_usage(path.parent).free
    if needed > free:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    write_tensors(path, {"images": torch.from_numpy(pixels), "labels": torch.from_numpy(labels)})


def _statistics(pixels: Pixels) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel, of pixels from 0 to 1.

    A channel of one value only has the deviation 1: it is moved to 0 and not stretched.
    """
    values = np.arange(256) / 255
    means, stds = [], []
    for channel in range(pixels.shape[1]):
        counts = np.zeros(256)
        for part in np.array_split(pixels[:, channel], max(1, len(pixels) // 4096)):
            counts += np.bincount(part.ravel(), minlength=256)
        mean = float((counts * values).sum() / counts.sum())
        variance = float((counts * (values - mean) ** 2).sum() / counts.sum())
        means.append(round(mean, 6))
        stds.append(round(variance**0.5, 6) or 1.0)
    return tuple(means), tuple(stds)
