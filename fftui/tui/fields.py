"""The fields of an experiment for the form: each with its path, its text, its choices and its
description.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from fftui.errors import ExperimentError
from fftui.experiment import Experiment
from fftui.experiment.choices import FilledIn, OneOfNames
from fftui.experiment.field_errors import configs_at, field_errors

COUNT = "count"  # the last name in the path of a list's length
NOTHING = "null"
ON, OFF = "on", "off"
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")  # a key of TOML without quotes
TAGS = {
    "rule": "how this phase learns; another rule brings its own fields",
    "kind": "the kind of this layer; another kind brings its own fields",
}
UNITS = {"_s": "seconds", "_bytes": "bytes", "hz": "samples a second"}
TYPE_NAMES = {int: "a whole number", float: "a number", str: "text"}

Role = Literal["value", "text", "count", "tag", "switch"]


@dataclass(frozen=True)
class Field:
    """One value of an experiment, with its text in the form; `choices` is empty where any text may
    be typed.

    Its `role` says what a change does: a `value` is read as TOML, a `text` taken literally; a
    `count` makes a list longer or shorter, a `tag` replaces its section by one of another kind, a
    `switch` turns an optional section on or off.
    """

    path: str
    text: str
    choices: tuple[str, ...] = ()
    description: str = ""
    nullable: bool = False
    role: Role = "value"
    bounds: str = ""  # such as "≥ 1, ≤ 64"
    type_name: str = ""  # what may be typed, such as "a whole number"
    default: str | None = None  # None where there is none

    @property
    def unit(self) -> str:
        """The unit that its name ends with; empty where the description has it."""
        return next((unit for end, unit in UNITS.items() if self.name.endswith(end)), "")

    @property
    def section(self) -> str:
        """The path of its section: its path without the last name, or all of it for a switch."""
        return self.path if self.role == "switch" else self.path.rpartition(".")[0]

    @property
    def name(self) -> str:
        """The last name of its path."""
        return self.path.rpartition(".")[2]


@dataclass(frozen=True)
class CheckResult:
    """The experiment that values make, or None and the errors by path (empty: of the experiment as
    a whole).
    """

    experiment: Experiment | None
    errors: dict[str, str]


def values_of(experiment: Experiment) -> dict[str, Any]:
    """The plain values of `experiment`, every default included."""
    values: dict[str, Any] = experiment.model_dump(mode="json")
    return values


def check(values: Mapping[str, Any]) -> CheckResult:
    """Validate `values` as an experiment."""
    try:
        return CheckResult(Experiment.model_validate(values), {})
    except ValidationError as error:
        return CheckResult(None, field_errors(Experiment, error))
    except ExperimentError as error:  # a kind that is unknown, and a plugin that cannot be loaded
        return CheckResult(None, {"": str(error)})


def fields_of(values: Mapping[str, Any]) -> list[Field]:
    """Every field of the experiment that `values` describe, valid or not, in the order of
    `Experiment`.
    """
    return list(_walk([Experiment], values, ""))


def as_text(value: object) -> str:
    """`value` as it is typed into the form: as in TOML, but text of its own without quotes."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_within_brackets, value))}]"
    if isinstance(value, Mapping):
        entries = (f"{_key(name)} = {_within_brackets(each)}" for name, each in value.items())
        return f"{{ {', '.join(entries)} }}" if value else "{}"
    return str(value)


