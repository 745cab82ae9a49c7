"""A draft: an experiment while it is edited in the form, and what it is compared with."""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from fftui.errors import ExperimentError
from fftui.experiment import Experiment
from fftui.experiment.values import get_value, leaves, set_value
from fftui.tui.field_changes import LONGEST_LIST, changed
from fftui.tui.fields import COUNT, CheckResult, Field, check, fields_of, values_of

DATA_SET = "data.name"
Values = dict[str, Any]
BaseOn = Callable[[str], Experiment]  # what a draft is compared with, on a data set


@dataclass(frozen=True)
class Entry:
    """A layer or phase: the path of its list, and its place in it, from 0."""

    list_path: str
    index: int

    @property
    def path(self) -> str:
        """Its own path."""
        return f"{self.list_path}.{self.index}"


@dataclass(frozen=True)
class Refusal:
    """A text that no value could be made of, and why."""

    text: str
    message: str


@dataclass(frozen=True)
class Draft:
    """The `values` of an experiment, valid or not, and those of its preset, `base`, on the same
    data set.

    `origins` has for each list of layers or phases the place in `base` that each entry had, None
    for a new one. `before` is the field edited last with the draft before it: texts that are typed
    into one field, one letter after the other, each replace the one before.
    """

    base: Values
    values: Values
    origins: Mapping[str, tuple[int | None, ...]]
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    before: "tuple[str, Draft] | None" = None

    @classmethod
    def of(cls, experiment: Experiment, base: Experiment) -> "Draft":
        """`experiment`, compared with `base`."""
        values, before = values_of(experiment), values_of(base)
        origins = {
            path: tuple(n if n < len(_list_at(before, path)) else None for n in range(len(entries)))
            for path, entries in _lists(values)
        }
        return cls(before, values, origins)

    # What it is

    @cached_property
    def fields(self) -> list[Field]:
        """Its fields."""
        return fields_of(self.values)

    @cached_property
    def check(self) -> CheckResult:
        """The experiment that it is, or what does not fit."""
        checked = check(self.values)
        refused = {path: each.message for path, each in self.refusals.items()}
        return CheckResult(None, refused | checked.errors) if refused else checked

    @cached_property
    def changes(self) -> dict[str, str]:
        """The texts of `base` where a field has another one, by path."""
        before = {each.path: each.text for each in fields_of(self.base)}
        found = {}
        for each in self.fields:
            was = before.get(self.path_in_base(each.path) or "")
            if was is not None and was != each.text:
                found[each.path] = was
        return found

    @cached_property
    def new_entries(self) -> tuple[str, ...]:
        """The paths of layers and phases that `base` does not have."""
        return tuple(
            f"{path}.{index}"
            for path, origins in self.origins.items()
            for index, origin in enumerate(origins)
            if origin is None
        )

    @cached_property
    def moved_entries(self) -> dict[str, int]:
        """The places in `base`, from 0, of layers and phases that stand in another order, by
        path.
        """
        found: dict[str, int] = {}
        for path, origins in self.origins.items():
            kept = [(index, origin) for index, origin in enumerate(origins) if origin is not None]
            in_order = sorted(origin for _, origin in kept)
            found |= {
                f"{path}.{index}": origin
                for (index, origin), expected in zip(kept, in_order, strict=True)
                if origin != expected
            }
        return found

    @property
    def count(self) -> int:
        """Number of changes: of values, of layers and phases added, removed or moved."""
        of_values = [path for path in self.changes if not path.endswith(f".{COUNT}")]
        removed = sum(
            len(set(range(len(_list_at(self.base, path)))) - set(origins))
            for path, origins in self.origins.items()
        )
        return len(of_values) + len(self.new_entries) + len(self.moved_entries) + removed

    def path_in_base(self, path: str) -> str | None:
        """The path in `base` of the field at `path`; None where its layer or phase is new."""
        entry = entry_at(path)
        if entry is None or entry.list_path not in self.origins:
            return path
        origins = self.origins[entry.list_path]
        origin = origins[entry.index] if entry.index < len(origins) else None
        return None if origin is None else f"{entry.list_path}.{origin}{path[len(entry.path) :]}"

    def text_of(self, each: Field) -> str:
        """The text of a field as it was typed."""
        refusal = self.refusals.get(each.path)
        return each.text if refusal is None else refusal.text

    # What is done to it

    def typed(self, each: Field, text: str, base_on: BaseOn) -> "Draft":
        """With `text` at a field; another data set brings the values of `base_on` it where they are
        not changed.
        """
        start = self
        if self.before is not None and self.before[0] == each.path:
            start = self.before[1]
        origin = next((f for f in start.fields if f.path == each.path), each)
        made = start._with(origin, text, base_on)
        return replace(made, before=(each.path, replace(start, before=None)))

    def reset(self, each: Field) -> "Draft":
        """With the value of `base` at a field: of a kind or rule with all its fields, of a number
        of layers with all of them. Itself where `base` has no such field.
        """
        refusals = {path: r for path, r in self.refusals.items() if path != each.path}
        entry = entry_at(each.path)
        if each.role == "count":
            entries = copy.deepcopy(_list_at(self.base, each.section))
            origins = {**self.origins, each.section: tuple(range(len(entries)))}
            return self._with_values(each.section, entries, origins, refusals)
        path = entry.path if each.role == "tag" and entry is not None else each.path
        there = self.path_in_base(path)
        try:
            value = None if there is None else copy.deepcopy(get_value(self.base, there))
        except KeyError:
            return self
        return self if there is None else self._with_values(path, value, self.origins, refusals)

    def with_entry_after(self, entry: Entry) -> "Draft":
        """With a copy of `entry` behind it."""
        entries, origins = self._entries(entry)
        entries.insert(entry.index + 1, copy.deepcopy(entries[entry.index]))
        origins.insert(entry.index + 1, None)
        return self._with_entries(entry.list_path, entries, origins)

    def without_entry(self, entry: Entry) -> "Draft":
        """Without `entry`."""
        entries, origins = self._entries(entry)
        del entries[entry.index], origins[entry.index]
        return self._with_entries(entry.list_path, entries, origins)

    def with_entry_moved(self, entry: Entry, by: int) -> "Draft":
        """With `entry` moved by `by` places."""
        entries, origins = self._entries(entry)
        for each in (entries, origins):
            each.insert(entry.index + by, each.pop(entry.index))
        return self._with_entries(entry.list_path, entries, origins)

    def size(self, list_path: str) -> int:
        """Number of entries of a list."""
        return len(_list_at(self.values, list_path))

    def on_data_set(self, base: Values) -> "Draft":
        """With another `base`, of another data set: its values where the draft has those of the
        base before.
        """
        values = copy.deepcopy(self.values)
        for path, value in leaves(self.values):
            there = self.path_in_base(path)
            if there is None:
                continue
            try:
                if get_value(self.base, there) == value:
                    set_value(values, path, copy.deepcopy(get_value(base, there)))
            except KeyError:
                continue
        values["data"]["name"], values["data"]["own"] = base["data"]["name"], base["data"]["own"]
        return replace(Draft(base, values, self.origins), refusals=self._refusals_without(DATA_SET))

    # Parts

    def _with(self, each: Field, text: str, base_on: BaseOn) -> "Draft":
        refusals = self._refusals_without(each.path)
        if text == each.text:
            return replace(self, refusals=refusals)
        if each.path == DATA_SET:
            try:
                return self.on_data_set(values_of(base_on(text)))
            except ExperimentError as error:
                refusals[DATA_SET] = Refusal(text, str(error))
                return replace(self, refusals=refusals)
        if each.role == "count":
            return self._with_count(each, text, refusals)
        return replace(self, values=changed(self.values, each, text), refusals=refusals)

    def _with_count(self, each: Field, text: str, refusals: dict[str, Refusal]) -> "Draft":
        """With another number of entries in a list: the last ones are removed, or the last one is
        repeated.
        """
        most = LONGEST_LIST
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
            message = f"{each.section}: a whole number from 1 to {most}, not {text!r}"
            return replace(self, refusals={**refusals, each.path: Refusal(text, message)})
        values = changed(self.values, each, text)
        origins = self.origins[each.section][: int(text)]
        origins += (None,) * (int(text) - len(origins))
        return replace(
            self,
            values=values,
            origins={**self.origins, each.section: origins},
            refusals=refusals,
        )

    def _entries(self, entry: Entry) -> tuple[list[Any], list[int | None]]:
        return (
            copy.deepcopy(_list_at(self.values, entry.list_path)),
            list(self.origins[entry.list_path]),
        )

    def _with_entries(self, path: str, entries: list[Any], origins: list[int | None]) -> "Draft":
        of_all = {**self.origins, path: tuple(origins)}
        return self._with_values(path, entries, of_all, self._refusals_without(f"{path}.{COUNT}"))

    def _with_values(
        self,
        path: str,
        value: object,
        origins: Mapping[str, tuple[int | None, ...]],
        refusals: Mapping[str, Refusal],
    ) -> "Draft":
        values = copy.deepcopy(self.values)
        set_value(values, path, value)
        return Draft(self.base, values, origins, refusals)

    def _refusals_without(self, path: str) -> dict[str, Refusal]:
        return {at: refusal for at, refusal in self.refusals.items() if at != path}


def entry_at(path: str) -> Entry | None:
    """The layer or phase that the field at `path` belongs to; None for other fields."""
    parts = path.split(".")
    place = next((n for n, part in enumerate(parts) if part.isdigit()), None)
    return None if place is None else Entry(".".join(parts[:place]), int(parts[place]))


def _lists(values: object, path: str = "") -> Iterator[tuple[str, list[Any]]]:
    """The lists of tables in `values`, by path."""
    if isinstance(values, Mapping):
        for name, value in values.items():
            yield from _lists(value, f"{path}.{name}" if path else str(name))
    elif isinstance(values, list) and any(isinstance(each, Mapping) for each in values):
        yield path, values


def _list_at(values: Values, path: str) -> list[Any]:
    try:
        found = get_value(values, path)
    except KeyError:
        return []
    return found if isinstance(found, list) else []
