"""A study: many experiments that answer one question, as a value. Nothing here learns or reads a
run.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from fftui.data.catalogue import DataName
from fftui.experiment import Experiment
from fftui.experiment.field_errors import validated
from fftui.experiment.values import set_value
from fftui.presets import preset_values, read_preset
from fftui.studies.reported import Cell

# the paper's sets and sizes; or mnist-mini and small networks, in a minute or two
Scale = Literal["full", "quick"]
SEEDS: Mapping[Scale, int] = {"full": 3, "quick": 1}  # unless others are asked for
Value = str | int | float | None  # None: does not apply to this condition
# of a run: it may share one with the runs before it; its memory or power is compared, so that
# nothing of those may count; or its time too, so that nothing may run beside it on its machine
Process = Literal["shared", "own", "alone"]


@dataclass(frozen=True)
class Condition:
    """The row of a study's table that a trial belongs to; `paper` is the paper's accuracy for it,
    in percent, and `source` the publication where it is another paper than the one fftui redoes.
    """

    values: tuple[tuple[str, Value], ...]  # by column, in column order
    paper: float | None = None  # on test images
    paper_train: float | None = None
    source: str = ""

    @property
    def text(self) -> str:
        """The condition in a few words, for names of runs and lines of progress."""
        return ", ".join(str(value) for _, value in self.values if value is not None)


@dataclass(frozen=True)
class Trial:
    """One condition at one seed, and the process that its run needs."""

    condition: Condition
    experiment: Experiment
    process: Process = "shared"

    def at_seed(self, seed: int) -> "Trial":
        """The same condition at another seed."""
        return replace(self, experiment=self.experiment.model_copy(update={"seed": seed}))


@dataclass(frozen=True)
class Study:
    """A question, the trials that answer it, and `notes` for readers of its table."""

    name: str
    title: str
    question: str
    trials: tuple[Trial, ...]
    notes: tuple[str, ...] = ()
    # columns of `results.summary_table` that its table shows besides accuracy and time
    measures: tuple[str, ...] = ()
    scale: Scale = "full"

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The rows of its table."""
        return tuple(dict.fromkeys(trial.condition for trial in self.trials))


@dataclass(frozen=True)
class Published:
    """A test accuracy in percent, and where it is published."""

    test: float
    source: str


def as_it_is(experiment: Experiment) -> Experiment:
    """The experiment."""
    return experiment


@dataclass(frozen=True)
class Row:
    """A condition on some data set: the preset that it is made from, what is changed in it
    (`experiment_of`), and what is made of that, such as its control by backprop.

    The accuracy beside it is a `paper` cell of the paper, or `published` elsewhere.
    """

    values: tuple[tuple[str, Value], ...]
    preset: str
    changes: Mapping[str, object] = field(default_factory=dict)
    phases: slice | None = None
    paper: Cell | None = None
    published: Published | None = None
    into: Callable[[Experiment], Experiment] = as_it_is


class Rows(Protocol):
    """The function that gives a study's rows on one data set."""

    def __call__(self, data: DataName, scale: Scale) -> Iterable[Row]:
        """Raises ExperimentError where a preset cannot be read."""


def experiment_of(
    preset: str, data: str, changes: Mapping[str, object] | None = None, phases: slice | None = None
) -> Experiment:
    """Preset `preset` on data set `data`, changed: paths as `--set` takes them, `*` for every entry
    of a list.

    `phases` keeps only some of the preset's phases; paths count those that are left. Raises
    ExperimentError for an unknown preset, set, path or value.
    """
    values = preset_values(read_preset(preset), data)
    if phases is not None:
        values["phases"] = values["phases"][phases]
    for path, value in (changes or {}).items():
        set_value(values, path, value)
    return validated(Experiment, values, f"preset {preset}")


def is_meant_for(preset: str, data: str) -> bool:
    """Whether the preset is for that data set. Raises ExperimentError where the preset cannot be
    read.
    """
    return data in read_preset(preset).data_sets
