"""A table and a column as they are described, and the columns that several tables have."""

from dataclasses import dataclass

import polars as pl

COUNT, REAL, TEXT, FLAG = pl.Int64(), pl.Float64(), pl.String(), pl.Boolean()
TIME = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Column:
    """One column: its name, its type and its meaning."""

    name: str
    dtype: pl.DataType
    meaning: str


@dataclass(frozen=True)
class Table:
    """A table: the meaning of a row, and its columns in order."""

    row: str
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pl.Schema:
        """The columns as a Polars schema."""
        return pl.Schema({column.name: column.dtype for column in self.columns})


RUN = Column("run", TEXT, "id of the run")
PHASE = Column("phase", COUNT, "phase, from 1")
LAYER = Column(
    "layer",
    COUNT,
    "layer, from 1; null: the network as a whole (backprop, or all layers in parallel)",
)
EPOCH = Column("epoch", COUNT, "epoch of the layer, from 1")
MEMORY_USED_PERCENT = (
    Column(
        "gpu_memory_used_percent",
        REAL,
        "100 · used / total memory of the GPU, by all processes (the paper's memory_usage)",
    ),
    Column("host_memory_used_percent", REAL, "100 · used / total memory of the host"),
)
