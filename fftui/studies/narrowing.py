"""A study made smaller before it runs: other sets, seeds and scale, and only some of its
conditions.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fftui.data.catalogue import DataName
from fftui.data.own_sets import known_names
from fftui.errors import RequestError
from fftui.studies.study import Scale, Study
from fftui.studies.study_catalogue import StudyInfo, present_sets


@dataclass(frozen=True)
class Narrowing:
    """What of a study is wanted: scale, seeds, data sets (empty: its own), and the conditions that
    are left out, by their text.
    """

    scale: Scale
    seeds: int
    sets: tuple[DataName, ...] = ()
    left_out: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SetHere:
    """A data set that a study may use, and whether it is on this machine."""

    name: DataName
    present: bool


def sets_for(info: StudyInfo, scale: Scale, data_folder: Path | None) -> tuple[SetHere, ...]:
    """The study's own sets at `scale` first, then the others that are on this machine."""
    present, own = present_sets(data_folder), info.sets_at(scale)
    others = [name for name in known_names(data_folder) if name in present and name not in own]
    return tuple(SetHere(name, name in present) for name in (*own, *others))


def without(study: Study, left_out: Collection[str]) -> Study:
    """The study without the conditions of these texts."""
    kept = (trial for trial in study.trials if trial.condition.text not in left_out)
    return replace(study, trials=tuple(kept))


def only(study: Study, texts: Sequence[str]) -> Study:
    """The study's conditions whose text contains one of `texts`, in any case; all for none. Raises
    RequestError where none does.
    """
    wanted = [text.lower() for text in texts]
    conditions = [each.text for each in study.conditions]
    left_out = {
        each for each in conditions if wanted and not any(text in each.lower() for text in wanted)
    }
    if wanted and len(left_out) == len(set(conditions)):
        shown = "; ".join(dict.fromkeys(conditions))
        msg = f"no condition of study {study.name} contains {' or '.join(texts)}; it has: {shown}"
        raise RequestError(msg)
    return without(study, left_out)
