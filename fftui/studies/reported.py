"""What the paper reports, cell by cell, from `reported.toml` beside this file; and its Table 3
corrected.
"""

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any, Literal

from fftui.data.catalogue import SETS, DataName

Source = Literal["table-1", "table-2", "table-3", "table-3-corrected", "text", "notebooks"]


@dataclass(frozen=True)
class Cell:
    """Accuracies in percent of one method on one data set after `images` training images; None: not
    reported.
    """

    source: Source
    method: str
    data: DataName
    images: int
    train: float | None
    test: float | None


@dataclass(frozen=True)
class Seconds:
    """How long a run of the paper took, in seconds: as a whole, each layer, one epoch; None: not
    reported.
    """

    whole: float
    layers: tuple[float, ...] = ()
    epoch: float | None = None


@dataclass(frozen=True)
class MachineUse:
    """Mean GPU memory in use, percent of the board's, and mean power of the board, watts, while a
    run of the paper went on.
    """

    memory_usage_percent: float
    power_w: float


@cache
def cells() -> tuple[Cell, ...]:
    """Every accuracy that the paper and its notebooks give, and Table 3 once more with its
    denominators corrected.
    """
    values = _values()
    sources: tuple[Source, ...] = ("table-1", "table-2", "table-3", "text", "notebooks")
    printed = [
        Cell(source, method, data, images, _percent(train), _percent(test))
        for source in sources
        for method, rows in values[source].items()
        for data, images, train, test in rows
    ]
    return (*printed, *(_corrected(cell) for cell in printed if cell.source == "table-3"))


def reported(source: Source, method: str, data: str, images: int | None = None) -> Cell | None:
    """The cell of `method` on `data` in `source` (`images` None: the most training images); None
    where it has none.
    """
    found = [
        cell for cell in cells() if (cell.source, cell.method, cell.data) == (source, method, data)
    ]
    if images is not None:
        found = [cell for cell in found if cell.images == images]
    return max(found, key=lambda cell: cell.images, default=None)


def sizes(data: str) -> tuple[int, ...]:
    """The numbers of training images of `data` in the paper's Tables 2 and 3, largest first; empty:
    not in them.
    """
    found = {
        cell.images
        for cell in cells()
        if cell.source in ("table-2", "table-3") and cell.data == data
    }
    return tuple(sorted(found, reverse=True))


def seconds(method: str, data: str) -> Seconds | None:
    """The whole run of `method` ("forward-forward", "backprop") on `data` in the paper's Figure 3;
    None where it has none.
    """
    return _seconds("seconds", method, data)


def logged_seconds(method: str, data: str) -> Seconds | None:
    """A run of `method` on `data` in the authors' logs (for Forward-Forward not Figure 3's); None
    where they have none.
    """
    return _seconds("logged-seconds", method, data)


def machine_use(method: str, data: str) -> MachineUse | None:
    """Memory and power of `method` on `data` in the paper's Figure 4; None where it has none."""
    given = _values()["machine"].get(method, {}).get(data)
    return given and MachineUse(**given)


def _seconds(source: str, method: str, data: str) -> Seconds | None:
    given = _values()[source].get(method, {}).get(data)
    return given and Seconds(given["whole"], tuple(given.get("layers", ())), given.get("epoch"))


def _corrected(cell: Cell) -> Cell:
    """Table 3's accuracies over the images really measured: it divides by the sizes of the full
    sets.
    """
    info = SETS[cell.data]
    tested = min(info.test_images, cell.images)
    return replace(
        cell,
        source="table-3-corrected",
        train=None
        if cell.train is None
        else round(cell.train * info.train_images / cell.images, 2),
        test=None if cell.test is None else round(cell.test * info.test_images / tested, 2),
    )


def _percent(cell: float | str) -> float | None:
    return None if isinstance(cell, str) else cell


@cache
def _values() -> dict[str, Any]:
    return tomllib.loads(
        (resources.files("fftui.studies") / "reported.toml").read_text(encoding="utf-8")
    )
