"""What does not fit in an experiment, one line a field, with the nearest valid name."""

from collections.abc import Iterator, Mapping, Sequence
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from fftui.errors import ExperimentError, hint, shown
from fftui.experiment import kinds
from fftui.experiment.config import Config
from fftui.experiment.layer_configs import LAYERS
from fftui.experiment.phase_configs import PHASES
from fftui.plain_text import immoderate

C = TypeVar("C", bound=Config)
MOST_NAMED = 5  # fields that do not fit; of more only the number is said


def validated(root: type[C], values: Mapping[str, Any], source: str) -> C:
    """The `root` that plain values from `source`, such as a file's name, describe.

    Raises ExperimentError naming each field that does not fit, where it is, and the nearest valid
    name.
    """
    if problem := immoderate(values):
        msg = f"{source}: {problem}"
        raise ExperimentError(msg)
    try:
        return root.model_validate(values)
    except ValidationError as error:
        lines = list(field_errors(root, error).values())
        more = [f"and {len(lines) - MOST_NAMED} more"] if len(lines) > MOST_NAMED else []
        msg = f"{source}: " + "; ".join([*lines[:MOST_NAMED], *more])
        raise ExperimentError(msg) from None


def field_errors(root: type[BaseModel], error: ValidationError) -> dict[str, str]:
    """One line for each field that does not fit, by the field's path (empty for all of `root`)."""
    lines: dict[str, str] = {}
    found = error.errors(include_url=False)
    above = {detail["loc"][:end] for detail in found for end in range(len(detail["loc"]))}
    for detail in found:
        # A list whose entries do not fit is also "too short": only the entry is worth a line.
        if detail["loc"] in above:
            continue
        path = _shown(detail["loc"])
        if detail["type"] == kinds.UNKNOWN_KIND and isinstance(detail["input"], Mapping):
            path = [*path, detail["ctx"]["tag"]]
        lines[".".join(map(str, path))] = _problem(root, path, detail)
    return lines


def configs_at(root: type[BaseModel], path: Sequence[int | str]) -> list[type[BaseModel]]:
    """The tables allowed at `path` in a `root`, such as an experiment: several where a tag such as
    `kind` selects one.
    """
    models = [root]
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


def _problem(root: type[BaseModel], path: Sequence[int | str], detail: ErrorDetails) -> str:
    """What pydantic finds wrong at `path`, in one line."""
    name, known = ".".join(map(str, path)), configs_at(root, path[:-1])
    match detail["type"]:
        case "extra_forbidden":
            return _unknown_key(path, known, detail["loc"])
        case kinds.UNKNOWN_KIND if isinstance(detail["input"], Mapping):
            given, tags = detail["input"].get(path[-1]), [str(_tag(model)) for model in known]
            text = f"{name}: should be one of {', '.join(tags)}"
            return text if given is None else f"{text}, not {shown(given)}{_near(given, tags)}"
        case kinds.UNKNOWN_KIND | "model_type" | "dict_type":
            models = configs_at(root, path)
            fields = f" of {', '.join(models[0].model_fields)}" if len(models) == 1 else ""
            return f"{name}: should be a table{fields}, not {shown(detail['input'])}"
    reason = detail["msg"].removeprefix("Value error, ")
    text = f"{name}: {reason[:1].lower()}{reason[1:]}" if name else reason
    if detail["type"] not in ("value_error", "missing") and not isinstance(
        detail["input"], dict | list
    ):
        text += f", not {shown(detail['input'])}"
    return text


def _near(given: object, names: Sequence[str]) -> str:
    """A hint at the name that was meant; none where what was given is no name."""
    return hint(given, names) if isinstance(given, str) else ""


def _unknown_key(
    path: Sequence[int | str], known: Sequence[type[BaseModel]], location: Sequence[int | str]
) -> str:
    """The message for an unknown key; pydantic's `location` includes the kind of a layer and the
    rule of a phase.

    Names the other kinds that have the key, the tables within this one that have it, or else the
    nearest key of this one, or all.
    """
    key, table = str(path[-1]), ".".join(map(str, path[:-1])) or "the experiment"
    own = [model for model in known if _tag(model) in location] or known
    others = [str(_tag(model)) for model in known if model not in own and key in model.model_fields]
    names = list(dict.fromkeys(name for model in own for name in model.model_fields))
    inside = list(dict.fromkeys(each for model in own for each in _paths_to(key, model)))
    if others:
        more = f"; {', '.join(others)} has it"
    elif inside:
        more = f"; did you mean {' or '.join(inside[:MOST_NAMED])}?"
    else:
        more = hint(key, names) or f"; there are {', '.join(names)}"
    return f"unknown key {shown(key)} in {table}{more}"


def _paths_to(key: str, model: type[BaseModel], deepest: int = 3) -> Iterator[str]:
    """Paths within the tables of `model` that end with `key`, of a list's first entry."""
    for name, field in model.model_fields.items():
        within = _models_in(field.annotation) if deepest else []
        listed = ".0" if get_origin(field.annotation) is tuple else ""
        for each in within:
            if key in each.model_fields:
                yield f"{name}{listed}.{key}"
            yield from (f"{name}{listed}.{rest}" for rest in _paths_to(key, each, deepest - 1))


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
