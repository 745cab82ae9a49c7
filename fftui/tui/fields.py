"""The fields of an experiment as the form shows them: a path, a text, what may stand there, and what it means."""

import copy
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from fftui.experiment import Experiment
from fftui.presets import field_errors, parse_value, set_value

COUNT = "count"  # the path of a list's length ends in it
NOTHING = "null"


@dataclass(frozen=True)
class Field:
    """One value of an experiment. `choices` is empty where any text may be tried; `is_text` takes it literally."""

    path: str
    text: str
    choices: tuple[str, ...] = ()
    description: str = ""
    nullable: bool = False
    is_text: bool = False

    @property
    def section(self) -> str:
        """The part it belongs to: its path without the last name."""
        return self.path.rpartition(".")[0]

    @property
    def name(self) -> str:
        """The last name of its path."""
        return self.path.rpartition(".")[2]


@dataclass(frozen=True)
class Checked:
    """An experiment if the values make one, and otherwise what is wrong, by path (empty: as a whole)."""

    experiment: Experiment | None
    errors: dict[str, str]


def values_of(experiment: Experiment) -> dict[str, Any]:
    """The plain values of `experiment`, every default included."""
    values: dict[str, Any] = experiment.model_dump(mode="json")
    return values


def check(values: Mapping[str, Any]) -> Checked:
    """What `values` make."""
    try:
        return Checked(Experiment.model_validate(values), {})
    except ValidationError as error:
        return Checked(None, field_errors(error))


def fields_of(values: Mapping[str, Any]) -> list[Field]:
    """Every field of the experiment that `values` describe, valid or not, in the order of `Experiment`."""
    return list(_walk(Experiment, values, ""))


def changed(values: Mapping[str, Any], field: Field, text: str) -> dict[str, Any]:
    """`values` with `text` at `field`.

    A list that is made longer repeats its last entry; another rule or kind brings that one's own fields.
    """
    new: dict[str, Any] = copy.deepcopy(dict(values))
    if field.name == COUNT:
        _resize(new, field.section, text)
        return new
    value = text if field.is_text or field.choices else parse_value(text.strip() or NOTHING)
    if field.choices and not field.is_text and text in ("true", "false", NOTHING):
        value = parse_value(text)
    if field.name in ("rule", "kind"):
        kept = {field.name: value}
        if field.section.startswith("phases.") and value == "backprop":
            set_value(new, "model.head", True)  # the form would refuse the phase without it
        set_value(new, field.section, _filled(field.section, kept))
    else:
        set_value(new, field.path, value)
    return new


def written(value: object) -> str:
    """`value` as it is typed into the form."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _walk(model: type[BaseModel], values: Mapping[str, Any], path: str) -> Iterator[Field]:
    parts = {name: _models(info.annotation) for name, info in model.model_fields.items()}
    for name, info in sorted(model.model_fields.items(), key=lambda item: bool(parts[item[0]])):  # values before parts
        here = f"{path}.{name}" if path else name
        value = values.get(name, info.get_default(call_default_factory=True))
        models = parts[name]
        if models and isinstance(value, list | tuple):
            yield Field(f"{here}.{COUNT}", str(len(value)), description=_about(info) or f"how many {name}")
            for index, entry in enumerate(value):
                if isinstance(entry, Mapping):
                    yield from _walk(_fitting(models, entry), entry, f"{here}.{index}")
        elif models and isinstance(value, Mapping):
            yield from _walk(_fitting(models, value), value, here)
        else:
            yield _leaf(here, info, value, models_of_parent=model)


def _leaf(path: str, info: FieldInfo, value: object, models_of_parent: type[BaseModel]) -> Field:
    tag = path.rpartition(".")[2]
    choices = _choices(info.annotation)
    if tag in ("rule", "kind"):
        siblings = [m for field in Experiment.model_fields.values() for m in _models(field.annotation)]
        tags = [_tag_of(m, tag) for m in siblings]
        own = _tag_of(models_of_parent, tag)
        choices = tuple(t for t in tags if t) if own in tags else choices
    nullable = type(None) in get_args(info.annotation)
    return Field(
        path,
        written(value),
        choices=choices,
        description=_about(info),
        nullable=nullable,
        is_text=info.annotation is str,
    )


def _about(info: FieldInfo) -> str:
    """The description of a field and the bounds that stand on it."""
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    bounds = [
        f"{sign} {getattr(rule, key)}" for rule in info.metadata for key, sign in signs.items() if hasattr(rule, key)
    ]
    return "; ".join(text for text in (info.description or "", ", ".join(bounds)) if text)


def _choices(annotation: Any) -> tuple[str, ...]:
    if annotation is bool:
        return ("true", "false")
    if get_origin(annotation) is Literal:
        return tuple(written(value) for value in get_args(annotation))
    return ()


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The parts an annotation may hold, through unions, tuples and annotations."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (Annotated, Union, types.UnionType, tuple):
        return [model for inner in get_args(annotation) for model in _models(inner)]
    return []


def _fitting(models: list[type[BaseModel]], values: Mapping[str, Any]) -> type[BaseModel]:
    """The part whose tag the values carry; the first where none does."""
    for model in models:
        for tag in ("rule", "kind"):
            if tag in model.model_fields and _tag_of(model, tag) == values.get(tag):
                return model
    return models[0]


def _tag_of(model: type[BaseModel], tag: str) -> str | None:
    info = model.model_fields.get(tag)
    return None if info is None or info.default is None else str(info.default)


def _filled(section: str, kept: dict[str, Any]) -> dict[str, Any]:
    """The defaults of the part that `kept` names by its tag."""
    top = section.split(".", maxsplit=1)[0]
    models = _models(Experiment.model_fields[top].annotation) if top in Experiment.model_fields else []
    if not models:
        return kept
    model = _fitting(models, kept)
    values: dict[str, Any] = {
        name: info.get_default(call_default_factory=True) for name, info in model.model_fields.items()
    }
    return {**values, **kept}


def _resize(values: dict[str, Any], path: str, text: str) -> None:
    place: Any = values
    for part in path.split("."):
        place = place[int(part)] if isinstance(place, list) else place[part]
    if text.isdigit() and 1 <= int(text) <= 64:
        wanted = int(text)
        place[wanted:] = []
        place.extend(copy.deepcopy(place[-1]) for _ in range(wanted - len(place)))
