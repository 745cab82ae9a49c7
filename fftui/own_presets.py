"""One's own presets: an experiment saved under a name, as a file beside which those that come with
fftui stay as they are.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from fftui.data.catalogue import SETS
from fftui.data.own_sets import known_names
from fftui.errors import ExperimentError, RequestError
from fftui.experiment import Experiment
from fftui.experiment.values import get_value, leaves
from fftui.presets import Preset, load_preset, own_presets_folder, presets_folder, read_preset
from fftui.runs.files import write_bytes

NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,58}[a-z0-9])?")
NOT_SET = object()


def preset_path(name: str) -> Path:
    """The file of one's own preset `name`, whether it is there or not.

    Raises RequestError for what cannot be the name of a preset, or is that of fftui's own.
    """
    if not NAME.fullmatch(name):
        msg = (
            f"{name!r} is no name for a preset: take small letters, digits, hyphens, 60 at most,"
            " such as ff-wide"
        )
        raise RequestError(msg)
    if (presets_folder() / f"{name}.toml").exists():
        msg = f"{name} comes with fftui: choose another name, such as my-{name}"
        raise RequestError(msg)
    return own_presets_folder() / f"{name}.toml"


def save_preset(name: str, experiment: Experiment, base: str | None = None) -> Path:
    """Write `experiment` as one's own preset `name`, in place of an earlier one; returns its file.

    `base` is the preset that it was made from: on other data sets the values that were not changed
    follow it. Raises RequestError.
    """
    path = preset_path(name)
    origin = _origin(base)
    content = "\n".join(
        [
            f"# {'an experiment' if origin is None else origin.name} on {experiment.data.name},"
            " saved from fftui",
            tomli_w.dumps(_preset_values(experiment, origin)),
        ]
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, content.encode())
    except OSError as error:
        msg = f"{path} cannot be written ({error.strerror}): name another folder with FFTUI_PRESETS"
        raise RequestError(msg) from error
    return path


def delete_preset(name: str) -> Path:
    """Delete one's own preset `name`; returns the file that it was in. Raises RequestError."""
    path = read_preset(name).path if "/" in name else preset_path(name)
    if own_presets_folder() not in path.parents:
        msg = f"{name} comes with fftui and stays"
        raise RequestError(msg)
    try:
        path.unlink()
    except FileNotFoundError:
        msg = f"no preset of your own is called {name!r} in {own_presets_folder()}"
        raise RequestError(msg) from None
    except OSError as error:
        msg = f"{path} cannot be deleted: {error.strerror}"
        raise RequestError(msg) from error
    return path


def _origin(base: str | None) -> Preset | None:
    """The preset called `base`; None where there is none, or none any more."""
    try:
        return None if base is None else read_preset(base)
    except ExperimentError:
        return None


def _preset_values(experiment: Experiment, base: Preset | None) -> dict[str, Any]:
    """The tables of a preset's file."""
    # TOML has no null: absent is the default
    values = experiment.model_dump(mode="json", exclude_none=True)
    values["data"].pop("own", None)  # filled in again from the set's record
    name, description = values.pop("name"), values.pop("description")
    if base is None or name != base.experiment["name"]:
        values = {"name": name} | values
    tables: dict[str, Any] = {"description": description, "experiment": values}
    if base is not None:
        if set(base.data_sets) < set(known_names()):
            tables = {"data_sets": list(base.data_sets)} | tables
        if on := _on_other_sets(experiment, base):
            tables["on"] = on
    return tables


def _on_other_sets(experiment: Experiment, base: Preset) -> dict[str, dict[str, object]]:
    """What differs on the published data sets: where the experiment has the value of `base`, the
    value of `base` there.
    """
    here = experiment.data.name
    try:
        before = load_preset(base.name, here).model_dump(mode="json")
    except ExperimentError:  # the preset is not meant for the set
        return {}
    mine = experiment.model_dump(mode="json")
    unchanged = {
        path: value
        for path, value in leaves(mine)
        if not path.startswith(("data.name", "data.own"))
        and _value_or_not_set(before, path) == value
    }
    found = {}
    for data in base.data_sets:
        if data != here and data in SETS:
            there = load_preset(base.name, data).model_dump(mode="json")
            values = {path: _value_or_not_set(there, path) for path in unchanged}
            found[data] = {
                path: value
                for path, value in values.items()
                if value not in (NOT_SET, None) and value != unchanged[path]
            }
    return {data: values for data, values in found.items() if values}


def _value_or_not_set(values: Mapping[str, Any], path: str) -> object:
    try:
        return get_value(values, path)
    except KeyError:
        return NOT_SET
