"""Reading the tables that lie in the folders of runs that have ended."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import polars as pl

from fftui.runs.columns import SCHEMAS
from fftui.runs.files import check_own
from fftui.runs.folder import RunFolder
from fftui.runs.kept_tables import ensure_tables, is_current, renew_tables
from fftui.runs.table_names import TableName
from fftui.runs.tables import make_table

MOST_ROWS_A_BYTE = 6  # of a journal: the table `images` has a row a bit of base64 text
FEW_ROWS = 100_000  # that are read at once; of more it is asked first how many there are
BYTES_OF_LOST = 1 << 20  # that a journal may have had
# what reading fails with; a TypeError is of a path that is not UTF-8
UNREADABLE = (OSError, TypeError, pl.exceptions.PolarsError, pl.exceptions.PanicException)


@dataclass(frozen=True)
class _Stored:
    """A table as it lies in a folder, and the most rows that the journal could tell of: a few bytes
    of Parquet may say a billion.
    """

    folder: RunFolder
    name: TableName
    most: int

    @property
    def first_rows(self) -> pl.LazyFrame:
        """Its rows, or one more than it may have."""
        path = self.folder.table(self.name)
        return pl.scan_parquet(path, n_rows=1 + min(self.most, FEW_ROWS))

    def whole(self, first: pl.DataFrame) -> pl.DataFrame | None:
        """All of it, of which the first rows were read; None where there are more than told."""
        if first.height <= FEW_ROWS:
            return first if first.height <= self.most else None
        path = self.folder.table(self.name)
        rows = pl.scan_parquet(path).select(pl.len()).collect().item()
        return pl.read_parquet(path) if rows <= self.most else None


def finished_table(folder: RunFolder, name: TableName) -> pl.DataFrame:
    """The table of a run that has ended: the one in its folder, written anew where it is missing,
    older than the journal or of an earlier version; from the journal where it cannot be written.
    Raises OSError.
    """
    ensure_tables(folder)
    if not is_current(folder, name):
        return make_table(folder, name)
    found = _read(folder, name)
    if found is None:
        renew_tables(folder)
        found = _read(folder, name)
    return make_table(folder, name) if found is None else found


def stored_tables(wanted: Sequence[tuple[RunFolder, TableName]]) -> list[pl.DataFrame | None]:
    """The tables of runs that have ended as they lie in their folders, read in one go: that of each
    by itself would wait for Python's lock several times. None is left to `finished_table`.
    """
    for folder in dict.fromkeys(folder for folder, _ in wanted):
        with suppress(OSError):
            ensure_tables(folder)
    known = [_stored(*each) if is_current(*each) else None for each in wanted]
    queries = [each for each in known if each is not None]
    try:
        first = iter(pl.collect_all([each.first_rows for each in queries]))
        return [None if each is None else each.whole(next(first)) for each in known]
    except UNREADABLE:
        return [None] * len(wanted)


def _read(folder: RunFolder, name: TableName) -> pl.DataFrame | None:
    """The table as it lies in the folder; None where it is none of these columns, or has too many
    rows.
    """
    stored = _stored(folder, name)
    try:
        return None if stored is None else stored.whole(stored.first_rows.collect())
    except UNREADABLE:
        return None


def _stored(folder: RunFolder, name: TableName) -> _Stored | None:
    """The table in the folder; None where it is none of these columns."""
    path = folder.table(name)
    try:
        check_own(path)
        if pl.read_parquet_schema(path) != SCHEMAS[name]:
            return None
        return _Stored(folder, name, MOST_ROWS_A_BYTE * _journal_bytes(folder))
    except UNREADABLE:
        return None


def _journal_bytes(folder: RunFolder) -> int:
    """The bytes of a run's journal; of one that is gone so many that its tables are still read."""
    try:
        return check_own(folder.journal)
    except FileNotFoundError:
        return BYTES_OF_LOST
