"""Presets: find them, read them, apply overrides.

A preset is a TOML file:

    description = "one line"
    source = "Author 2022, Table 1"    # optional: where the figures in [reports] are published
    data_sets = ["mnist"]              # optional: the data sets it is for; all if absent
    [reports]                          # optional: the paper's test accuracy in percent by data set
    mnist = 97.14
    [experiment]                       # an `Experiment`
    [on.cifar100]                      # optional: fields that differ on one data set, by their path
    "phases.0.threshold" = 1.0

One's own presets are files of the same form in a folder of their own (`fftui.own_presets` writes
them); their names differ from those of the presets that come with fftui.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from os import environ
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from fftui.data.own_sets import known_names
from fftui.errors import ExperimentError, hint, shown
from fftui.experiment import LAYERS, Experiment
from fftui.experiment.config import Config
from fftui.experiment.data_config import data_values
from fftui.experiment.field_errors import validated
from fftui.experiment.values import set_value
from fftui.plain_text import NotToml, parse_toml, read_text
from fftui.user_folders import user_config_folder


class _PresetFile(Config):
    """The tables of a preset's file. What is in `experiment` is checked when it is used."""

    description: str = ""
    source: str = ""
    data_sets: tuple[str, ...] = Field((), strict=False)
    reports: dict[str, float] = Field({})
    experiment: dict[str, Any] = Field({})
    on: dict[str, dict[str, Any]] = Field({})


@dataclass(frozen=True)
class Preset:
    """A named experiment. `reports` is the paper's test accuracy in percent by data set, `source`
    where it stands.
    """

    name: str
    description: str
    data_sets: tuple[str, ...]  # one's own too, unless the preset names its sets
    reports: dict[str, float]
    experiment: dict[str, Any]
    on: dict[str, dict[str, Any]]
    path: Path
    source: str = ""

    @property
    def data(self) -> str:
        """The data set that the preset uses by default."""
        return str(self.experiment.get("data", {}).get("name", "mnist-mini"))

    @property
    def is_own(self) -> bool:
        """Whether it is one's own: it did not come with fftui."""
        return presets_folder() not in self.path.parents


def presets_folder() -> Path:
    """The folder of the presets: inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parent / "_presets"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "presets"


def own_presets_folder() -> Path:
    """The folder of one's own presets: FFTUI_PRESETS, else the platform's folder for settings."""
    named = environ.get("FFTUI_PRESETS")
    return Path(named).expanduser() if named else user_config_folder() / "presets"


def list_presets() -> list[Preset]:
    """All presets: `quickstart` first, then one's own, the others, the paper's, and those of other
    papers.

    One's own that cannot be read are left out (`damaged_presets`). Raises ExperimentError where one
    that comes with fftui cannot.
    """
    read = [_read(name, path, None) for name, path in _files_that_came(presets_folder()).items()]
    own = [each for each in map(_read_own, _own_files().values()) if isinstance(each, Preset)]
    return sorted([*read, *own], key=_place_in_list)


def damaged_presets() -> list[ExperimentError]:
    """What is wrong with those of one's own presets that cannot be read."""
    read = map(_read_own, _own_files().values())
    return [each for each in read if isinstance(each, ExperimentError)]


def read_preset(name: str, data_folder: Path | None = None) -> Preset:
    """The preset called `name`; `data_folder` has one's own data sets.

    Raises ExperimentError, with the nearest name, where there is none.
    """
    files = _own_files() | _files_that_came(presets_folder())
    if name not in files:
        msg = f"no preset is called {shown(name)}{hint(name, files)}; fftui presets lists them"
        raise ExperimentError(msg)
    return _read(name, files[name], data_folder)


def _place_in_list(preset: Preset) -> tuple[bool, bool, bool, bool, str]:
    name = preset.name
    others = "/" in name and not name.startswith("paper/")
    return name != "quickstart", not preset.is_own, others, "/" in name, name


def _files_in(folder: Path) -> dict[str, Path]:
    """The files of presets in a folder, by name."""
    return {
        path.relative_to(folder).with_suffix("").as_posix(): path for path in folder.rglob("*.toml")
    }


@cache
def _files_that_came(folder: Path) -> dict[str, Path]:
    """The files of the presets that come with fftui, which stay as they are while it runs."""
    return _files_in(folder)


@cache
def _tables_that_came(path: Path) -> dict[str, Any]:
    """The tables of one of them."""
    return read_toml(path)


def _own_files() -> dict[str, Path]:
    return _files_in(own_presets_folder())


def _read_own(path: Path) -> Preset | ExperimentError:
    """One's own preset in a file, or what is wrong with it."""
    name = path.relative_to(own_presets_folder()).with_suffix("").as_posix()
    try:
        if name in _files_that_came(presets_folder()):
            msg = f"{path} has the name of a preset that comes with fftui: rename the file"
            raise ExperimentError(msg)
        return _read(name, path, None)
    except ExperimentError as error:
        return error


