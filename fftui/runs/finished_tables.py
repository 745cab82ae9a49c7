"""Reading the tables that lie in the folder of a run that has ended."""

import polars as pl

from fftui.runs.columns import SCHEMAS
from fftui.runs.folder import RunFolder
from fftui.runs.kept_tables import ensure_tables, is_current
from fftui.runs.table_names import TableName
from fftui.runs.tables import make_table


def finished_table(folder: RunFolder, name: TableName) -> pl.DataFrame:
    """The table of a run that has ended: the one in its folder, written anew where it is missing or
    older than the journal; from the journal where it cannot be written or has other columns.
    """
    ensure_tables(folder)
    if not is_current(folder, name):
        return make_table(folder, name)
    try:
        stored = pl.read_parquet(folder.table(name))
    except (OSError, pl.exceptions.PolarsError):
        return make_table(folder, name)
    return stored if stored.schema == SCHEMAS[name] else make_table(folder, name)
