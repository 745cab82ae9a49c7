"""The runs of a comparison, each under a letter, and the conditions that they are seeds of."""

import string
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fftui.errors import ExperimentError, RequestError
from fftui.experiment import Experiment
from fftui.runs.folder import RunFolder
from fftui.runs.run_record import RunRecord
from fftui.runs.status import current_record, is_live
from fftui.studies.matching import identity
from fftui.text.settings_text import settings

LETTERS = string.ascii_uppercase + string.ascii_lowercase
SEED = "seed"
SETTINGS_IN_TITLE = 3


@dataclass(frozen=True)
class ComparedRun:
    """A run under its letter, with its current record and its settings as text by path; without an
    experiment where its file cannot be read.
    """

    letter: str
    folder: RunFolder
    record: RunRecord
    experiment: Experiment | None
    settings: Mapping[str, str]

    @property
    def is_learning(self) -> bool:
        """Whether it may still have more to show."""
        return is_live(self.record)


@dataclass(frozen=True)
class Condition:
    """One row of a comparison: a run, or the runs of one experiment with different seeds. Its
    letter is that of its first run.
    """

    runs: tuple[ComparedRun, ...]

    @property
    def letter(self) -> str:
        """The letter of its first run."""
        return self.runs[0].letter

    @property
    def number(self) -> int:
        """The place of its letter, from 0."""
        return LETTERS.index(self.letter)

    @property
    def name(self) -> str:
        """The name of its first run, in one line."""
        return " ".join(self.runs[0].record.name.split())

    def setting(self, path: str) -> str | None:
        """A setting as text, of several seeds all of them; None where it has none of that path."""
        values = dict.fromkeys(run.settings.get(path) for run in self.runs)
        found = [each for each in values if each is not None]
        return ", ".join(found) if found else None


@dataclass(frozen=True)
class DifferingSetting:
    """A setting in which conditions differ: its path and its value in each; None where a condition
    has no such setting.
    """

    path: str
    values: tuple[str | None, ...]

    @property
    def short_name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]


def compared_runs(folders: Sequence[RunFolder]) -> tuple[ComparedRun, ...]:
    """The runs in `folders`, the oldest first, under letters.

    Raises RequestError for fewer than two or more than there are letters, RunNotFoundError where a
    record is missing or damaged.
    """
    different = list(dict.fromkeys(folders))
    if not 2 <= len(different) <= len(LETTERS):
        msg = (
            f"a comparison takes 2 to {len(LETTERS)} different runs, not {len(different)}; fftui"
            " runs lists all"
        )
        raise RequestError(msg)
    read = [(folder, current_record(folder)) for folder in different]
    read.sort(key=lambda each: (each[1].started, each[0].id))
    return tuple(
        _compared(letter, folder, record)
        for letter, (folder, record) in zip(LETTERS, read, strict=False)
    )


def _compared(letter: str, folder: RunFolder, record: RunRecord) -> ComparedRun:
    try:
        experiment = folder.experiment()
    except ExperimentError:
        return ComparedRun(letter, folder, record, None, {})
    texts = {each.path: each.text for each in settings(experiment, None)}
    return ComparedRun(letter, folder, record, experiment, texts)


def conditions_of(runs: Sequence[ComparedRun], *, folded: bool) -> tuple[Condition, ...]:
    """A condition for each run; `folded`: for each experiment with all its seeds. Of two runs with
    the same seed the second begins another condition.
    """
    if not folded:
        return tuple(Condition((run,)) for run in runs)
    repeats: Counter[object] = Counter()
    groups: dict[object, list[ComparedRun]] = {}
    for run in runs:
        if run.experiment is None:
            groups[run.letter] = [run]
            continue
        key = identity(run.experiment.model_copy(update={SEED: 0}))
        seed = (key, run.experiment.seed)
        groups.setdefault((key, repeats[seed]), []).append(run)
        repeats[seed] += 1
    return tuple(Condition(tuple(group)) for group in groups.values())


def differing_settings(conditions: Sequence[Condition]) -> tuple[DifferingSetting, ...]:
    """The settings in which conditions differ, in the order of an experiment; those of a run whose
    experiment cannot be read differ from all others.
    """
    paths = dict.fromkeys(
        path for condition in conditions for run in condition.runs for path in run.settings
    )
    found = (
        DifferingSetting(path, tuple(each.setting(path) for each in conditions)) for path in paths
    )
    return tuple(each for each in found if len(set(each.values)) > 1)


def titles_of(
    conditions: Sequence[Condition], differing: Sequence[DifferingSetting]
) -> tuple[str, ...]:
    """The conditions' names; where several have the same, with the first settings that differ."""
    count = Counter(each.name for each in conditions)
    return tuple(
        each.name
        if count[each.name] == 1
        else " ".join((each.name, *_first_settings(number, conditions, differing)))
        for number, each in enumerate(conditions)
    )


def _first_settings(
    number: int, conditions: Sequence[Condition], differing: Sequence[DifferingSetting]
) -> list[str]:
    """The first settings in which a condition differs from others of its name: `units=500`."""
    name = conditions[number].name
    same = [other for other, each in enumerate(conditions) if each.name == name]
    own = [each for each in differing if len({each.values[other] for other in same}) > 1]
    return [f"{each.short_name}={each.values[number] or '–'}" for each in own[:SETTINGS_IN_TITLE]]
