"""Where the runs of set-ups come from: conditions of the studies, or experiments of their own, on
the data sets that are here.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from fftui.claims.estimates import REPEATS
from fftui.claims.outcomes import Setup
from fftui.claims.quick_scale import made_quick
from fftui.data.catalogue import DATA_NAMES, DataName
from fftui.experiment import Experiment
from fftui.studies.study import Condition, Process, Scale, Study
from fftui.studies.study_catalogue import STUDIES

# values of a condition; a callable accepts those for which it returns True
Wanted = Mapping[str, object]
Changes = Mapping[str, object]
# images of the training set that are kept apart to choose on
VALIDATION_IMAGES: Mapping[Scale, int] = {"full": 5_000, "quick": 500}


@dataclass(frozen=True)
class PlannedRuns:
    """The runs of one set-up, one a seed; each alone where time, memory or power is compared."""

    setup: Setup
    experiments: tuple[Experiment, ...]
    process: Process = "shared"

    @property
    def condition(self) -> Condition:
        """The row of a study's table that they fill."""
        return Condition((("setup", self.setup.text),))


@dataclass(frozen=True)
class Asked:
    """The scale, the number of seeds (at least `REPEATS` of what is timed), the data sets that are
    `present`, and of those the ones asked for (empty: all).
    """

    scale: Scale
    seeds: int
    present: frozenset[DataName]
    sets: frozenset[DataName] = frozenset()

    @classmethod
    def of(
        cls,
        scale: Scale,
        seeds: int,
        present: Collection[DataName],
        sets: Collection[DataName] = (),
    ) -> "Asked":
        """With sets as the scale has them: mnist-mini for MNIST at the quick one."""
        return cls(
            scale, seeds, frozenset(present), frozenset(_set_at(scale, each) for each in sets)
        )

    def set_of(self, setup: Setup) -> DataName:
        """The data set that the runs of a set-up learn from."""
        return _set_at(self.scale, next(name for name in DATA_NAMES if name == setup.data))

    def includes(self, setup: Setup) -> bool:
        """Whether its data set is asked for."""
        return not self.sets or self.set_of(setup) in self.sets

    def has(self, setup: Setup) -> bool:
        """Whether its data set is asked for and here."""
        return self.includes(setup) and self.set_of(setup) in self.present

    def why_not(self, setup: Setup) -> str:
        """Why a set-up has no runs."""
        data = self.set_of(setup)
        if not self.includes(setup):
            return f"{data} is not among the sets asked for"
        if data not in self.present:
            return f"{data} is not on this machine (fftui data get {data})"
        return f"not run at the {self.scale} scale"


def _set_at(scale: Scale, data: DataName) -> DataName:
    return "mnist-mini" if scale == "quick" and data == "mnist" else data


@dataclass(frozen=True)
class StudySetup:
    """A set-up as a condition of a study, by the `wanted` values; `changes` are made besides."""

    setup: Setup
    study: str
    wanted: Wanted
    changes: Changes = field(default_factory=dict)


@dataclass(frozen=True)
class Studies:
    """The studies as they are asked for, each built once."""

    asked: Asked
    _built: dict[tuple[str, DataName], Study] = field(default_factory=dict)

    def runs_of(self, each: StudySetup) -> Iterator[PlannedRuns]:
        """The runs of a set-up; none where its set is not here, or the study has no such condition
        at this scale. Raises ExperimentError where its changes do not fit.
        """
        if not self.asked.has(each.setup):
            return
        trials = [
            trial
            for trial in self._study(each.study, self.asked.set_of(each.setup)).trials
            if _fits(trial.condition, each.wanted)
        ]
        experiments = [
            trial.experiment for trial in trials if trial.condition == trials[0].condition
        ]
        if experiments:
            yield PlannedRuns(
                each.setup,
                tuple(self._adapted(experiment, each.changes) for experiment in experiments),
            )

    def _adapted(self, experiment: Experiment, changes: Changes) -> Experiment:
        if self.asked.scale == "quick":
            experiment = made_quick(experiment)
        return experiment.changed(changes) if changes else experiment

    def _study(self, name: str, data: DataName) -> Study:
        asked = self.asked
        if (name, data) not in self._built:
            self._built[name, data] = STUDIES[name].build(
                asked.scale, asked.present, asked.seeds, [data]
            )
        return self._built[name, data]


def _fits(condition: Condition, wanted: Wanted) -> bool:
    values = dict(condition.values)
    return all(
        name in values and (value(values[name]) if callable(value) else values[name] == value)
        for name, value in wanted.items()
    )


def begins(text: str) -> Callable[[object], bool]:
    """Accepts values whose text begins so."""
    return lambda value: str(value).startswith(text)


def runs_of(asked: Asked, setup: Setup, experiment: Experiment) -> PlannedRuns:
    """The runs of an experiment, one for every seed."""
    return PlannedRuns(setup, _seeds_of(experiment, asked.seeds))


def repeats_of(asked: Asked, setup: Setup, experiment: Experiment) -> PlannedRuns:
    """The runs of an experiment that is timed or measured: enough repeats, each alone."""
    seeds = max(asked.seeds, REPEATS)
    return PlannedRuns(setup, _seeds_of(experiment, seeds), "alone")


def _seeds_of(experiment: Experiment, seeds: int) -> tuple[Experiment, ...]:
    return tuple(experiment.changed({"seed": seed}) for seed in range(seeds))