def _within_brackets(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else as_text(value)


def _key(name: object) -> str:
    """A key of an inline table, in quotes where TOML needs them."""
    text = str(name)
    return text if BARE_KEY.fullmatch(text) else json.dumps(text, ensure_ascii=False)


@dataclass(frozen=True)
class _Slot:
    """A field of a description, with its value and the descriptions that may stand within it."""

    path: str
    info: FieldInfo
    value: object
    within: Sequence[type[BaseModel]]

    @property
    def nullable(self) -> bool:
        """Whether it may be null."""
        return type(None) in get_args(self.info.annotation)


def _walk(
    models: Sequence[type[BaseModel]], values: Mapping[str, Any], path: str
) -> Iterator[Field]:
    """The fields of the one of `models` that `values` are of: values first, then sections."""
    model = matching_model(models, values)
    slots = [
        _slot(f"{path}.{name}" if path else name, info, values.get(name, _default(info)))
        for name, info in model.model_fields.items()
        if not any(isinstance(rule, FilledIn) for rule in info.metadata)
    ]
    for slot in sorted(slots, key=lambda each: bool(each.within)):
        if slot.within and isinstance(slot.value, list | tuple):
            yield from _list_fields(slot, slot.value)
        elif slot.within and (slot.nullable or isinstance(slot.value, Mapping)):
            yield from _section_fields(slot)
        else:
            yield _leaf(slot, _tags_at(slot.path, models))


def _slot(path: str, info: FieldInfo, value: object) -> _Slot:
    return _Slot(path, info, value, configs_at(Experiment, path.split(".")))


def _default(info: FieldInfo) -> object:
    """The default of a field as a plain value; None where it has none."""
    value = None if info.is_required() else info.get_default(call_default_factory=True)
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def _list_fields(slot: _Slot, entries: Sequence[object]) -> Iterator[Field]:
    """The length of a list, and the fields of its entries."""
    about = slot.info.description or f"how many {slot.path.rpartition('.')[2]}"
    yield Field(f"{slot.path}.{COUNT}", str(len(entries)), description=about, role="count")
    for index, entry in enumerate(entries):
        if isinstance(entry, Mapping):
            yield from _walk(slot.within, entry, f"{slot.path}.{index}")


def _section_fields(slot: _Slot) -> Iterator[Field]:
    """The switch of a section that may be absent, and its fields where it is there."""
    there = isinstance(slot.value, Mapping)
    if slot.nullable:
        state = ON if there else OFF
        yield Field(slot.path, state, (OFF, ON), slot.info.description or "", role="switch")
    if isinstance(slot.value, Mapping):
        yield from _walk(slot.within, slot.value, slot.path)


def _tags_at(path: str, models: Sequence[type[BaseModel]]) -> tuple[str, ...]:
    """The tags that select one of `models`, where `path` is that of their tag."""
    name = path.rpartition(".")[2]
    if name not in TAGS or len(models) < 2:
        return ()
    return tuple(str(_tag_of(each, name)) for each in models)


def _leaf(slot: _Slot, tags: tuple[str, ...]) -> Field:
    text = as_text(slot.value)
    if tags:
        return Field(slot.path, text, tags, TAGS[slot.path.rpartition(".")[2]], role="tag")
    info, choices = slot.info, _choices(slot.info)
    is_text = info.annotation in (str, str | None) and not choices
    return Field(
        slot.path,
        text,
        choices,
        info.description or "",
        slot.nullable,
        "text" if is_text else "value",
        _bounds(info),
        _type_name(info),
        None if info.is_required() else as_text(_default(info)),
    )


def _bounds(info: FieldInfo) -> str:
    """The limits of a number."""
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    return ", ".join(
        f"{sign} {getattr(rule, key)}"
        for rule in info.metadata
        for key, sign in signs.items()
        if hasattr(rule, key)
    )


def _type_name(info: FieldInfo) -> str:
    """What may be typed, where it is one type; null is said apart."""
    inside = [each for each in get_args(info.annotation) if each is not type(None)]
    types = inside if info.annotation not in TYPE_NAMES else [info.annotation]
    return TYPE_NAMES.get(types[0], "") if len(types) == 1 else ""


def _choices(info: FieldInfo) -> tuple[str, ...]:
    named = next((rule for rule in info.metadata if isinstance(rule, OneOfNames)), None)
    if named is not None:
        return named.names
    annotation = info.annotation
    if annotation is bool:
        return ("true", "false")
    if get_origin(annotation) is Literal:
        return tuple(as_text(value) for value in get_args(annotation))
    return ()


def matching_model(models: Sequence[type[BaseModel]], values: Mapping[str, Any]) -> type[BaseModel]:
    """The model with the tag in `values`; the first where none has it."""
    for model in models:
        for tag in TAGS:
            if tag in model.model_fields and _tag_of(model, tag) == values.get(tag):
                return model
    return models[0]


def _tag_of(model: type[BaseModel], tag: str) -> str | None:
    info = model.model_fields.get(tag)
    return None if info is None or info.default is None else str(info.default)
