"""An experiment as plain values: tables, lists and what stands in them, by path."""

import tomllib
from collections.abc import Sequence
from typing import Any

from fftui.errors import ExperimentError


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


def parse_overrides(overrides: Sequence[str]) -> dict[str, object]:
    """The values by path of texts such as `phases.0.epochs=5`; the last one for a path counts.

    Raises ExperimentError where a text has another form.
    """
    parsed: dict[str, object] = {}
    for override in overrides:
        path, equals, text = override.partition("=")
        if not equals or not path.strip():
            msg = f"--set {override!r}: write it as path=value, such as phases.0.learning_rate=0.01"
            raise ExperimentError(msg)
        parsed.pop(path.strip(), None)
        parsed[path.strip()] = parse_value(text.strip())
    return parsed


def _list_index(node: list[Any], part: str, path: str) -> int:
    if not (part.isascii() and part.isdigit()) or int(part) >= len(node):
        known = "0 is the only one" if len(node) == 1 else f"they count from 0 to {len(node) - 1}"
        msg = f"{path}: there is no {part!r} in this list: {known}"
        raise ExperimentError(msg)
    return int(part)
