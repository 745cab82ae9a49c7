"""The names of a run's tables; what loads no Polars asks here."""

from typing import Literal, get_args

TableName = Literal[
    "epochs", "layers", "evaluations", "images", "telemetry", "ranks", "energy", "runs"
]
TABLE_NAMES: tuple[TableName, ...] = get_args(TableName)
IN_FOLDER: tuple[TableName, ...] = ("epochs", "layers", "evaluations", "telemetry", "energy")
