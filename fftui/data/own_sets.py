"""One's own data sets: a folder of the data folder with `record.json`, `train.safetensors` and
`test.safetensors`; no tensor library is loaded here.
"""

import hashlib
import json
import math
import re
import shutil
from dataclasses import asdict, dataclass
from os import environ
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from fftui.data.catalogue import SETS, ChannelScale, SetInfo
from fftui.errors import DataError, RequestError, one_of
from fftui.regular_files import TooLargeError, is_regular, read_at_most
from fftui.user_folders import user_data_folder

RECORD = "record.json"
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
LARGEST_RECORD = 10_000_000  # bytes
LARGEST_HEADER = 10_000  # bytes of a split's file besides its images and labels


@dataclass(frozen=True)
class OwnRecord:
    """What `record.json` says of an own data set.

    `files` has the SHA-256 sum of each split's file; `sha256` is that of both and of the classes,
    and tells two sets of one name apart. `shape` is (channels, height, width).
    """

    name: str
    class_names: tuple[str, ...]
    shape: tuple[int, int, int]
    train_images: int
    test_images: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    source: str
    files: dict[str, str]
    sha256: str
    notes: tuple[str, ...] = ()

    def largest_file(self, split: str) -> int:
        """Bytes that the file of a split has at most: its images, their labels, its header."""
        images = self.train_images if split == "train" else self.test_images
        return images * (math.prod(self.shape) + 8) + LARGEST_HEADER

    @property
    def info(self) -> SetInfo:
        """Its facts, as those of a published set."""
        colour = "colour" if self.shape[0] == 3 else "grey"
        return SetInfo(
            classes=len(self.class_names),
            shape=self.shape,
            train_images=self.train_images,
            test_images=self.test_images,
            description=(
                f"own: {len(self.class_names)} classes, {colour}, {self.shape[1]}x{self.shape[2]}"
                f" pixels, from {self.source}"
            ),
            standard=ChannelScale(self.mean, self.std),
            class_names=self.class_names,
        )


def data_folder(folder: Path | None = None) -> Path:
    """The folder of the data sets: `folder` if given, else FFTUI_DATA, else the platform's folder
    for user data.
    """
    if folder is not None:
        return folder.expanduser()
    named = environ.get("FFTUI_DATA")
    return Path(named).expanduser() if named else user_data_folder() / "data"


def own_names(folder: Path | None = None) -> tuple[str, ...]:
    """Names of the own data sets in the data folder; none where it cannot be read."""
    try:
        inside = sorted(data_folder(folder).iterdir())
    except OSError:
        return ()
    return tuple(
        each.name
        for each in inside
        if NAME.fullmatch(each.name) and each.name not in SETS and is_regular(each / RECORD)
    )


def known_names(folder: Path | None = None) -> tuple[str, ...]:
    """Names of all data sets: the published ones, then one's own in the data folder."""
    return (*SETS, *own_names(folder))


def check_known(name: str, folder: Path | None = None) -> str:
    """`name`, if it is a data set's. Raises DataError with the nearest and all names if it is
    not.
    """
    try:
        return one_of("data set", name, known_names(folder))
    except RequestError as error:
        msg = f"{error}; `fftui data add {name} PATH` brings one's own"
        raise DataError(msg) from None


def own_record(name: str, folder: Path | None = None) -> OwnRecord:
    """The record of an own data set. Raises DataError where there is none or it is damaged."""
    check_known(name, folder)
    path = data_folder(folder) / name / RECORD
    try:
        return record_from(read_at_most(path, LARGEST_RECORD).decode("utf-8"), name)
    except TooLargeError:
        reason = "damaged: larger than any record"
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
    except ValidationError as error:
        first = error.errors()[0]
        reason = f"damaged: {'.'.join(map(str, first['loc']))} {first['msg'].lower()}".strip()
    except ValueError as error:
        reason = f"damaged: {error}"
    msg = f"{name}: {path} cannot be read ({reason}): `fftui data remove {name}`, then add it again"
    raise DataError(msg) from None


def record_from(text: str, name: str) -> OwnRecord:
    """A record from its JSON. Raises ValueError where it is none of a set called `name`."""
    record: OwnRecord = TypeAdapter(OwnRecord).validate_json(text, strict=True)
    facts = (
        record.name == name,
        len(record.class_names) >= 2,
        min(record.shape) > 0 and record.train_images > 0 and record.test_images > 0,
        len(record.mean) == len(record.std) == record.shape[0],
        all(0 <= mean <= 1 for mean in record.mean) and all(0 < std <= 1 for std in record.std),
        set(record.files) == {"train", "test"},
    )
    if not all(facts) or record.sha256 != identity(record.class_names, record.files):
        msg = "its values do not fit together"
        raise ValueError(msg)
    return record


def record_text(record: OwnRecord) -> str:
    """The record as JSON."""
    return json.dumps(asdict(record), indent=1, ensure_ascii=False) + "\n"


def identity(class_names: tuple[str, ...], files: dict[str, str]) -> str:
    """The SHA-256 sum of a set's classes and of the sums of its files."""
    facts = json.dumps([list(class_names), files["train"], files["test"]])
    return hashlib.sha256(facts.encode()).hexdigest()


def remove_set(name: str, folder: Path | None = None) -> Path:
    """Delete an own data set; returns the folder that it was in.

    Raises DataError for a published set, an unknown name, or a folder that cannot be changed.
    """
    if name in SETS:
        msg = f"{name} is a published data set: delete its files from {data_folder(folder)} by hand"
        raise DataError(msg)
    check_known(name, folder)
    where = data_folder(folder) / name
    hidden = where.with_name(f".{name}-removed")
    try:
        if hidden.exists():
            shutil.rmtree(hidden)
        where.rename(hidden)  # in one step: a set half deleted is never listed
        shutil.rmtree(hidden)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        msg = f"{name} cannot be removed from {where.parent} ({reason})"
        raise DataError(msg) from None
    return where


def info_of(name: str, folder: Path | None = None) -> SetInfo:
    """The facts of a data set, published or own. Raises DataError for an unknown name."""
    return SETS[name] if name in SETS else own_record(name, folder).info
