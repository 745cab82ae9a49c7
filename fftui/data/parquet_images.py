"""Reads Parquet files of encoded images and labels, as public hubs serve them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fftui.data.brought import (
    TEST_WORDS,
    TRAIN_WORDS,
    VALIDATION_WORDS,
    Brought,
    BroughtSplit,
    class_order,
    reason_of,
    visible_files,
)
from fftui.data.pictures import Encoded
from fftui.errors import DataError
from fftui.regular_files import open_regular

IMAGE_COLUMNS = ("image", "img", "picture", "bytes")
LABEL_COLUMNS = ("label", "labels", "fine_label", "class", "target", "y")


def read_parquet(path: Path) -> Brought:
    """One Parquet file, or a folder with train-*.parquet and test-*.parquet (or such folders).

    A column `image` of {bytes, path} or bytes, and a column `label` of numbers or names. Raises
    DataError where a file cannot be read or has no such columns.
    """
    if not path.is_dir():
        files: dict[str, list[Path]] = {"train": [path]}
    else:
        files = _by_split(sorted(file for file in visible_files(path) if file.suffix == ".parquet"))
    if not files.get("train"):
        msg = f"{path} has no train-*.parquet"
        raise DataError(msg)
    notes: tuple[str, ...] = ()
    if "test" not in files and "validation" in files:
        files["test"] = files["validation"]
        notes = ("the validation files are the test set",)
    elif "validation" in files:
        notes = (
            "the validation files are left out: data.validation_images splits validation images off"
            " the training images",
        )
    train = _split(files["train"])
    test = _split(files["test"]) if "test" in files else None
    names = _class_names(files["train"][0])
    if names and set(train.labels) <= set(map(str, range(len(names)))):
        train, test = _named(train, names), _named(test, names) if test else None
        used = set(train.labels)
        return Brought(train, test, tuple(name for name in names if name in used), notes)
    return Brought(train, test, class_order(train.labels), notes)


def _by_split(files: Sequence[Path]) -> dict[str, list[Path]]:
    """Files by the split that their name or their folder begins with; all are for training where
    none says so.
    """
    found: dict[str, list[Path]] = {}
    for file in files:
        words = [file.stem.lower().replace("_", "-").split("-")[0], file.parent.name.lower()]
        split = next((s for s in map(_split_of, words) if s), None)
        if split:
            found.setdefault(split, []).append(file)
    return found or ({"train": list(files)} if files else {})


def _split_of(word: str) -> str | None:
    known = (("train", TRAIN_WORDS), ("test", TEST_WORDS), ("validation", VALIDATION_WORDS))
    return next((split for split, words in known if word in words), None)


def _split(files: Sequence[Path]) -> BroughtSplit:
    images: list[Encoded] = []
    labels: list[str] = []
    for file in files:
        _read_file(file, images, labels)
    return BroughtSplit(images, labels)


def _read_file(file: Path, images: list[Encoded], labels: list[str]) -> None:
    # Polars is loaded when a Parquet file is brought, and never before.
    import polars as pl  # noqa: PLC0415

    try:
        open_regular(file).close()  # Polars waits for a pipe
        schema = pl.read_parquet_schema(file)
        image, label = _columns(schema, file)
        table = pl.read_parquet(file, columns=[image, label])
    # a panic in Polars, which a damaged file may cause, is no Exception
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        first = (reason_of(error).splitlines() or [""])[0]
        msg = f"{file} cannot be read as Parquet ({first})"
        raise DataError(msg) from None
    for row, (content, name) in enumerate(zip(table[image], table[label], strict=True), 1):
        encoded = content.get("bytes") if isinstance(content, dict) else content
        if encoded is None or name is None:
            msg = f"{file}: row {row} has no {'image bytes' if encoded is None else 'label'}"
            raise DataError(msg)
        images.append(Encoded(f"{file}, row {row}", encoded))
        labels.append(str(name))


def _columns(schema: Any, file: Path) -> tuple[str, str]:
    """The columns of images and of labels."""
    import polars as pl  # noqa: PLC0415

    encoded = [
        name
        for name, kind in schema.items()
        if kind == pl.Binary
        or (isinstance(kind, pl.Struct) and any(f.name == "bytes" for f in kind.fields))
    ]
    classes = [
        name
        for name, kind in schema.items()
        if kind.is_integer() or kind in (pl.String, pl.Boolean)
    ]
    image = _choice(encoded, IMAGE_COLUMNS)
    label = _choice(classes, LABEL_COLUMNS)
    if image is None or label is None:
        wanted = "image (image bytes)" if image is None else "label (numbers or names)"
        msg = f"{file} has no column {wanted}; it has {', '.join(schema)}"
        raise DataError(msg)
    return image, label


def _choice(names: Sequence[str], usual: Sequence[str]) -> str | None:
    """The usual name among `names`, or the only one."""
    for name in usual:
        if name in names:
            return name
    return names[0] if len(names) == 1 else None


def _class_names(file: Path) -> tuple[str, ...]:
    """The classes' names that hubs write beside the schema; empty where there are none."""
    import polars as pl  # noqa: PLC0415

    try:
        written = json.loads(pl.read_parquet_metadata(file).get("huggingface", "{}"))
        features = written["info"]["features"]
        label = next(features[name] for name in LABEL_COLUMNS if name in features)
        names = label["names"]
    except (OSError, ValueError, KeyError, TypeError, StopIteration, RecursionError):
        return ()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return ()
    whole = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return tuple(names) if whole and len(set(names)) == len(names) else ()


def _named(split: BroughtSplit, names: tuple[str, ...]) -> BroughtSplit:
    """The labels' numbers replaced by the classes' names."""
    for label in split.labels:
        if not label.isdigit() or int(label) >= len(names):
            msg = f"label {label} is not one of the {len(names)} classes"
            raise DataError(msg)
    return BroughtSplit(split.images, [names[int(label)] for label in split.labels])
