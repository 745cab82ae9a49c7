"""An experiment as plain values: tables, lists and what stands in them, by path."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from fftui.errors import ExperimentError, shown
from fftui.plain_text import DEEPEST, NotToml, parse_toml

LONGEST_INDEX = 9  # digits


def set_value(values: dict[str, Any], path: str, value: object) -> None:
    """Set the value at `path`, such as `phases.0.threshold`, or of each entry of a list where it
    says `*`. Raises ExperimentError where the path does not exist.
    """
    paths = spread(values, path)
    if not paths:
        msg = f"{path}: there is no list with entries where it says *"
        raise ExperimentError(msg)
    for each in paths:
        _set_at(values, each, deepcopy(value))


def spread(values: Mapping[str, Any], path: str) -> list[str]:
    """The paths that `path` stands for: one for every entry of the list where it says `*`."""
    before, star, after = path.partition(".*.")
    if not star:
        return [path]
    try:
        entries = get_value(values, before)
    except KeyError:
        return []
    count = len(entries) if isinstance(entries, list) else 0
    return [each for index in range(count) for each in spread(values, f"{before}.{index}.{after}")]


def _set_at(values: dict[str, Any], path: str, value: object) -> None:
    *parents, last = path.split(".")
    if len(parents) >= DEEPEST:
        msg = f"{path[:60]}…: no path has more than {DEEPEST} parts"
        raise ExperimentError(msg)
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


def get_value(values: Mapping[str, Any], path: str) -> Any:
    """The value at `path`. Raises KeyError where there is none."""
    node: Any = values
    for part in path.split("."):
        if isinstance(node, list) and (index := _index(part)) is not None and index < len(node):
            node = node[index]
        elif isinstance(node, Mapping):
            node = node[part]
        else:
            raise KeyError(path)
    return node


def leaves(values: object, path: str = "") -> Iterator[tuple[str, object]]:
    """The values that are no tables, by path; a list of plain values is one of them, and so is an
    empty table.
    """
    inside: Iterator[tuple[object, object]] = iter(())
    if isinstance(values, Mapping) and values:
        inside = iter(values.items())
    elif isinstance(values, list | tuple) and any(isinstance(each, Mapping) for each in values):
        inside = iter(enumerate(values))
    else:
        yield path, values
    for name, value in inside:
        yield from leaves(value, f"{path}.{name}" if path else str(name))


def parse_value(text: str) -> object:
    """The TOML value of `text`; text that is not TOML (`mnist`) is itself the value, and `null` is
    None.

    Raises ValueError for a value that no field can have: `fftui.plain_text.immoderate`.
    """
    if text == "null":
        return None
    try:
        values = parse_toml(f"value = {text}")
    except NotToml:
        return text
    return values["value"] if len(values) == 1 else text  # several lines


def parse_overrides(overrides: Sequence[str]) -> dict[str, object]:
    """The values by path of texts such as `phases.0.epochs=5`; the last one for a path counts.

    Raises ExperimentError where a text has another form.
    """
    parsed: dict[str, object] = {}
    for override in overrides:
        path, equals, text = override.partition("=")
        if not equals or not path.strip():
            msg = (
                f"--set {shown(override)}: write it as path=value, such as"
                " phases.0.learning_rate=0.01"
            )
            raise ExperimentError(msg)
        parsed.pop(path.strip(), None)
        try:
            parsed[path.strip()] = parse_value(text.strip())
        except ValueError as error:
            msg = f"--set {shown(override)}: {error}"
            raise ExperimentError(msg) from None
    return parsed


def _list_index(node: list[Any], part: str, path: str) -> int:
    index = _index(part)
    if index is None or index >= len(node):
        known = (
            "it is empty"
            if not node
            else "0 is the only one"
            if len(node) == 1
            else f"they count from 0 to {len(node) - 1}"
        )
        msg = f"{path}: there is no {shown(part)} in this list: {known}"
        raise ExperimentError(msg)
    return index


def _index(part: str) -> int | None:
    """The index that a part of a path is; None where it is none."""
    return int(part) if part.isascii() and part.isdigit() and len(part) <= LONGEST_INDEX else None
