"""Studies for the screens: the trials that are missing, the results so far, and the thread that
runs a study.

Methods that read the disk or load torch or Polars are called from threads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from fftui.experiment import Experiment
from fftui.runs.expectation import FinishedRuns
from fftui.runs.listing import list_runs
from fftui.runs.workspace import Workspace
from fftui.studies.matching import KnownRuns, distinct, identity
from fftui.studies.narrowing import Narrowing, SetHere, sets_for, without
from fftui.studies.runner import TrialProgress, run_study
from fftui.studies.study import SEEDS, Condition, Scale, Study
from fftui.studies.study_catalogue import STUDIES, find_study, present_sets
from fftui.tui.many_runs import ManyRuns

NO_RUNS = FinishedRuns()


@dataclass(frozen=True)
class StudyFacts:
    """A study on the data sets of this machine, how many of its trials are done, the experiments
    left to run, and a finished run of each condition that has one.
    """

    study: Study
    done: int
    remaining: tuple[Experiment, ...]
    finished: FinishedRuns = NO_RUNS
    runs: Mapping[Condition, str] = field(default_factory=dict)

    @property
    def expected_s(self) -> float | None:
        """Estimated seconds of the experiments left to run; None while the device has not been
        measured.
        """
        times = [self.finished.seconds(experiment) for experiment in self.remaining]
        return None if None in times else sum(time or 0.0 for time in times)

    @cached_property
    def waiting(self) -> frozenset[Condition]:
        """The conditions that wait for an experiment; several may wait for the same one."""
        left = {identity(each) for each in self.remaining}
        return frozenset(
            trial.condition for trial in self.study.trials if identity(trial.experiment) in left
        )


@dataclass(frozen=True)
class NarrowedStudy:
    """What `narrowing` makes of a study: the `whole` of it on its sets, the facts of what is left
    in, and the data sets to choose from.
    """

    narrowing: Narrowing
    whole: Study
    facts: StudyFacts
    sets: tuple[SetHere, ...]

    @property
    def sets_used(self) -> tuple[str, ...]:
        """The data sets that it has trials on."""
        return tuple(dict.fromkeys(trial.experiment.data.name for trial in self.whole.trials))


@dataclass(frozen=True)
class StudyTable:
    """A study's results so far as text: one row per condition, in order."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


class StudyBackend:
    """The studies in one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._finished = FinishedRuns()
        # for `narrow`, which is asked after every key
        self._known: KnownRuns | None = None
        self._whole: tuple[Narrowing, Study] | None = None

    def load_studies(self, scale: Scale) -> list[StudyFacts]:
        """Every study at `scale`, on the data sets of this machine. Reads the disk. Raises
        RequestError.
        """
        workspace = self.workspace
        known, present = KnownRuns.of(workspace.runs_dir), present_sets(workspace.data_folder)
        finished = self._read_finished()
        return [
            study_facts(info.build(scale, present, SEEDS[scale]), known, finished)
            for info in STUDIES.values()
        ]

    def load_study(self, study: Study) -> StudyFacts:
        """How much of `study` is done. Reads the disk. Raises RequestError."""
        self._known = KnownRuns.of(self.workspace.runs_dir)
        return study_facts(study, self._known, self._read_finished())

    def _read_finished(self) -> FinishedRuns:
        """The runs by which estimates are corrected."""
        runs_dir, device = self.workspace.runs_dir, self.workspace.device
        self._finished = FinishedRuns.of(runs_dir, list_runs(runs_dir), device, self._finished)
        return self._finished

    def narrow(self, name: str, narrowing: Narrowing) -> NarrowedStudy:
        """The study called `name` as it is wanted, by the runs that `load_study` has read. Raises
        RequestError.
        """
        info, folder = find_study(name), self.workspace.data_folder
        every = replace(narrowing, left_out=frozenset())
        if self._whole is None or self._whole[0] != every:
            present = present_sets(folder)
            whole = info.build(every.scale, present, every.seeds, every.sets)
            self._whole = (every, whole)
        if self._known is None:
            self._known = KnownRuns.of(self.workspace.runs_dir)
        whole = self._whole[1]
        facts = study_facts(without(whole, narrowing.left_out), self._known, self._finished)
        return NarrowedStudy(narrowing, whole, facts, sets_for(info, narrowing.scale, folder))

    def table(self, study: Study) -> StudyTable:
        """The results of `study` so far. Loads Polars and reads the disk. Raises RequestError."""
        # Polars, behind the screen
        from fftui.studies.report import table_for_people  # noqa: PLC0415

        columns, rows = table_for_people(study, self.workspace.runs_dir)
        return StudyTable(tuple(columns), tuple(map(tuple, rows)))

    def start(self, study: Study) -> "StudyRun":
        """Run the missing trials of `study` in a thread of its own."""
        run = StudyRun(study, self.workspace)
        run.start()
        return run


def study_facts(study: Study, known: KnownRuns, finished: FinishedRuns = NO_RUNS) -> StudyFacts:
    """How much of `study` the runs of `known` cover; `finished` corrects the estimate of the
    rest.
    """

    def finished_run(experiment: Experiment) -> str | None:
        run = known.of_experiment(experiment)
        return run.folder.id if run is not None and run.status == "finished" else None

    done = [(each.condition, finished_run(each.experiment)) for each in study.trials]
    # of several seeds the first
    runs = {condition: run for condition, run in reversed(done) if run is not None}
    remaining = [
        each
        for each in distinct([trial.experiment for trial in study.trials])
        if finished_run(each) is None
    ]
    count = sum(run is not None for _, run in done)
    return StudyFacts(study, count, tuple(remaining), finished, runs)


class StudyRun(ManyRuns):
    """A thread that runs a study; screens read `progress` too."""

    def __init__(self, study: Study, workspace: Workspace) -> None:
        super().__init__(f"fftui-study-{study.name}")
        self.study = study
        self.progress: TrialProgress | None = None
        # the last progress of each trial that ended, in order
        self.ended: tuple[TrialProgress, ...] = ()
        self._workspace = workspace

    @property
    def any_failed(self) -> bool:
        """Whether a trial failed."""
        return bool(failed(self.ended))

    def run_all(self) -> None:
        """Run the study to its end."""
        for progress in run_study(self.study, self._workspace, stop=self._stopping):
            self._view = progress.view or self._view
            if progress.over:
                self.ended = (*self.ended, progress)
            self.progress = progress


def failed(ended: Sequence[TrialProgress]) -> list[TrialProgress]:
    """The trials of `ended` that failed."""
    return [progress for progress in ended if progress.state == "failed"]
