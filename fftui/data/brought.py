"""Images and labels as somebody brings them, before they are decoded and made one size."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fftui.data.pictures import Encoded, Pixels
from fftui.errors import DataError, shown, unwritable

MOST_CLASSES = 1_000
LONGEST_CLASS = 200  # characters of a class's name
TRAIN_WORDS = frozenset({"train", "training"})
TEST_WORDS = frozenset({"test", "testing"})
VALIDATION_WORDS = frozenset({"val", "valid", "validation"})


@dataclass(frozen=True)
class BroughtSplit:
    """Images, encoded or as pixels (N, channels, height, width), and the class of each by name."""

    images: Sequence[Encoded] | Pixels
    labels: Sequence[str]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Brought:
    """What was found: training images, test images where there are any, the classes in order, and
    notes on what was left out or changed.
    """

    train: BroughtSplit
    test: BroughtSplit | None
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()


def class_order(labels: Sequence[str]) -> tuple[str, ...]:
    """The classes among `labels`: by number where all are numbers, else by name."""
    names = set(labels)
    if all(name.isascii() and name.isdigit() for name in names):
        return tuple(sorted(names, key=lambda name: (int(name), name)))
    return tuple(sorted(names))


def checked(brought: Brought, source: str) -> Brought:
    """`brought`, if something can learn from it.

    Raises DataError where there are no images, a single class, too many classes, or a test class
    that has no training images.
    """
    used = set(brought.train.labels)
    if not len(brought.train):
        msg = f"{source} has no images: expected class folders of images, an .npz or .parquet"
        raise DataError(msg)
    if len(used) < 2:
        only = shown(next(iter(used)))
        msg = f"{source} has images of one class only ({only}): two or more are needed"
        raise DataError(msg)
    if len(used) > MOST_CLASSES:
        msg = (
            f"{source} has {len(used):,} classes; at most {MOST_CLASSES:,} are taken, because"
            " prediction tries every label: is the label column or folder level the right one?"
        )
        raise DataError(msg)
    _check_names(used, source)
    unseen = sorted(set(brought.test.labels) - used) if brought.test else []
    if unseen:
        msg = f"{source}: class {shown(unseen[0])} has test images and no training images"
        raise DataError(msg)
    return brought


def visible_files(folder: Path) -> Iterator[Path]:
    """The files below a folder, in order of their names; hidden ones, and what lies in hidden
    folders, are left out. Raises OSError where a folder cannot be read.
    """

    def fail(error: OSError) -> None:
        raise error

    for here, folders, files in os.walk(folder, onerror=fail):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(here) / name for name in sorted(files) if not name.startswith("."))


def reason_of(error: BaseException) -> str:
    """What a library says is wrong, in one line; an error of the system without its number."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split()) or type(error).__name__


def _check_names(names: Iterable[str], source: str) -> None:
    """Raise DataError where a class has a name that no list can show."""
    for name in names:
        bad = unwritable(name, allowed="")
        if bad is not None or len(name) > LONGEST_CLASS:
            what = f"holds {bad}" if bad else f"has {len(name):,} characters, more than a name has"
            msg = f"{source}: the name of class {shown(name)} {what}: rename the class"
            raise DataError(msg)
