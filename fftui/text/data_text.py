"""The data sets as aligned columns, and as JSON values."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from fftui.text.format import columns, size

if TYPE_CHECKING:
    from fftui.data.verify import SetStatus


def data_text(sets: Sequence["SetStatus"], folder: Path) -> str:
    """All data sets: state, size and folder on this machine, as text."""
    rows = [
        (
            s.name,
            s.state,
            "verified" if s.verified else "no",
            size(s.bytes) if s.bytes else "n/a",
            s.where,
            s.description,
        )
        for s in sets
    ]
    text = columns(("data", "state", "checked", "size", "where", "description"), rows)
    wrong = [
        f"{s.name} is {s.state}: {s.detail}\n" for s in sets if s.state in ("damaged", "unreadable")
    ]
    return "".join([text, "\n", *wrong, f"data folder: {folder}\n"])


def data_facts(sets: Sequence["SetStatus"], folder: Path) -> dict[str, object]:
    """All data sets as JSON values."""
    return {"folder": str(folder), "sets": [asdict(each) for each in sets]}
