"""Reading the tables that lie in the folder of a run that has ended."""

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


def finished_table(folder: RunFolder, name: TableName) -> pl.DataFrame:
    """The table of a run that has ended: the one in its folder, written anew where it is missing,
    older than the journal or of an earlier version; from the journal where it cannot be written.
    """
    ensure_tables(folder)
    if not is_current(folder, name):
        return make_table(folder, name)
    stored = _stored(folder, name)
    if stored is None:
        renew_tables(folder)
        stored = _stored(folder, name)
    return make_table(folder, name) if stored is None else stored


def _stored(folder: RunFolder, name: TableName) -> pl.DataFrame | None:
    """The table as it lies in the folder; None where it is none of these columns, or has more rows
    than the journal could tell of: a few bytes of Parquet may say a billion.
    """
    path = folder.table(name)
    try:
        check_own(path)
        if pl.read_parquet_schema(path) != SCHEMAS[name]:
            return None
        most = MOST_ROWS_A_BYTE * _journal_bytes(folder)
        table = pl.read_parquet(path, n_rows=1 + min(most, FEW_ROWS))
        if table.height <= FEW_ROWS:
            return table if table.height <= most else None
        rows = pl.scan_parquet(path).select(pl.len()).collect().item()
        return pl.read_parquet(path) if rows <= most else None
    # a TypeError is of a path that is not UTF-8
    except (OSError, TypeError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None


def _journal_bytes(folder: RunFolder) -> int:
    """The bytes of a run's journal; of one that is gone so many that its tables are still read."""
    try:
        return check_own(folder.journal)
    except FileNotFoundError:
        return BYTES_OF_LOST
