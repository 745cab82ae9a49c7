"""`ComparisonReader`: reads the runs of a comparison from disk, and again what is new of those that
learn. One thread at a time uses it.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from fftui.comparison.compared import Condition, compared_runs
from fftui.runs.curve_metrics import CURVE_METRICS, USUAL, CurveMetric, RunCurve
from fftui.runs.curves import RunCurves, layers_of, points_of
from fftui.runs.folder import RunFolder
from fftui.runs.growing_tables import GrowingTables, read_stored
from fftui.runs.status import current_record
from fftui.runs.table_names import TableName

if TYPE_CHECKING:
    from fftui.comparison.condition_outcomes import Measured
    from fftui.comparison.outcome_rows import Outcomes

BEGINNING: tuple[TableName, ...] = ("epochs", "evaluations")  # have the curves that are seen first


class ComparisonReader:
    """The runs of a comparison and their tables. Raises as `compared_runs`."""

    def __init__(self, folders: Sequence[RunFolder]) -> None:
        tables = {folder: GrowingTables(folder) for folder in folders}
        with ThreadPoolExecutor(1) as beside:  # Polars reads without Python's lock
            read = beside.submit(read_stored, list(tables.values()), BEGINNING)
            self.runs = compared_runs(folders)
            read.result()
        self._tables = [tables[run.folder] for run in self.runs]
        self._curves = [RunCurves(each) for each in self._tables]
        self._measured: dict[str, Measured | None] = {}

    @property
    def layers(self) -> int:
        """The largest number of layers of a run, so far. Raises OSError."""
        return max(map(layers_of, self._tables))

    def curves(self, metric: CurveMetric, layer: int | None) -> tuple[RunCurve | None, ...]:
        """The curve of each run. Raises OSError where a run cannot be read."""
        self._read(metric)
        return tuple(each.curve(metric, layer) for each in self._curves)

    def usual_metric(self) -> CurveMetric:
        """The first of `USUAL` of which every run has several points, else the one with most
        points. Raises OSError.
        """
        points = {name: self.points(CURVE_METRICS[name]) for name in USUAL}
        of_all = next((name for name in USUAL if min(points[name]) > 1), None)
        return CURVE_METRICS[of_all or max(USUAL, key=lambda name: sum(points[name]))]

    def points(self, metric: CurveMetric) -> list[int]:
        """How many values each run has of a metric. Raises OSError."""
        self._read(metric)
        return [points_of(each, metric) for each in self._tables]

    def _read(self, metric: CurveMetric) -> None:
        """Read the tables of a metric together, where they were not."""
        read_stored(self._tables, ("epochs", metric.table))

    def read_again(self, metric: CurveMetric) -> bool:
        """Read what is new of runs that learn; whether anything is. Raises OSError."""
        names = dict.fromkeys(("epochs", metric.table))
        found = [tables.read(name) for tables in self._tables for name in names]
        return self._read_records() or any(found)

    def _read_records(self) -> bool:
        """Read the records of runs that learn; whether one has changed."""
        now = tuple(
            replace(run, record=current_record(run.folder)) if run.is_learning else run
            for run in self.runs
        )
        changed = now != self.runs
        self.runs = now
        return changed

    def outcomes(self, conditions: Sequence[Condition]) -> "Outcomes":
        """The outcomes with intervals. Raises OSError."""
        # NumPy and the claims' estimates, which the first picture does not wait for
        from fftui.comparison.condition_outcomes import (  # noqa: PLC0415
            measured_of,
            outcomes_of,
        )

        for run, tables in zip(self.runs, self._tables, strict=True):
            if run.letter not in self._measured and not run.is_learning:
                self._measured[run.letter] = measured_of(tables)
        return outcomes_of(conditions, self._measured)
