"""Presets: find them, read them, apply overrides, and explain what does not fit.

A preset is a TOML file:

    description = "one line"
    data_sets = ["mnist"]              # optional: the data sets it is for; all if absent
    [reports]                          # optional: the paper's test accuracy in percent by data set
    mnist = 97.14
    [experiment]                       # an `Experiment`
    [on.cifar100]                      # optional: fields that differ on one data set, by their path
    "phases.0.threshold" = 1.0
"""

import copy
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from fftui.data.catalogue import SETS
from fftui.data.own_sets import known_names, own_record
from fftui.errors import ExperimentError, nearest
from fftui.experiment import LAYERS, PHASES, Experiment, kinds

__all__ = [
    "KEYS",
    "Preset",
    "configs_at",
    "experiment_from",
    "field_errors",
    "known_names",
    "list_presets",
    "load_config",
    "load_preset",
    "parse_value",
    "preset_values",
    "presets_folder",
    "read_preset",
    "read_toml",
    "set_value",
]
KEYS = ("description", "data_sets", "reports", "experiment", "on")


@dataclass(frozen=True)
class Preset:
    """A named experiment. `reports` is the paper's test accuracy in percent by data set."""

    name: str
    description: str
    data_sets: tuple[str, ...]  # one's own too, unless the preset names its sets
    reports: dict[str, float]
    experiment: dict[str, Any]
    on: dict[str, dict[str, Any]]
    path: Path

    @property
    def data(self) -> str:
        """The data set that the preset uses by default."""
        return str(self.experiment.get("data", {}).get("name", "mnist-mini"))


def presets_folder() -> Path:
    """The folder of the presets: inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parent / "_presets"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "presets"


def list_presets() -> list[Preset]:
    """All presets: `quickstart` first, then the others, then the paper's. Raises ExperimentError on
    a broken file.
    """
    folder = presets_folder()
    names = [path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.toml")]
    return [
        read_preset(name) for name in sorted(names, key=lambda n: (n != "quickstart", "/" in n, n))
    ]


def read_preset(name: str, data_folder: Path | None = None) -> Preset:
    """The preset called `name`; `data_folder` has one's own data sets.

    Raises ExperimentError, with the nearest name, where there is none.
    """
    folder = presets_folder()
    path = folder / f"{name}.toml"
    if not path.is_file() or folder not in path.resolve().parents:
        known = [p.relative_to(folder).with_suffix("").as_posix() for p in folder.rglob("*.toml")]
        msg = f"no preset is called {name!r}{_nearest(name, known)}; fftui presets lists them"
        raise ExperimentError(msg)
    values = read_toml(path)
    for key in values:
        if key not in KEYS:
            msg = f"{path}: unknown key {key!r}{_nearest(key, KEYS)}"
            raise ExperimentError(msg)
    for data in (*values.get("data_sets", ()), *values.get("reports", {}), *values.get("on", {})):
        if data not in SETS:
            msg = f"{path}: no data set is called {data!r}{_nearest(data, tuple(SETS))}"
            raise ExperimentError(msg)
    return Preset(
        name=name,
        description=str(values.get("description", "")),
        data_sets=tuple(values.get("data_sets", ()) or known_names(data_folder)),
        reports={data: float(percent) for data, percent in values.get("reports", {}).items()},
        experiment={
            "name": name.replace("/", "-"),
            "description": str(values.get("description", "")),
            **values.get("experiment", {}),
        },
        on=values.get("on", {}),
        path=path,
    )


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file. Raises ExperimentError where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except IsADirectoryError:
        msg = f"{path} is a folder; a run's experiment is the file experiment.toml in it"
        raise ExperimentError(msg) from None
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise ExperimentError(msg) from None
    except UnicodeDecodeError as error:
        msg = f"{path} cannot be read: {error}"
        raise ExperimentError(msg) from None
    except tomllib.TOMLDecodeError as error:
        msg = f"{path} is not valid TOML: {error}"
        raise ExperimentError(msg) from None


def load_preset(
    name: str,
    data: str | None = None,
    overrides: Sequence[str] = (),
    seed: int | None = None,
    *,
    data_folder: Path | None = None,
) -> Experiment:
    """The experiment of preset `name` on data set `data`, with `path=value` overrides applied last.

    `data_folder` has one's own data sets (see `fftui.data.own_sets.data_folder`). Raises
    ExperimentError for an unknown preset, data set, field or value, naming the nearest valid one.
    """
    preset = read_preset(name, data_folder)
    values = preset_values(preset, data, overrides, data_folder=data_folder)
    return experiment_from(_overridden(values, overrides, seed), f"preset {name}")


def load_config(
    path: Path,
    overrides: Sequence[str] = (),
    seed: int | None = None,
    *,
    data_folder: Path | None = None,
) -> Experiment:
    """The experiment that a TOML file describes in full, such as a run's experiment.toml.

    Another data set named in `overrides` is looked up in `data_folder` if it is one's own. Raises
    ExperimentError.
    """
    values = read_toml(path)
    if data := _data_named(overrides):
        values["data"] = _with_data(values.get("data"), data, data_folder)
    return experiment_from(_overridden(values, overrides, seed), str(path))


def preset_values(
    preset: Preset,
    data: str | None = None,
    overrides: Sequence[str] = (),
    *,
    data_folder: Path | None = None,
) -> dict[str, Any]:
    """A preset's experiment as plain values for data set `data`, unless `overrides`
    name another; `data_folder` has one's own sets.
    """
    data = _data_named(overrides) or data or preset.data
    known = known_names(data_folder)
    if data not in known:
        msg = f"no data set is called {data!r}{_nearest(data, known)}; there are {', '.join(known)}"
        raise ExperimentError(msg)
    if data not in preset.data_sets:
        msg = (
            f"preset {preset.name} is not meant for {data}: it takes {', '.join(preset.data_sets)}"
        )
        raise ExperimentError(msg)
    values = copy.deepcopy(preset.experiment)
    values["data"] = _with_data(values.get("data"), data, data_folder)
    for path, value in preset.on.get(data, {}).items():
        set_value(values, path, value)
    if own := values["data"].get("own"):
        _fit_patches(values.get("model", {}).get("layers", ()), own["shape"])
    return values


def _data_named(overrides: Sequence[str]) -> str | None:
    """The data set that the last override of `data.name` names."""
    named = [
        o.partition("=")[2].strip().strip("\"'")
        for o in overrides
        if o.partition("=")[0].strip() == "data.name"
    ]
    return named[-1] if named else None


def _with_data(values: object, data: str, data_folder: Path | None) -> dict[str, Any]:
    """The values of `experiment.data` for data set `data`, with the facts of one's own set."""
    kept = {k: v for k, v in values.items() if k != "own"} if isinstance(values, Mapping) else {}
    kept["name"] = data
    if data not in SETS and data in known_names(data_folder):
        record = own_record(data, data_folder)
        kept["own"] = {
            "classes": len(record.class_names),
            "shape": list(record.shape),
            "train_images": record.train_images,
            "test_images": record.test_images,
            "mean": list(record.mean),
            "std": list(record.std),
            "hash": record.sha256,
        }
    return kept


