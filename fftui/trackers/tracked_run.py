"""A run as trackers take it: settings, results and points, read from its folder."""

from collections.abc import Iterator
from dataclasses import dataclass

from fftui.errors import FFTUIError
from fftui.inert import one_line
from fftui.runs.annotations import readable_annotations
from fftui.runs.folder import RunFolder
from fftui.runs.journal import read_journal
from fftui.runs.run_record import RunRecord
from fftui.runs.status import current_record
from fftui.runs.tables import settings_of
from fftui.trackers.metric_points import MetricPoint, MetricPoints, latest

Scalar = str | int | float | bool
RESULTS = (
    "test_accuracy", "e2e_s", "train_s", "compute_s", "data_s", "evaluation_s", "energy_j",
    "energy_j_per_sample", "peak_memory_bytes", "memory_above_bytes",
)  # fmt: skip
FACTS = ("status", "preset", "data", "device", "precision", "source_revision", "error")


@dataclass(frozen=True)
class TrackedRun:
    """A run: its id and name, when it began and ended (Unix seconds; None: not yet), its settings
    by the path of `--set`, what else is known of it in words, its results, tags, note and points.
    """

    id: str
    name: str
    began_at: float
    ended_at: float | None
    settings: dict[str, Scalar]
    facts: dict[str, str]
    results: dict[str, float]
    tags: tuple[str, ...]
    note: str
    points: tuple[MetricPoint, ...]

    @property
    def is_finished(self) -> bool:
        """Whether it has learned all that it was to."""
        return self.facts["status"] == "finished"


def tracked_run(folder: RunFolder) -> TrackedRun:
    """The run in `folder`. Raises RunNotFoundError where its record cannot be read, OSError where
    its journal cannot.
    """
    record, written = current_record(folder), readable_annotations(folder.path)
    return TrackedRun(
        id=one_line(folder.id),
        name=one_line(written.name or record.name),
        began_at=record.started.timestamp(),
        ended_at=None if record.ended is None else record.ended.timestamp(),
        settings=dict(_settings(folder)),
        facts=dict(_facts(record)),
        results=dict(_results(record)),
        tags=tuple(map(one_line, written.tags)),
        note=written.note,
        points=tuple(latest(_points(folder))),
    )


def _points(folder: RunFolder) -> Iterator[MetricPoint]:
    made = MetricPoints()
    for at, event in read_journal(folder.journal):
        yield from made.of(at, event)


def _settings(folder: RunFolder) -> Iterator[tuple[str, Scalar]]:
    """All settings; none where the experiment cannot be read."""
    try:
        found = settings_of(folder)
    except FFTUIError:
        return
    for name, value in found.items():
        path = name.removeprefix("experiment.")
        yield path, value if isinstance(value, int | float) else one_line(str(value))


def _facts(record: RunRecord) -> Iterator[tuple[str, str]]:
    for name in FACTS:
        if (value := getattr(record, name)) is not None:
            yield name, one_line(str(value))
    for name, value in (record.machine | record.versions).items():
        yield one_line(name), one_line(str(value))


def _results(record: RunRecord) -> Iterator[tuple[str, float]]:
    for name in RESULTS:
        if (value := getattr(record, name)) is not None:
            yield name, float(value)