def _read(name: str, path: Path, data_folder: Path | None) -> Preset:
    came = presets_folder() in path.parents
    tables = copy.deepcopy(_tables_that_came(path)) if came else read_toml(path)
    file = validated(_PresetFile, tables, str(path))
    known = known_names(data_folder)
    for data in (*file.data_sets, *file.reports, *file.on):
        if data not in known:
            msg = f"{path}: no data set is called {shown(data)}{hint(data, known)}"
            raise ExperimentError(msg)
    named = file.experiment.get("data", {})
    if not isinstance(named, dict):
        msg = (
            f"{path}: experiment.data should be a table such as name = 'mnist', not {shown(named)}"
        )
        raise ExperimentError(msg)
    if not isinstance(named.get("name", ""), str):
        msg = f"{path}: experiment.data.name should be a text, not {shown(named['name'])}"
        raise ExperimentError(msg)
    return Preset(
        name=name,
        description=file.description,
        data_sets=file.data_sets or known,
        reports=file.reports,
        experiment={
            "name": name.replace("/", "-"),
            "description": file.description,
            **file.experiment,
        },
        on=file.on,
        path=path,
        source=file.source,
    )


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file. Raises ExperimentError where it cannot be read."""
    try:
        text = read_text(path)
    except IsADirectoryError:
        msg = f"{path} is a folder; a run's experiment is the file experiment.toml in it"
        raise ExperimentError(msg) from None
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise ExperimentError(msg) from None
    except ValueError as error:
        msg = f"{path} cannot be read: {error}"
        raise ExperimentError(msg) from None
    try:
        return parse_toml(text)
    except NotToml as error:
        msg = f"{path} is {error}"
        raise ExperimentError(msg) from None
    except ValueError as error:
        msg = f"{path}: {error}"
        raise ExperimentError(msg) from None


def load_preset(
    name: str,
    data: str | None = None,
    overrides: Mapping[str, object] | None = None,
    seed: int | None = None,
    *,
    data_folder: Path | str | None = None,
) -> Experiment:
    """The experiment of preset `name` on data set `data`, with `overrides` by path applied last,
    such as `{"phases.0.epochs": 5}`.

    `data_folder` has one's own data sets (see `fftui.data.own_sets.data_folder`). Raises
    ExperimentError for an unknown preset, data set, field or value, naming the nearest valid one.
    """
    changes = dict(overrides or {})
    named = changes.pop("data.name", data)
    folder = None if data_folder is None else Path(data_folder)
    values = preset_values(read_preset(name, folder), named, data_folder=folder)
    return _changed(values, changes, seed, f"preset {name}")


def preset_experiment(preset: Preset, data: str | None = None) -> Experiment:
    """The experiment of a preset that has been read on data set `data` (None: its own). Raises
    ExperimentError.
    """
    return _changed(preset_values(preset, data), {}, None, f"preset {preset.name}")


def load_config(
    path: Path,
    overrides: Mapping[str, object] | None = None,
    seed: int | None = None,
    *,
    data_folder: Path | None = None,
) -> Experiment:
    """The experiment that a TOML file describes in full, such as a run's experiment.toml, with
    `overrides` by path.

    Another data set that they name is looked up in `data_folder` if it is one's own. Raises
    ExperimentError.
    """
    values, changes = read_toml(path), dict(overrides or {})
    if "data.name" in changes:
        name = str(changes.pop("data.name"))
        values["data"] = data_values(values.get("data"), name, data_folder)
    return _changed(values, changes, seed, str(path))


def preset_values(
    preset: Preset, data: object = None, *, data_folder: Path | None = None
) -> dict[str, Any]:
    """A preset's experiment as plain values for data set `data` (None: its own); `data_folder` has
    one's own sets. Raises ExperimentError where it is unknown or the preset is not meant for it.
    """
    name, known = str(data or preset.data), known_names(data_folder)
    if name not in known:
        msg = (
            f"no data set is called {shown(name)}{hint(name, known)}; there are {', '.join(known)}"
        )
        raise ExperimentError(msg)
    if name not in preset.data_sets:
        msg = (
            f"preset {preset.name} is not meant for {name}: it takes {', '.join(preset.data_sets)}"
        )
        raise ExperimentError(msg)
    values = copy.deepcopy(preset.experiment)
    values["data"] = data_values(values.get("data"), name, data_folder)
    try:
        for path, value in preset.on.get(name, {}).items():
            set_value(values, path, value)
    except ExperimentError as error:
        msg = f"{preset.path}: on.{name}: {error}"
        raise ExperimentError(msg) from None
    if own := values["data"].get("own"):
        model = values.get("model")
        _fit_layers(model.get("layers") if isinstance(model, dict) else (), tuple(own["shape"]))
    return values


def _fit_layers(layers: object, shape: tuple[int, ...]) -> None:
    """Give layers what fits images of one's own size; a preset knows the published sizes."""
    for layer in layers if isinstance(layers, list) else ():
        try:
            described = LAYERS.validate(layer)
        except ValidationError:  # said, with its place, once the whole experiment is checked
            continue
        layer.update(described.differences(described.fitted(shape)))


def _changed(
    values: dict[str, Any], changes: Mapping[str, object], seed: int | None, source: str
) -> Experiment:
    for path, value in changes.items():
        set_value(values, path, value)
    if seed is not None:
        values["seed"] = seed
    return validated(Experiment, values, source)
