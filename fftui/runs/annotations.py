"""What people write about a run: another name, tags, a note, and whether it is archived.

They have a file of their own in the run's folder, `annotations.json`, which the process of the run
never writes: a run that is learning can be tagged without losing what it records.
"""

import unicodedata
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from fftui.errors import RequestError, shown, unwritable
from fftui.events import FORMAT, Ordinal, newer_format
from fftui.runs.files import read_bytes, write_bytes
from fftui.runs.ownership import Ownership, in_turn, take_in_turn

FILE = "annotations.json"
LONGEST_NAME, LONGEST_TAG, LONGEST_NOTE = 200, 40, 20_000  # characters
WAIT_S = 10.0  # for other processes that annotate the run
TURN = "annotating"


class Annotations(BaseModel):
    """What people wrote about a run; `name` is None where it has the name it was started with."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Ordinal = FORMAT  # annotations without it are of format 1
    name: str | None = None
    tags: tuple[str, ...] = ()
    note: str = ""
    archived: bool = False


NO_ANNOTATIONS = Annotations()


def read_annotations(folder: Path) -> Annotations:
    """The annotations of the run in `folder`. Raises RequestError where the file is damaged or may
    not be read.
    """
    path = folder / FILE
    try:
        annotations = Annotations.model_validate_json(read_bytes(str(path)))
    except FileNotFoundError:
        return NO_ANNOTATIONS
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror}"
        raise RequestError(msg) from error
    except ValidationError as error:
        msg = f"{path} is damaged ({error.errors()[0]['msg']}): remove it, or write it again"
        raise RequestError(msg) from error
    if annotations.format > FORMAT:  # writing it would lose what only the newer fftui knows
        msg = f"{path} cannot be read: {newer_format(annotations.format)}"
        raise RequestError(msg)
    return annotations


def readable_annotations(folder: Path) -> Annotations:
    """The annotations of the run in `folder`; none where they cannot be read."""
    try:
        return read_annotations(folder)
    except RequestError:
        return NO_ANNOTATIONS


def write_annotations(folder: Path, annotations: Annotations) -> None:
    """Replace the annotations of the run in `folder` in one step. Raises RequestError."""
    path = folder / FILE
    if folder.is_symlink():
        msg = f"{folder} is a link: write about the run in the folder that it leads to"
        raise RequestError(msg)
    try:
        if annotations == NO_ANNOTATIONS:
            path.unlink(missing_ok=True)
        else:
            write_bytes(path, (annotations.model_dump_json(indent=2) + "\n").encode())
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror}"
        raise RequestError(msg) from error


def annotate(
    folder: Path,
    *,
    add_tags: tuple[str, ...] = (),
    remove_tags: tuple[str, ...] = (),
    **changes: object,
) -> Annotations:
    """Add and remove tags of the run in `folder` and set other fields; returns what it has then.

    Raises RequestError where a tag or name cannot be one, or the file cannot be read or written.
    """
    added = [checked_tag(tag) for tag in add_tags]
    removed = {tag.casefold() for tag in remove_tags}
    try:
        with in_turn(folder, TURN, WAIT_S):  # what others write meanwhile is not lost
            before = read_annotations(folder)
            kept = [tag for tag in before.tags if tag.casefold() not in removed]
            known = {tag.casefold() for tag in kept}
            tags = (*kept, *(tag for tag in dict.fromkeys(added) if tag.casefold() not in known))
            after = before.model_copy(update={"tags": tags, **changes})
            if after != before:
                write_annotations(folder, after)
    except OSError as error:
        msg = f"cannot write in {folder}: {error.strerror}"
        raise RequestError(msg) from error
    return after


def turn_to_annotate(folder: Path) -> Ownership | None:
    """The turn of whoever moves `folder`, so that nobody's annotations are half-written in it; None
    where nobody can annotate it. Raises HeldError.
    """
    try:
        return take_in_turn(folder, TURN, WAIT_S)
    except OSError:
        return None


def checked_name(name: str) -> str:
    """`name` as a run may have it: one line. Raises RequestError."""
    text = " ".join(name.split())
    if not text:
        what: str | None = "it is empty: write at least one letter"
    elif len(text) > LONGEST_NAME:
        what = f"it has {len(text):,} characters: {LONGEST_NAME} at most"
    else:
        what = _unwritable(text)
    if what is not None:
        msg = f"no name for a run: {what}"
        raise RequestError(msg)
    return text


def checked_note(note: str) -> str:
    """`note` as a run may have it: text of any lines. Raises RequestError."""
    text = note.strip()
    too_long = f"it has {len(text):,} characters: {LONGEST_NOTE:,} at most"
    what = too_long if len(text) > LONGEST_NOTE else _unwritable(text)
    if what is not None:
        msg = f"no note of a run: {what}"
        raise RequestError(msg)
    return text


def _unwritable(text: str) -> str | None:
    bad = unwritable(text)
    return bad and f"it holds {bad}: write it in printable characters"


def checked_tag(tag: str) -> str:
    """`tag`, checked to be one word that a filter can name. Raises RequestError."""
    bad = next((sign for sign in tag if _separates(sign)), None)
    if bad is None and 0 < len(tag) <= LONGEST_TAG:
        return tag
    if bad is not None:
        reason = f"it holds {bad!r}: letters, digits, '-', '_', '.', '/' and the like make a tag"
    else:
        reason = f"it has {len(tag)} characters: 1 to {LONGEST_TAG} make a tag"
    msg = f"{shown(tag)} is no tag: {reason}"
    raise RequestError(msg)


def _separates(sign: str) -> bool:
    """Whether a filter or a list of tags would end the tag there."""
    return sign.isspace() or sign in ",'\"" or unicodedata.category(sign)[0] == "C"
