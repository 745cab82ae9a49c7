"""What a sweep searches, kept beside its trials: `runs/.sweeps/NAME/sweep.json`.

.sweeps/ff-mnist-3fa9c1/sweep.json       `SweepPlan`: the experiment, the settings, how
.sweeps/ff-mnist-3fa9c1/optuna.jsonl     Optuna's own journal: trials, settings, accuracies
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fftui.errors import ExperimentError, RequestError, hint, shown
from fftui.events import FORMAT, Ordinal, newer_format
from fftui.experiment import Experiment
from fftui.experiment.values import spread
from fftui.runs.files import read_bytes, write_bytes
from fftui.runs.new_folder import slug
from fftui.runs.run_record import format_of
from fftui.studies.matching import identity
from fftui.sweeps.over import Choices, Over, parse_overs

SWEEPS = ".sweeps"
PLAN = "sweep.json"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
MOST_GRID = 100_000  # trials of a grid
HOW_TO_BEGIN = "begin one with: fftui sweep PRESET --over PATH=VALUES"

# settings that no sweep searches, and why
_FIXED = {
    "seed": "no sweep chooses among seeds: --seeds says at how many each trial is carried out",
    "data.validation_images": "all trials are compared by the same validation images",
    "evaluation": "all trials are measured in the same way, and none by the test images",
}

Sampler = Literal["tpe", "random", "grid"]
Pruner = Literal["median", "halving", "none"]
Metric = Literal["validation"]


class SweepPlan(BaseModel):
    """What a sweep does, but for the number of its trials: two commands with the same plan go on
    with the same sweep.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Ordinal = FORMAT  # a plan without it is of format 1
    preset: str
    experiment: Experiment
    over: tuple[str, ...]
    sampler: Sampler = "tpe"
    pruner: Pruner = "median"
    metric: Metric = "validation"
    seeds: int = Field(1, ge=1, le=1_000)
    seed: int = Field(0, ge=0, lt=2**31)  # of what the sampler draws

    @property
    def overs(self) -> tuple[Over, ...]:
        """The settings that are searched. Raises RequestError where one has another form."""
        return parse_overs(self.over)

    def experiments(self, values: Mapping[str, object]) -> tuple[Experiment, ...]:
        """The experiments of a trial, one a seed, with `values` by the paths of `overs`; the test
        images are not measured. Raises ExperimentError where the values do not fit.
        """
        first = self.experiment.changed({**values, "evaluation.test": "never"})
        seeds = range(self.experiment.seed, self.experiment.seed + self.seeds)
        return tuple(first.model_copy(update={"seed": seed}) for seed in seeds)

    @property
    def default_name(self) -> str:
        """The sweep's name where none is given: preset, data set, six digits of what it does."""
        what = self.model_dump_json(exclude={"format", "experiment"}) + identity(self.experiment)
        content = hashlib.sha256(what.encode()).hexdigest()
        return f"{self.stem}-{content[:6]}"

    @property
    def stem(self) -> str:
        """The beginning of `default_name`: preset and data set."""
        return f"{slug(self.preset)}-{self.experiment.data.name}"

    def check(self) -> None:
        """Raise RequestError where there are no images to choose by, or a setting does not take a
        value that it is to have.
        """
        overs = self.overs
        if not self.experiment.data.validation_images:
            msg = (
                f"{self.preset} keeps no images to choose by (data.validation_images = 0), and a"
                " sweep never chooses by the test images: say how many, as with --set"
                " data.validation_images=1000"
            )
            raise RequestError(msg)
        dumped = self.experiment.model_dump(mode="json")
        for over in overs:
            _check_searchable(over.path)
            if not spread(dumped, over.path):
                msg = f"--over {over.path}: no list stands there for *"
                raise RequestError(msg)
            for probe in over.domain.probes:
                self._check_value(over, probe)
        if self.sampler == "grid":
            self._check_grid()

    def _check_value(self, over: Over, value: object) -> None:
        try:
            made = self.experiments({over.path: value})
        except ExperimentError as error:
            msg = f"--over {over.path}: {shown(value)} does not fit: {error}"
            raise RequestError(msg) from None
        if made[0].data.validation_images != self.experiment.data.validation_images:
            msg = f"--over {over.path}: {_FIXED['data.validation_images']}"
            raise RequestError(msg)

    def _check_grid(self) -> None:
        points = 1
        for over in self.overs:
            if not isinstance(over.domain, Choices):
                msg = f"--over {over.path}: a grid needs its values one by one, as a|b|c"
                raise RequestError(msg)
            points *= len(over.domain.texts)
        if points > MOST_GRID:
            msg = f"the grid has {points:,} points: at most {MOST_GRID:,}"
            raise RequestError(msg)


