"""Changes to runs that the runs screen makes, each with what takes it back.

Functions write to the disk and run in threads.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fftui.runs.annotations import (
    Annotations,
    annotate,
    checked_name,
    checked_note,
    read_annotations,
    write_annotations,
)
from fftui.runs.folder import RunFolder
from fftui.runs.trash import delete, restore

Change = Callable[[Sequence[RunFolder]], "Edit"]


@dataclass(frozen=True)
class Edit:
    """A change that was made: what it was, in words, and what takes it back."""

    text: str
    undo: Callable[[], object]


def tagged(folders: Sequence[RunFolder], text: str) -> Edit:
    """Give runs the tags in `text`, and take away those with a - before them. Raises
    RequestError.
    """
    words = text.split()
    removed = tuple(word[1:] for word in words if word.startswith("-"))
    added = tuple(word for word in words if not word.startswith("-"))
    return _annotated(
        folders, "tags", lambda path: annotate(path, add_tags=added, remove_tags=removed)
    )


def noted(folders: Sequence[RunFolder], text: str) -> Edit:
    """Write a note about runs. Raises RequestError."""
    return _annotated(folders, "note", lambda path: annotate(path, note=checked_note(text)))


def renamed(folders: Sequence[RunFolder], text: str) -> Edit:
    """Give runs another name, or with an empty one the name they began with. Raises
    RequestError.
    """
    name = checked_name(text) if text.strip() else None
    return _annotated(folders, "name", lambda path: annotate(path, name=name))


def archived(folders: Sequence[RunFolder], *, into: bool) -> Edit:
    """Put runs `into` the archive, or take them out of it. Raises RequestError."""
    what = "archived" if into else "out of the archive"
    return _annotated(folders, what, lambda path: annotate(path, archived=into))


def deleted(folders: Sequence[RunFolder]) -> Edit:
    """Move runs into the trash. Raises RequestError where one is running."""
    moved = delete(folders)

    def undo() -> None:
        for run in moved:
            restore(run)

    return Edit(f"{counted(len(moved))} deleted", undo)


def counted(runs: int) -> str:
    """`1 run`, `3 runs`."""
    return f"{runs} run{'' if runs == 1 else 's'}"


def _annotated(folders: Sequence[RunFolder], what: str, change: Callable[..., Annotations]) -> Edit:
    before = [(folder.path, read_annotations(folder.path)) for folder in folders]

    def undo() -> None:
        for path, annotations in before:
            write_annotations(path, annotations)

    for folder in folders:
        change(folder.path)
    return Edit(f"{counted(len(folders))}: {what}", undo)
