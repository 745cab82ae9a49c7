"""The settings of many runs, by path, fast: what a list of runs filters, sorts and shows.

`experiment.toml` is written by fftui and not changed afterwards. Its tables are alike in many runs,
so each distinct text of a table is parsed once. A file of another shape is parsed as a whole.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fftui.events import MAX_COUNT
from fftui.runs.files import read_bytes

Value = str | float | bool
HEADER = re.compile(r"^(\[\[?)([A-Za-z0-9_.-]+)\]\]?[ \t]*$", re.MULTILINE)
ONE_LINE = re.compile(r"[A-Za-z0-9_-]+ = [^\[{].*")
ANY = "N"  # the index of a list in the name of a setting: phases.N.learning_rate
# one table: its path, such as `model.layers.0`, and its values by the rest of their paths
Table = tuple[str, Mapping[str, tuple[Value, ...]]]


@dataclass(frozen=True)
class RunSettings:
    """The settings of one run, table by table."""

    tables: tuple[Table, ...] = ()

    def values(self, where: "SettingPaths") -> tuple[Value, ...]:
        """The values at those paths, in the file's order; lists one after the other."""
        found: list[Value] = []
        for path, values in self.tables:
            for rest in where.by_table.get(path, ()):
                found += values.get(rest, ())
        return tuple(found)

    def paths(self) -> Iterator[tuple[str, str]]:
        """Every path, as that of its table and the rest."""
        return ((path, rest) for path, values in self.tables for rest in values)


@dataclass(frozen=True)
class SettingPaths:
    """Some paths, as those of their tables and the rests; `name` has `ANY` for every index."""

    name: str
    by_table: Mapping[str, tuple[str, ...]]


NO_SETTINGS = RunSettings()


def read_settings(path: Path) -> RunSettings:
    """The settings in an `experiment.toml`; none where it cannot be read."""
    try:
        return parse_settings(read_bytes(str(path)).decode())
    # tomllib's error is a ValueError; tables within tables end its recursion
    except (OSError, ValueError, RecursionError):
        return NO_SETTINGS


def parse_settings(text: str) -> RunSettings:
    """The settings in a TOML text. Raises ValueError where it is none."""
    root, *rest = HEADER.split(text)
    headers, bodies = tuple(zip(rest[::3], rest[1::3], strict=True)), rest[2::3]
    in_tables = text.count("\n[") + text.startswith("[")
    if in_tables != len(headers) or '"""' in text or "'''" in text:
        return RunSettings((("", dict(_flat(tomllib.loads(text)))),))
    tables = zip(_paths(headers), map(_parsed, (root, *bodies)), strict=True)
    return RunSettings(tuple(tables))


def setting_name(path: str) -> str:
    """`path` with `ANY` for every index."""
    return ".".join(ANY if part.isdigit() else part for part in path.split("."))


def joined(table: str, rest: str) -> str:
    """The path of a value."""
    return f"{table}.{rest}" if table else rest


@lru_cache(1024)
def _paths(headers: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """The paths of the tables with these headers, as brackets and name, behind that of the root."""
    counts: dict[str, int] = {}
    return ("", *(_path(name, counts, is_list=len(bracket) == 2) for bracket, name in headers))


def _path(name: str, counts: dict[str, int], *, is_list: bool) -> str:
    """The path of a table with this header: the entries of lists have their index in it."""
    path = ""
    *parents, last = name.split(".")
    for part in parents:
        path = joined(path, part)
        if path in counts:
            path = f"{path}.{counts[path]}"
    path = joined(path, last)
    if not is_list:
        return path
    counts[path] = counts.get(path, -1) + 1
    return f"{path}.{counts[path]}"


@lru_cache(4096)
def _parsed(body: str) -> Mapping[str, tuple[Value, ...]]:
    lines = [line for line in body.split("\n") if line]
    if not all(map(ONE_LINE.fullmatch, lines)):
        return dict(_flat(tomllib.loads(body)))
    found: dict[str, tuple[Value, ...]] = {}
    for line in lines:  # tables of a sweep differ in one
        found.update(_parsed_line(line))
    return found


@lru_cache(4096)
def _parsed_line(line: str) -> Mapping[str, tuple[Value, ...]]:
    return dict(_flat(tomllib.loads(line)))


def _flat(value: object, path: str = "") -> Iterator[tuple[str, tuple[Value, ...]]]:
    """The values in `value` by path; a list of plain values has one path."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _flat(each, joined(path, key))
    elif isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
        for index, each in enumerate(value):
            yield from _flat(each, joined(path, str(index)))
    elif isinstance(value, list):
        yield path, tuple(_plain(each) for each in value)
    else:
        yield path, (_plain(value),)


def _plain(value: object) -> Value:
    if isinstance(value, int) and abs(value) > MAX_COUNT:
        return float(value) if abs(value) < 1e300 else "too large a number"
    return value if isinstance(value, str | bool | int | float) else str(value)
