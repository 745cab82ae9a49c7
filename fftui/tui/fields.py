"""The fields of an experiment for the form: each with its path, its text, its choices and its
description.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from fftui.experiment import FIRST_LAYERS, Experiment
from fftui.presets import configs_at, field_errors, known_names, parse_value, set_value

FILLED_IN = ("data.own",)  # follows from another field: facts of one's own data set
COUNT = "count"  # the last name in the path of a list's length
NOTHING = "null"
ON, OFF = "on", "off"
TAGS = {
    "rule": "how this phase learns; another rule brings its own fields",
    "kind": "the kind of this layer; another kind brings its own fields",
}

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
        return CheckResult(None, field_errors(error))


def fields_of(values: Mapping[str, Any]) -> list[Field]:
    """Every field of the experiment that `values` describe, valid or not, in the order of
    `Experiment`.
    """
    return list(_walk([Experiment], values, ""))


def changed(values: Mapping[str, Any], field: Field, text: str) -> dict[str, Any]:
    """`values` with `text` at `field`.

    A list that is made longer repeats its last entry; another rule or kind brings its own fields,
    and the head or label encoding that it requires.
    """
    new: dict[str, Any] = copy.deepcopy(dict(values))
    match field.role:
        case "count":
            _resize(new, field.section, text)
        case "tag":
            set_value(new, field.section, _defaults_with(field.section, {field.name: text}))
            _repair_model(new, text)
        case "switch":
            set_value(new, field.path, _defaults_with(field.path, {}) if text == ON else None)
        case _:
            set_value(new, field.path, _value(field, text))
    return new


def still_applies(values: Mapping[str, Any], path: str, text: str) -> bool:
    """Whether an earlier edit, `text` at `path`, is in effect in `values`: a later edit may have
    corrected it.
    """
    field = next((f for f in fields_of(values) if f.path == path), None)
    if field is None:
        return False
    return field.text == text or (
        field.role in ("value", "text") and changed(values, field, text) == values
    )


def as_text(value: object) -> str:
    """`value` as it is typed into the form."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _value(field: Field, text: str) -> object:
    if field.role == "text":
        return text
    if field.choices and text not in ("true", "false", NOTHING):
        return text
    return parse_value(text.strip() or NOTHING)


def _walk(
    models: Sequence[type[BaseModel]], values: Mapping[str, Any], path: str
) -> Iterator[Field]:
    model = _matching_model(models, values)
    configs = {
        name: configs_at([*path.split("."), name] if path else [name])
        for name in model.model_fields
        if (f"{path}.{name}") not in FILLED_IN
    }
    # values before sections
    for name in sorted(configs, key=lambda name: bool(configs[name])):
        info = model.model_fields[name]
        here = f"{path}.{name}" if path else name
        value = values.get(name, info.get_default(call_default_factory=True))
        within, nullable = configs[name], type(None) in get_args(info.annotation)
        if within and isinstance(value, list | tuple):
            yield Field(
                f"{here}.{COUNT}",
                str(len(value)),
                description=_about(info) or f"how many {name}",
                role="count",
            )
            for index, entry in enumerate(value):
                if isinstance(entry, Mapping):
                    yield from _walk(within, entry, f"{here}.{index}")
        elif within and (nullable or isinstance(value, Mapping)):
            there = isinstance(value, Mapping)
            if nullable:
                yield Field(here, ON if there else OFF, (OFF, ON), _about(info), role="switch")
            if there:
                yield from _walk(within, value, here)
        elif name in TAGS and len(models) > 1:
            tags = tuple(str(_tag_of(each, name)) for each in models)
            yield Field(here, as_text(value), tags, TAGS[name], role="tag")
        else:
            yield _leaf(here, info, value)


def _leaf(path: str, info: FieldInfo, value: object) -> Field:
    return Field(
        path,
        as_text(value),
        choices=known_names() if path == "data.name" else _choices(info.annotation),
        description=_about(info),
        nullable=type(None) in get_args(info.annotation),
        role="text" if info.annotation is str else "value",
    )


def _about(info: FieldInfo) -> str:
    """The description of a field, and its bounds."""
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    bounds = [
        f"{sign} {getattr(rule, key)}"
        for rule in info.metadata
        for key, sign in signs.items()
        if hasattr(rule, key)
    ]
    return "; ".join(text for text in (info.description or "", ", ".join(bounds)) if text)


def _choices(annotation: Any) -> tuple[str, ...]:
    if annotation is bool:
        return ("true", "false")
    if get_origin(annotation) is Literal:
        return tuple(as_text(value) for value in get_args(annotation))
    return ()


def _matching_model(
    models: Sequence[type[BaseModel]], values: Mapping[str, Any]
) -> type[BaseModel]:
    """The model with the tag in `values`; the first where none has it."""
    for model in models:
        for tag in TAGS:
            if tag in model.model_fields and _tag_of(model, tag) == values.get(tag):
                return model
    return models[0]


def _tag_of(model: type[BaseModel], tag: str) -> str | None:
    info = model.model_fields.get(tag)
    return None if info is None or info.default is None else str(info.default)


def _defaults_with(section: str, kept: dict[str, Any]) -> dict[str, Any]:
    """The defaults of the model at `section` with the tag in `kept`, updated with `kept`."""
    models = configs_at(section.split("."))
    if not models:
        return kept
    values: dict[str, Any] = {
        name: info.get_default(call_default_factory=True)
        for name, info in _matching_model(models, kept).model_fields.items()
    }
    return {**values, **kept}


def _repair_model(values: dict[str, Any], tag: str) -> None:
    """Give the model the head or label encoding that the rule or kind `tag`, just
    chosen, requires.
    """
    model = values.get("model")
    if not isinstance(model, dict):
        return
    layers = model.get("layers")
    first = (
        layers[0].get("kind", "fully-connected") if layers and isinstance(layers[0], dict) else None
    )
    label = model.get("label")
    encoding = label.get("encoding", "overlay") if isinstance(label, dict) else "overlay"
    if tag == "backprop" and model.get("head") is None:
        set_value(values, "model.head", _defaults_with("model.head", {}))
    if tag == "local-ce":
        set_value(values, "model.label.encoding", "none")
    elif (tag == "forward-forward" and encoding == "none") or FIRST_LAYERS.get(
        encoding, first
    ) != first:
        set_value(values, "model.label.encoding", "overlay")  # possible with every kind of layer


def _resize(values: dict[str, Any], path: str, text: str) -> None:
    target: Any = values
    for name in path.split("."):
        target = target[int(name)] if isinstance(target, list) else target[name]
    if text.isdigit() and 1 <= int(text) <= 64:
        wanted = int(text)
        target[wanted:] = []
        target.extend(copy.deepcopy(target[-1]) for _ in range(wanted - len(target)))
