"""Changes of an experiment's values by the texts of a form's fields."""

import copy
from collections.abc import Mapping
from typing import Any

from fftui.experiment import LAYERS, PHASES, Experiment, LabelUse, LayerConfig
from fftui.experiment.field_errors import configs_at
from fftui.experiment.values import get_value, parse_value, set_value
from fftui.tui.fields import NOTHING, ON, Field, matching_model

LONGEST_LIST = 64  # of layers, as in the description of the model


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


def _value(field: Field, text: str) -> object:
    if field.role == "text":
        return None if field.nullable and text.strip() in ("", NOTHING) else text
    if field.choices and text not in ("true", "false", NOTHING):
        return text
    try:
        return parse_value(text.strip() or NOTHING)
    except ValueError:  # no value that any field can have: refused as the text that it is
        return text


def _defaults_with(section: str, kept: dict[str, Any]) -> dict[str, Any]:
    """The defaults of the model at `section` with the tag in `kept`, updated with `kept`."""
    models = configs_at(Experiment, section.split("."))
    if not models:
        return kept
    model = matching_model(models, kept)
    values: dict[str, Any] = model.model_construct().model_dump(mode="json")
    return {**values, **kept}


def _repair_model(values: dict[str, Any], tag: str) -> None:
    """Give the model the head or label encoding that the rule or kind `tag`, just
    chosen, requires.
    """
    model = values.get("model")
    if not isinstance(model, dict):
        return
    rule = PHASES.find(tag)
    if rule is not None and rule.needs_head and model.get("head") is None:
        set_value(values, "model.head", _defaults_with("model.head", {}))
    label = model.get("label")
    encoding = label.get("encoding", "overlay") if isinstance(label, dict) else "overlay"
    wanted = _fitting_encoding(encoding, rule.label_use if rule else "optional", _first(model))
    if wanted != encoding:
        set_value(values, "model.label.encoding", wanted)


def _first(model: Mapping[str, Any]) -> type[LayerConfig] | None:
    """The description of the first layer."""
    layers = model.get("layers")
    first = layers[0] if layers else None
    return LAYERS.find(first.get("kind")) if isinstance(first, dict) else None


def _fitting_encoding(encoding: str, use: LabelUse, first: type[LayerConfig] | None) -> str:
    """`encoding`, or another one where the rule or the first layer cannot do with it."""
    if use == "refused":
        return "none"
    able = first.encodings if first else ("overlay",)
    if encoding in able and not (use == "required" and encoding == "none"):
        return encoding
    return next((each for each in able if each != "none"), "none")


def _resize(values: dict[str, Any], path: str, text: str) -> None:
    target: list[Any] = get_value(values, path)
    if text.isdigit() and 1 <= int(text) <= LONGEST_LIST:
        wanted = int(text)
        target[wanted:] = []
        target.extend(copy.deepcopy(target[-1]) for _ in range(wanted - len(target)))