def _fit_patches(layers: Sequence[dict[str, Any]], shape: Sequence[int]) -> None:
    """Give layers the patch nearest to the preset's that tiles images of one's own size: a preset
    has values for the published sizes only.
    """
    common = math.gcd(shape[1], shape[2])
    divisors = [size for size in range(1, common + 1) if common % size == 0]
    for layer in layers:
        if "patch" in layer:
            layer["patch"] = min(divisors, key=lambda size: abs(size - layer["patch"]))


def experiment_from(values: Mapping[str, Any], source: str) -> Experiment:
    """The experiment described by plain values from `source`, such as a file name for messages.

    Raises ExperimentError naming each field that does not fit, where it is, and the nearest valid
    name.
    """
    try:
        return Experiment.model_validate(values)
    except ValidationError as error:
        msg = f"{source}: " + "; ".join(field_errors(error).values())
        raise ExperimentError(msg) from None


def field_errors(error: ValidationError) -> dict[str, str]:
    """One line for each field that does not fit, by the field's path (empty for the experiment as a
    whole).
    """
    lines: dict[str, str] = {}
    found = error.errors()
    for detail in found:
        # A list whose entries do not fit is also "too short": only the entry is worth a line.
        if any(
            detail["loc"] == other["loc"][: len(detail["loc"])]
            for other in found
            if other is not detail
        ):
            continue
        path = _shown(detail["loc"])
        if detail["type"] == kinds.UNKNOWN_KIND and isinstance(detail["input"], Mapping):
            path = [*path, detail["ctx"]["tag"]]
        lines[".".join(map(str, path))] = _problem(path, detail)
    return lines


def _problem(path: Sequence[int | str], detail: ErrorDetails) -> str:
    """What pydantic finds wrong at `path`, in one line."""
    name, known = ".".join(map(str, path)), configs_at(path[:-1])
    match detail["type"]:
        case "extra_forbidden":
            return _unknown_key(path, known, detail["loc"])
        case kinds.UNKNOWN_KIND if isinstance(detail["input"], Mapping):
            given, tags = detail["input"].get(path[-1]), [str(_tag(model)) for model in known]
            text = f"{name}: should be one of {', '.join(tags)}"
            return text if given is None else f"{text}, not {given!r}{_nearest(str(given), tags)}"
        case kinds.UNKNOWN_KIND | "model_type":
            models = configs_at(path)
            fields = f" of {', '.join(models[0].model_fields)}" if len(models) == 1 else ""
            return f"{name}: should be a table{fields}, not {detail['input']!r}"
    reason = detail["msg"].removeprefix("Value error, ")
    text = f"{name}: {reason[:1].lower()}{reason[1:]}" if name else reason
    if detail["type"] not in ("value_error", "missing") and not isinstance(
        detail["input"], dict | list
    ):
        text += f", not {detail['input']!r}"
    return text


