"""A comparison for its screen: read from disk, read again while runs learn, and written to files.

Its methods load Polars and read the disk: they are called from threads, and take turns.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from fftui.comparison.compared import ComparedRun, Condition
from fftui.runs.curve_metrics import CURVE_METRICS, CurveMetric, RunCurve
from fftui.runs.folder import RunFolder
from fftui.runs.workspace import Workspace
from fftui.tui.figure_backend import FigureBackend

if TYPE_CHECKING:
    from fftui.comparison.outcome_rows import Outcomes
    from fftui.comparison.reader import ComparisonReader
    from fftui.comparison.shown_comparison import ShownComparison

FOLDER = Path("comparisons")
WRITTEN = (".csv", ".md", ".svg")


@dataclass(frozen=True)
class ReadCurves:
    """The runs of a comparison, the curve of each for a metric and a layer (None: all of them), and
    the largest number of layers.
    """

    runs: tuple[ComparedRun, ...]
    metric: CurveMetric
    layer: int | None
    layers: int
    curves: tuple[RunCurve | None, ...]


class CompareBackend:
    """The comparison of the runs with these ids in one workspace."""

    def __init__(self, workspace: Workspace, ids: Sequence[str]) -> None:
        self.workspace = workspace
        self.ids = tuple(ids)
        self._reader: ComparisonReader | None = None
        self._lock = threading.Lock()

    def open(self) -> ReadCurves:
        """Read all runs, with the usual metric. Raises FFTUIError, OSError."""
        from fftui.comparison.reader import ComparisonReader  # noqa: PLC0415 - Polars

        with self._lock:
            folders = [RunFolder(self.workspace.runs_dir.absolute() / run) for run in self.ids]
            self._reader = ComparisonReader(folders)
            return self._curves(self._reader.usual_metric(), None)

    def curves(self, metric: CurveMetric, layer: int | None) -> ReadCurves:
        """The curves of another metric or layer. Raises OSError."""
        with self._lock:
            return self._curves(metric, layer)

    def next_curves(self, metric: CurveMetric, layer: int | None, by: int) -> ReadCurves:
        """The curves of the next metric that a run has values of, or with `by` -1 the one before.
        Raises OSError.
        """
        names = list(CURVE_METRICS)
        first = names.index(metric.name)
        with self._lock:
            others = (names[(first + by * step) % len(names)] for step in range(1, len(names)))
            for each in map(CURVE_METRICS.__getitem__, others):
                if any(self._opened.points(each)) and any(
                    (found := self._curves(each, layer)).curves
                ):
                    return found
            return self._curves(metric, layer)

    def new_curves(self, metric: CurveMetric, layer: int | None) -> ReadCurves | None:
        """The curves with what runs have learned since they were read; None where there is nothing
        new. Raises FFTUIError, OSError.
        """
        with self._lock:
            new = self._opened.read_again(metric)
            return self._curves(metric, layer) if new else None

    def outcomes(self, conditions: Sequence[Condition]) -> "Outcomes":
        """What came out of each condition, with intervals. Raises OSError."""
        with self._lock:
            return self._opened.outcomes(conditions)

    def write(self, shown: "ShownComparison") -> tuple[Path, ...]:
        """Write what is shown as CSV, Markdown and SVG, into files that were not there before;
        returns their paths. Raises RequestError, OSError.
        """
        from fftui.comparison.comparison_export import SUFFIXES, rendered  # noqa: PLC0415
        from fftui.runs.files import write_output  # noqa: PLC0415

        FOLDER.mkdir(parents=True, exist_ok=True)
        with FigureBackend.lock:
            contents = [(each, rendered(shown, SUFFIXES[each])) for each in WRITTEN]
        stem = next(name for name in _names(shown.metric.name) if not _is_taken(name))
        paths = tuple(FOLDER.resolve() / f"{stem}{suffix}" for suffix in WRITTEN)
        for path, (_, content) in zip(paths, contents, strict=True):
            write_output(path, content)
        return paths

    @property
    def _opened(self) -> "ComparisonReader":
        assert self._reader is not None, "open() comes first"
        return self._reader

    def _curves(self, metric: CurveMetric, layer: int | None) -> ReadCurves:
        reader = self._opened
        curves = reader.curves(metric, layer)
        return ReadCurves(reader.runs, metric, layer, reader.layers, curves)


def _names(metric: str) -> Iterator[str]:
    yield metric
    yield from (f"{metric}-{number}" for number in count(2))


def _is_taken(stem: str) -> bool:
    return any((FOLDER / f"{stem}{suffix}").exists() for suffix in WRITTEN)
