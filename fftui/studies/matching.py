"""The runs of a folder by their experiment. Nothing else ties a run to a study."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fftui.errors import ExperimentError
from fftui.events import Status
from fftui.experiment import Experiment
from fftui.runs.finding import run_records
from fftui.runs.folder import RunFolder
from fftui.runs.run_record import RunRecord
from fftui.runs.status import is_live, with_current_status


@dataclass(frozen=True)
class KnownRun:
    """A run of the folder and its current record."""

    folder: RunFolder
    record: RunRecord

    @property
    def status(self) -> Status:
        """Finished, interrupted …; `running` and `paused` mean that a process runs it now."""
        return self.record.status

    @property
    def is_taken(self) -> bool:
        """Whether it has finished, or another process runs it or has it in its queue."""
        return self.status in ("finished", "waiting") or is_live(self.record)

    @property
    def has_diverged(self) -> bool:
        """Whether it failed since its loss was no finite number: it would do so again."""
        return self.status == "failed" and bool(self.record.diverged)

    @property
    def is_left_alone(self) -> bool:
        """Whether a study neither resumes it nor begins another one."""
        return self.is_taken or self.has_diverged


# Of several runs of one experiment, the first in this order counts.
STATUS_RANK: tuple[Status, ...] = (
    "finished",
    "running",
    "paused",
    "waiting",
    "unsaved",
    "interrupted",
    "failed",
)


@dataclass(frozen=True)
class KnownRuns:
    """The runs of a folder by their experiment."""

    _by_identity: dict[str, KnownRun] = field(default_factory=dict)
    _finished: dict[str, list[KnownRun]] = field(default_factory=dict)

    @classmethod
    def of(cls, runs_dir: Path) -> "KnownRuns":
        """The runs in `runs_dir`, without those whose record or experiment cannot be read.

        Raises RequestError where `runs_dir` cannot be read.
        """
        found: dict[str, KnownRun] = {}
        finished: dict[str, list[KnownRun]] = {}
        for folder, record in run_records(runs_dir):  # newest first
            try:
                experiment = folder.experiment() if record else None
            except ExperimentError:
                continue
            if record is None or experiment is None:
                continue
            run = KnownRun(folder, with_current_status(folder, record))
            key = identity(experiment)
            known = found.get(key)
            if known is None or STATUS_RANK.index(run.status) < STATUS_RANK.index(known.status):
                found[key] = run
            if run.status == "finished":
                finished.setdefault(key, []).append(run)
        return cls(found, finished)

    def of_experiment(self, experiment: Experiment) -> KnownRun | None:
        """The run of exactly this experiment with the first status of `STATUS_RANK`; of several the
        newest.
        """
        return self._by_identity.get(identity(experiment))

    def finished_of(self, experiment: Experiment) -> Sequence[KnownRun]:
        """All finished runs of exactly this experiment, newest first."""
        return self._finished.get(identity(experiment), ())


def identity(experiment: Experiment) -> str:
    """Every field of an experiment but name, description and checkpoint interval; equal for equal
    experiments.
    """
    return experiment.model_dump_json(exclude={"name", "description", "checkpoint"})


def distinct(experiments: Iterable[Experiment]) -> list[Experiment]:
    """`experiments` without repetitions, in order."""
    return list({identity(each): each for each in experiments}.values())