def _unknown_key(
    path: Sequence[int | str], known: Sequence[type[BaseModel]], location: Sequence[int | str]
) -> str:
    """The message for an unknown key; pydantic's `location` includes the kind of a layer and the
    rule of a phase.

    Names the other kinds that have the key, or else the nearest key of this one.
    """
    key, table = str(path[-1]), ".".join(map(str, path[:-1])) or "the experiment"
    own = [model for model in known if _tag(model) in location] or known
    others = [str(_tag(model)) for model in known if model not in own and key in model.model_fields]
    if others:
        return f"unknown key {key!r} in {table}; {', '.join(others)} has it"
    return (
        "unknown key"
        f" {key!r}{_nearest(key, [name for model in own for name in model.model_fields])} in"
        f" {table}"
    )


def configs_at(path: Sequence[int | str]) -> list[type[BaseModel]]:
    """The tables allowed at `path` in an experiment: several where a tag such as `kind` selects
    one.
    """
    models: list[type[BaseModel]] = [Experiment]
    for part in path:
        if isinstance(part, str) and not part.isdigit():
            inner = [
                found
                for model in models
                if part in model.model_fields
                for found in _models_in(model.model_fields[part].annotation)
            ]
            models = list(dict.fromkeys(inner))  # every phase has the same table of its optimiser
    return models


def set_value(values: dict[str, Any], path: str, value: object) -> None:
    """Set the value at `path`, such as `phases.0.threshold`. Raises ExperimentError where the path
    does not exist.
    """
    *parents, last = path.split(".")
    node: Any = values
    for depth, part in enumerate(parents):
        if isinstance(node, list):
            node = node[_list_index(node, part, path)]
        elif isinstance(node, dict):
            if node.get(part) is None:  # a table that does not exist yet
                node[part] = {}
            node = node[part]
        else:
            msg = f"{path}: {'.'.join(parents[:depth])} is a value, not a table"
            raise ExperimentError(msg)
    if isinstance(node, list):
        node[_list_index(node, last, path)] = value
    elif isinstance(node, dict):
        node[last] = value
    else:
        msg = f"{path}: {'.'.join(parents)} is a value, not a table"
        raise ExperimentError(msg)


def parse_value(text: str) -> object:
    """The TOML value of `text`; text that is not TOML (`mnist`) is itself the value, and `null` is
    None.
    """
    if text == "null":
        return None
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _overridden(
    values: dict[str, Any], overrides: Sequence[str], seed: int | None
) -> dict[str, Any]:
    for override in overrides:
        path, equals, text = override.partition("=")
        if not equals or not path.strip():
            msg = f"--set {override!r}: write it as path=value, such as phases.0.learning_rate=0.01"
            raise ExperimentError(msg)
        set_value(values, path.strip(), parse_value(text.strip()))
    if seed is not None:
        values["seed"] = seed
    return values


def _list_index(node: list[Any], part: str, path: str) -> int:
    if not (part.isascii() and part.isdigit()) or int(part) >= len(node):
        known = "0 is the only one" if len(node) == 1 else f"they count from 0 to {len(node) - 1}"
        msg = f"{path}: there is no {part!r} in this list: {known}"
        raise ExperimentError(msg)
    return int(part)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return list(descriptions(annotation))
    if (
        get_origin(annotation) is None
        and not isinstance(annotation, UnionType)
        and annotation is not Union
    ):
        return []
    return [model for inner in get_args(annotation) for model in _models_in(inner)]


def descriptions(model: type[BaseModel]) -> tuple[type[BaseModel], ...]:
    """The tables that a field of type `model` may hold: for a base the registered ones."""
    registry = next((each for each in (LAYERS, PHASES) if each.base is model), None)
    return registry.classes if registry else (model,)


def _tag(model: type[BaseModel]) -> object:
    """The tag that selects a table: a phase's rule, a layer's kind."""
    field = model.model_fields.get("rule") or model.model_fields.get("kind")
    return field.default if field else None


def _shown(location: Sequence[int | str]) -> list[int | str]:
    """Pydantic's location without the tags that it adds after the index of an entry."""
    tags = {*LAYERS.names, *PHASES.names}
    return [
        part
        for i, part in enumerate(location)
        if not (i and isinstance(location[i - 1], int) and part in tags)
    ]


def _nearest(name: str, known: Sequence[str]) -> str:
    near = nearest(name, known)
    return f"; did you mean {near!r}?" if near else ""