@dataclass(frozen=True)
class SweepFolder:
    """The files of a sweep."""

    path: Path

    @property
    def name(self) -> str:
        """The sweep's name: the folder's."""
        return self.path.name

    @property
    def runs_dir(self) -> Path:
        """The folder of runs in which its trials' runs are."""
        return self.path.parent.parent

    @property
    def storage(self) -> Path:
        """Optuna's journal."""
        return self.path / "optuna.jsonl"

    def plan(self) -> SweepPlan:
        """What the sweep does. Raises RequestError where it cannot be read."""
        path = self.path / PLAN
        content = b""
        try:
            content = read_bytes(str(path))
            plan = SweepPlan.model_validate_json(content)
        except OSError as error:
            msg = f"{path} cannot be read: {error.strerror}"
            raise RequestError(msg) from error
        except ValidationError as error:
            _refuse_newer(path, format_of(content))  # whose fields may be others
            msg = f"{path} is damaged ({error.errors()[0]['msg']}): begin a sweep of another name"
            raise RequestError(msg) from error
        _refuse_newer(path, plan.format)
        return plan


def check_optuna() -> None:
    """Raise RequestError, with what to install, where Optuna is not there."""
    if find_spec("optuna") is None:
        msg = "sweeps need Optuna, which is not installed: pip install 'fftui[sweep]'"
        raise RequestError(msg)


def open_sweep(runs_dir: Path, plan: SweepPlan, name: str | None) -> SweepFolder:
    """The folder of the sweep of `plan`, made where there is none yet. Without a name it is the one
    that was begun without a name for the same, also by a version in which that had another name.

    Raises RequestError where a sweep of that name does something else, or it cannot be written.
    """
    plan.check()
    name = _checked_name(name or _name_before(runs_dir, plan) or plan.default_name)
    folder = SweepFolder(runs_dir.absolute() / SWEEPS / name)
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        if not (folder.path / PLAN).exists():
            write_bytes(folder.path / PLAN, (plan.model_dump_json(indent=2) + "\n").encode())
    except OSError as error:
        msg = f"cannot write {folder.path}: {error.strerror}"
        raise RequestError(msg) from error
    if differences := ", ".join(_differences(folder.plan(), plan)):
        msg = f"sweep {folder.name} does something else ({differences}): give another --name"
        raise RequestError(msg)
    return folder


def find_sweep(runs_dir: Path, name: str) -> SweepFolder:
    """The sweep that `name` means: its name, a unique beginning of it, or `latest`. Raises
    RequestError where there is none, or several.
    """
    sweeps = list_sweeps(runs_dir)
    names = [each.name for each in sweeps]
    if not sweeps:
        msg = f"no sweeps in {runs_dir}; {HOW_TO_BEGIN}"
        raise RequestError(msg)
    if name == "latest":
        return sweeps[0]
    found = [each for each in sweeps if each.name == name]
    found = found or [each for each in sweeps if name and each.name.startswith(name)]
    if len(found) != 1:
        what = "several sweeps begin" if found else "no sweep is called"
        listed = ", ".join(names[:10])
        msg = f"{what} {shown(name)}{hint(name, names)}; there are {listed}"
        raise RequestError(msg)
    return found[0]


def list_sweeps(runs_dir: Path) -> list[SweepFolder]:
    """The sweeps of a folder of runs, the one written last first. Raises RequestError where it
    cannot be read.
    """
    try:
        paths = [path for path in (runs_dir / SWEEPS).iterdir() if (path / PLAN).is_file()]
        dated = [(_written(SweepFolder(path.absolute())), path) for path in paths]
    except FileNotFoundError:
        return []
    except OSError as error:
        msg = f"cannot read the sweeps in {runs_dir}: {error.strerror}"
        raise RequestError(msg) from error
    return [SweepFolder(path.absolute()) for _, path in sorted(dated, reverse=True)]


def _refuse_newer(path: Path, found: int) -> None:
    if found > FORMAT:
        msg = f"{path} cannot be read: {newer_format(found)}"
        raise RequestError(msg)


def _written(folder: SweepFolder) -> float:
    path = folder.storage if folder.storage.exists() else folder.path / PLAN
    return path.stat().st_mtime


def _checked_name(name: str) -> str:
    if not NAME.fullmatch(name) or name == "latest":
        msg = f"{shown(name)} is no name of a sweep: small letters, digits and hyphens make one"
        raise RequestError(msg)
    return name


def _check_searchable(path: str) -> None:
    for fixed, why in _FIXED.items():
        if path == fixed or path.startswith(f"{fixed}."):
            msg = f"--over {path}: {why}"
            raise RequestError(msg)


def _name_before(runs_dir: Path, plan: SweepPlan) -> str | None:
    """The name of the sweep that does the same and was given none, of several the one written last;
    None where there is none.
    """
    default = re.compile(rf"{re.escape(plan.stem)}-[0-9a-f]{{6}}")
    for folder in list_sweeps(runs_dir):
        if default.fullmatch(folder.name):
            with suppress(RequestError):  # it cannot be read
                if not any(_differences(folder.plan(), plan)):
                    return folder.name
    return None


def _differences(known: SweepPlan, plan: SweepPlan) -> Iterator[str]:
    """The fields by which two sweeps differ; experiments are compared as those of runs are."""
    for name in SweepPlan.model_fields:
        if name == "experiment":
            same = identity(known.experiment) == identity(plan.experiment)
        else:
            same = name == "format" or getattr(known, name) == getattr(plan, name)
        if not same:
            yield name
