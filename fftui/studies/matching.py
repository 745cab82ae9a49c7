"""Which run of a folder carried out which experiment. Nothing else ties a run to a study."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from fftui.errors import ExperimentError
from fftui.events import Status
from fftui.experiment import Experiment
from fftui.runs.folder import RunFolder, RunRecord, run_records
from fftui.runs.standing import as_it_stands


@dataclass(frozen=True)
class KnownRun:
    """A run that is there, and how it stands."""

    folder: RunFolder
    record: RunRecord

    @property
    def status(self) -> Status:
        """Finished, interrupted …; `running` and `paused` mean that a process is at it now."""
        return self.record.status


# How much a run says about its experiment, the most telling first.
TELLING: tuple[Status, ...] = ("finished", "running", "paused", "interrupted", "failed")


@dataclass(frozen=True)
class KnownRuns:
    """The runs of a folder by what they carry out."""

    _by_identity: dict[str, KnownRun] = field(default_factory=dict)

    @classmethod
    def of(cls, runs_dir: Path) -> "KnownRuns":
        """Look at every run in `runs_dir`; those whose record or experiment cannot be read are no use to a study.

        Raises RequestError where `runs_dir` cannot be read.
        """
        found: dict[str, KnownRun] = {}
        for folder, record in run_records(runs_dir):  # newest first
            try:
                experiment = folder.experiment() if record else None
            except ExperimentError:
                continue
            if record is None or experiment is None:
                continue
            run = KnownRun(folder, as_it_stands(folder, record))
            known = found.get(identity(experiment))
            if known is None or TELLING.index(run.status) < TELLING.index(known.status):
                found[identity(experiment)] = run
        return cls(found)

    def of_experiment(self, experiment: Experiment) -> KnownRun | None:
        """The run of exactly this experiment that says most: a finished one if there is any, the newest of equals."""
        return self._by_identity.get(identity(experiment))


def identity(experiment: Experiment) -> str:
    """What makes two experiments the same: every field but what they are called and how often they are saved."""
    return experiment.model_dump_json(exclude={"name", "description", "checkpoint"})


def distinct(experiments: Iterable[Experiment]) -> list[Experiment]:
    """`experiments` without repetitions, in order."""
    return list({identity(each): each for each in experiments}.values())
