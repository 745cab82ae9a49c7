"""Reads a folder of class folders, with or without train/ and test/ around them."""

from pathlib import Path

from fftui.data.brought import (
    MOST_CLASSES,
    TEST_WORDS,
    TRAIN_WORDS,
    VALIDATION_WORDS,
    Brought,
    BroughtSplit,
    class_order,
    visible_files,
)
from fftui.data.pictures import SUFFIXES, Encoded
from fftui.errors import DataError
from fftui.regular_files import is_regular


def read_class_folders(path: Path) -> Brought:
    """The images below `path`, each of the class that its folder names.

    Hidden files and files that are no images by their name are skipped and counted. Raises
    DataError where a folder cannot be read, or has images that are in no class folder.
    """
    try:
        return _read(path)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        msg = f"{error.filename or path} cannot be read ({reason})"
        raise DataError(msg) from None


def _read(path: Path) -> Brought:
    splits = {each.name.lower(): each for each in _folders(path)}
    train = _first(splits, TRAIN_WORDS)
    test, validation = _first(splits, TEST_WORDS), _first(splits, VALIDATION_WORDS)
    skipped: list[str] = []
    # a folder that is called train, alone among others, may be a class of trains
    if train is None or not (_folders(train) or test or validation):
        split = _split(path, skipped)
        return Brought(split, None, class_order(split.labels), _skipped_note(skipped))
    notes: tuple[str, ...] = ()
    if test is None and validation is not None:
        test, notes = validation, (f"the images in {validation.name}/ are the test set",)
    elif validation is not None:
        notes = (
            f"{validation.name}/ is left out: data.validation_images splits validation images off"
            " the training images",
        )
    learned = _split(train, skipped)
    tested = _split(test, skipped) if test is not None else None
    return Brought(learned, tested, class_order(learned.labels), (*notes, *_skipped_note(skipped)))


def _split(path: Path, skipped: list[str]) -> BroughtSplit:
    """The images of one split; a class is a folder directly in `path`."""
    classes = _folders(path)
    if len(classes) > MOST_CLASSES * 10:  # before a walk through all of them
        msg = f"{path} has {len(classes):,} folders; at most {MOST_CLASSES:,} classes are taken"
        raise DataError(msg)
    loose = [
        each for each in path.iterdir() if each.suffix.lower() in SUFFIXES and is_regular(each)
    ]
    if loose:
        msg = (
            f"{loose[0]} is in no class folder: put every image into a folder named after its class"
        )
        raise DataError(msg)
    images: list[Encoded] = []
    labels: list[str] = []
    for folder in classes:
        for file in visible_files(folder):
            if file.suffix.lower() in SUFFIXES:
                images.append(Encoded(str(file), file))
                labels.append(folder.name)
            else:
                skipped.append(str(file))
    return BroughtSplit(images, labels)


def _folders(path: Path) -> list[Path]:
    return sorted(
        each for each in path.iterdir() if each.is_dir() and not each.name.startswith((".", "__"))
    )


def _first(folders: dict[str, Path], words: frozenset[str]) -> Path | None:
    return next((folders[name] for name in sorted(folders) if name in words), None)


def _skipped_note(skipped: list[str]) -> tuple[str, ...]:
    if not skipped:
        return ()
    return (f"{len(skipped)} files are no images by their name and skipped, such as {skipped[0]}",)
