"""The files of each published data set and their MD5 sums, as torchvision's classes list them.

torchvision takes seconds to import, and only happens for the full data sets, not for the one
shipped with fftui.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import PurePosixPath
from typing import Any

from fftui.data.catalogue import SETS, DataName, PublishedSet, Source


@dataclass(frozen=True)
class Archive:
    """A packed file as it is downloaded: its path below the data folder where torchvision puts it,
    its MD5 sum, and the file's name inside it (empty: the archive is that one file, packed).
    """

    path: str
    md5: str | None
    member: str = ""


@dataclass(frozen=True)
class SetFile:
    """One unpacked file of a data set: its path below the data folder in torchvision's layout.

    `md5` is the sum of its content, None where only that of its archive is published. Neither it
    nor its archive has more than `largest` bytes.
    """

    path: str
    md5: str | None
    archive: Archive | None = None
    largest: int = 10_000_000

    @property
    def name(self) -> str:
        """The file's name without folders."""
        return PurePosixPath(self.path).name


# Shipped inside the package, in `mnist_mini/`.
MNIST_MINI_FILES = (
    SetFile("train-images-idx3-ubyte.gz", "643db779161588e972219eed3b98a6cb"),
    SetFile("train-labels-idx1-ubyte.gz", "6983e8e95e0f52e7c5e6b675af4fb2d1"),
    SetFile("t10k-images-idx3-ubyte.gz", "7d1e65ac28cc2a8baaffb01bb3a4def6"),
    SetFile("t10k-labels-idx1-ubyte.gz", "94eb77d0b7794d8a79b66cda22f8c7aa"),
)


def loader_class(source: Source) -> Any:
    """The torchvision class that reads a published set."""
    module, _, name = source.loader.partition(":")
    found = getattr(import_module(module), name)
    return _labelled_only(found) if name == "STL10" else found


def files_of(name: DataName) -> tuple[SetFile, ...]:
    """The files of a published data set, those for training first. Raises KeyError for an unknown
    name.
    """
    record = SETS[name]
    if record.source is None:
        return MNIST_MINI_FILES
    # packed as it is fetched, or unpacked; one image has no more than two bytes a pixel
    pixels = record.inputs * (record.train_images + record.test_images)
    largest = SetFile.largest + record.source.fetch_bytes + 2 * pixels
    return tuple(replace(each, largest=largest) for each in _listed(record, record.source))


def _listed(record: PublishedSet, source: Source) -> Iterator[SetFile]:
    """Its files, by which of its lists the class has."""
    loader = loader_class(source)
    if hasattr(loader, "split_list"):
        for split in ("train", "test"):
            _, file, md5 = loader.split_list[split][:3]
            yield SetFile(file, md5)
    elif hasattr(loader, "train_list"):
        yield from _in_archive(loader)
    elif hasattr(loader, "classes_split_dict"):
        yield from _in_zip(loader, str(dict(source.train)["split"]))
    else:
        known = dict(source.md5)
        for address, md5 in _resources(loader):
            packed = PurePosixPath(address).name
            path = f"{loader.__name__}/raw/{packed.removesuffix('.gz')}"
            yield SetFile(
                path,
                known.get(packed.removesuffix(".gz")),
                Archive(f"{loader.__name__}/raw/{packed}", md5),
            )


def _resources(loader: Any) -> Sequence[tuple[str, str]]:
    """Addresses and sums of the MNIST family's packed files."""
    listed = loader.resources
    return [*listed["train"], *listed["test"]] if isinstance(listed, dict) else listed


def _in_archive(loader: Any) -> Iterator[SetFile]:
    """Files of one .tar.gz, each with a sum of its own."""
    listed = [*loader.train_list, *loader.test_list]
    meta = getattr(loader, "meta", None)
    if meta:
        listed.append((meta["filename"], meta["md5"]))
    for file, md5 in listed:
        path = f"{loader.base_folder}/{file}"
        yield SetFile(path, md5, Archive(loader.filename, loader.tgz_md5, path))


def _in_zip(loader: Any, split: str) -> Iterator[SetFile]:
    """EMNIST: gzipped idx files in one .zip, of which alone the sum is published."""
    raw, archive = f"{loader.__name__}/raw", PurePosixPath(loader.url).name
    for part in ("train", "test"):
        for kind in ("images-idx3", "labels-idx1"):
            file = f"emnist-{split}-{part}-{kind}-ubyte"
            yield SetFile(
                f"{raw}/{file}", None, Archive(f"{raw}/{archive}", loader.md5, f"gzip/{file}.gz")
            )


def _labelled_only(loader: Any) -> Any:
    """STL10 without its unlabelled images, 2.7 GB that its loader asks for whatever is read."""

    class STL10(loader):  # type: ignore[misc]
        """The labelled images alone."""

        train_list = loader.train_list[:2]

    return STL10
