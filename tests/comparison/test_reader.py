from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from fftui.comparison.reader import ComparisonReader
from fftui.runs import growing_tables
from fftui.runs.curve_metrics import CURVE_METRICS
from fftui.runs.folder import RunFolder
from fftui.runs.tables import write_tables

LOSS = CURVE_METRICS["loss"]


@pytest.fixture
def runs(new_run: Callable[..., RunFolder]) -> list[RunFolder]:
    """Three runs that have ended, with their tables."""
    found = [new_run(seed=seed, losses=(1.0, 0.5, float(seed))) for seed in range(3)]
    for each in found:
        write_tables(each)
    return found


def last_losses(reader: ComparisonReader) -> list[float | None]:
    curves = reader.curves(LOSS, None)
    return [curve and curve.values[-1] for curve in curves]


def test_the_tables_of_all_runs_are_read_in_one_go(
    runs: list[RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    collect_all = pl.collect_all

    def counted(queries: list[pl.LazyFrame]) -> list[pl.DataFrame]:
        read.append(len(queries))
        return collect_all(queries)

    monkeypatch.setattr(pl, "collect_all", counted)
    monkeypatch.setattr(growing_tables, "finished_table", None)
    reader = ComparisonReader(runs)
    assert read == [6]
    assert last_losses(reader) == [0.0, 1.0, 2.0]
    reader.curves(CURVE_METRICS["power_w"], None)
    assert [count for count in read if count] == [6, 3]


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"PAR1 and no more"),
        lambda path: path.write_bytes(path.read_bytes()[:200] + path.read_bytes()[220:]),
        lambda path: pl.read_parquet(path).drop("loss").write_parquet(path),
        Path.unlink,
    ],
    ids=["no table", "torn", "of another version", "gone"],
)
def test_one_damaged_table_costs_the_others_nothing(
    runs: list[RunFolder], damage: Callable[[Path], object]
) -> None:
    damage(runs[1].table("epochs"))
    assert last_losses(ComparisonReader(runs)) == [0.0, 1.0, 2.0]
