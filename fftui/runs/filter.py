"""The filter of a list of runs: one language for the screen, the command line, exports and Python.

    data=mnist accuracy>97 learning_rate<=1e-3 tag:baseline status!=failed name~hybrid 'free words'

Conditions stand side by side and all of them must hold; `!` before one negates it. A condition is a
name, an operator and a value, or a word that the run's name, id, data set, status, tags or note
hold. Several values with commas are alternatives. A name is a field (`fftui.runs.run_fields`) or a
setting: its path, or the end of it where that is unique but for indices.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fftui.errors import FilterError, nearest, shown
from fftui.runs.filter_values import Operator, Test, setting_test, test_of
from fftui.runs.listing import ListedRun, RunListing
from fftui.runs.run_fields import FIELD_OF, FieldValue, RunField, free_text
from fftui.runs.run_settings import ANY, SettingPaths, joined, setting_name

Predicate = Callable[[ListedRun], bool]
# longer ones first: <= is no < with a value that begins with =
SIGNS: dict[str, Operator] = {
    "<=": "<=",
    ">=": ">=",
    "!=": "!=",
    "!~": "!~",
    "==": "=",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "=": "=",
    "<": "<",
    ">": ">",
    "~": "~",
}
QUOTES = "'\""


@dataclass(frozen=True)
class Condition:
    """One condition of a filter. Without an operator its value is a free word. `at` is the place of
    its name, `value_at` that of its values.
    """

    values: tuple[str, ...]
    name: str = ""
    operator: Operator | None = None
    negated: bool = False
    at: int = 0
    value_at: int = 0


@dataclass(frozen=True)
class Filter:
    """The conditions that runs must meet."""

    conditions: tuple[Condition, ...] = ()

    @property
    def of_settings(self) -> bool:
        """Whether the settings of the runs must be read for it."""
        return any(each.name and each.name not in FIELD_OF for each in self.conditions)

    @property
    def of_archived(self) -> bool:
        """Whether it says which archived runs are wanted; else none of them is."""
        return any(each.name == "archived" for each in self.conditions)

    def predicate(self, runs: Iterable[ListedRun], listing: RunListing) -> Predicate:
        """Whether a run is wanted. Raises FilterError where a name is none that these runs have."""
        paths = known_paths(runs, listing) if self.of_settings else ()
        tests = [_bound(each, paths, listing) for each in self.conditions]
        hides_archived = not self.of_archived

        def wanted(run: ListedRun) -> bool:
            if hides_archived and run.annotations.archived:
                return False
            return all(test(run) for test in tests)

        return wanted


def filtered(text: str, listing: RunListing) -> list[ListedRun]:
    """The runs that a filter wants, newest first. Raises FilterError, RequestError."""
    wanted, runs = parse_filter(text), listing.read()
    return list(filter(wanted.predicate(runs, listing), runs))


def parse_filter(text: str) -> Filter:
    """The filter of that text. Raises FilterError, with the place in it."""
    conditions, at = [], _skip(text, 0)
    while at < len(text):
        condition, at = _condition(text, at)
        conditions.append(condition)
        at = _skip(text, at)
    return Filter(tuple(conditions))


def known_paths(runs: Iterable[ListedRun], listing: RunListing) -> Sequence[tuple[str, str]]:
    """The paths of all settings that `runs` have, each as that of its table and the rest."""
    return list(dict.fromkeys(path for run in runs for path in listing.settings(run).paths()))


def find_setting(name: str, paths: Sequence[tuple[str, str]], at: int = 0) -> SettingPaths:
    """The setting whose path is `name`, or ends with it. Raises FilterError where it is none of
    `paths`, or may be several that differ in more than indices.
    """
    parts = [ANY if part in ("*", ANY) else part for part in name.split(".")]
    matching: dict[str, dict[str, list[str]]] = {}
    for table, rest in paths:
        path = joined(table, rest)
        if _ends_with(path.split("."), parts):
            matching.setdefault(setting_name(path), {}).setdefault(table, []).append(rest)
    whole = ".".join(parts)
    if len(matching) > 1 and whole in matching:
        matching = {whole: matching[whole]}
    if len(matching) == 1:
        ((found, tables),) = matching.items()
        return SettingPaths(found, {table: tuple(rests) for table, rests in tables.items()})
    if matching:
        several = ", ".join(sorted(matching)[:4])
        msg = (
            f"{shown(name)} may be any of {len(matching)} settings ({several}): write more of its"
            " path"
        )
        raise FilterError(msg, at)
    raise FilterError(_unknown(name, paths), at)


def short_names(paths: Sequence[tuple[str, str]]) -> list[str]:
    """For each setting the shortest end of its path that finds it, in the order of `paths`; a field
    of the same name hides it.
    """
    names = list(dict.fromkeys(setting_name(joined(table, rest)) for table, rest in paths))
    ends: dict[str, int] = {}
    for name in names:
        for end in _ends(name):
            ends[end] = ends.get(end, 0) + 1
    shortest = (
        next((end for end in _ends(name) if ends[end] == 1 and end not in FIELD_OF), name)
        for name in names
    )
    return [name for name in shortest if name not in FIELD_OF]


def _ends(name: str) -> list[str]:
    """The ends of a path, the shortest first."""
    parts = name.split(".")
    return [".".join(parts[at:]) for at in range(len(parts) - 1, -1, -1)]


def _unknown(name: str, paths: Sequence[tuple[str, str]]) -> str:
    ends = {joined(table, rest).rpartition(".")[2] for table, rest in paths}
    near = nearest(name, [*FIELD_OF, *sorted(ends)])
    guess = f"; did you mean {near!r}?" if near else ": write it in quotes if it is a free word"
    return f"nothing is called {shown(name)}{guess}"


def _ends_with(path: list[str], parts: list[str]) -> bool:
    """Whether the path ends with these parts; indices may be left out of them, or be `ANY`."""
    at = len(path)
    for part in reversed(parts):
        at -= 1
        while at >= 0 and path[at].isdigit() and not (part == ANY or part.isdigit()):
            at -= 1
        if at < 0 or not (part == path[at] or (part == ANY and path[at].isdigit())):
            return False
    return True


def _bound(
    condition: Condition, paths: Sequence[tuple[str, str]], listing: RunListing
) -> Predicate:
    """Whether a run meets the condition."""
    if condition.operator is None:
        word, negated = condition.values[0].casefold(), condition.negated
        return lambda run: (word in free_text(run)) != negated
    op = condition.operator
    negated = condition.negated != op.startswith("!")
    positive: Operator = "=" if op == "!=" else "~" if op == "!~" else op
    if (field := FIELD_OF.get(condition.name)) is not None:
        return _bound_field(condition, field, positive, negated=negated)
    found = find_setting(condition.name, paths, condition.at)
    tests = [setting_test(positive, value, condition.value_at) for value in condition.values]

    def of_setting(run: ListedRun) -> bool:
        values = listing.settings(run).values(found)
        return _any_of(tests, values or (None,)) != negated

    return of_setting


def _bound_field(
    condition: Condition, field: RunField, op: Operator, *, negated: bool
) -> Predicate:
    if field.name == "archived" and condition.values == ("any",):
        return lambda run: True
    tests = [test_of(field.kind, op, value, condition.value_at) for value in condition.values]

    def of_field(run: ListedRun) -> bool:
        value: FieldValue = field.value(run)
        values = (value or (None,)) if isinstance(value, tuple) else (value,)
        return _any_of(tests, values) != negated

    return of_field


def _any_of(tests: Sequence[Test], values: Sequence[object]) -> bool:
    return any(test(value) for value in values for test in tests)


# Reading


def _condition(text: str, at: int) -> tuple[Condition, int]:
    begin, negated = at, False
    if text[at] == "!" and _operator(text, at) is None:
        negated, at = True, _skip(text, at + 1)
        if at >= len(text):
            msg = "a condition is missing after !"
            raise FilterError(msg, begin)
    if text[at] in QUOTES:
        word, end = _quoted(text, at)
        return Condition((word,), negated=negated, at=at), end
    name, end = _name(text, at)
    if name == "tag" and text.startswith(":", end):
        op: Operator | None = "="
        after = end + 1
    else:
        after = _skip(text, end)
        op, after = _operator(text, after) or (None, end)
    if op is None:
        return Condition((text[at:end],), negated=negated, at=at), end
    if not name:
        msg = f"a name such as accuracy is missing before {op}"
        raise FilterError(msg, at)
    value_at = _skip(text, after)
    values, end = _values(text, value_at, op)
    return Condition(values, name, op, negated, at, value_at), end


def _name(text: str, at: int) -> tuple[str, int]:
    """The word from `at` up to an operator, a quote or a space."""
    end = at
    while end < len(text) and not text[end].isspace() and text[end] not in QUOTES:
        if _operator(text, end) is not None or (text[end] == ":" and text[at:end] == "tag"):
            break
        end += 1
    return text[at:end], end


def _operator(text: str, at: int) -> tuple[Operator, int] | None:
    """The operator at this place and where it ends; None where there is none."""
    signs = (sign for sign in SIGNS if text.startswith(sign, at))
    sign = next(signs, None)
    return None if sign is None else (SIGNS[sign], at + len(sign))


def _values(text: str, at: int, op: str) -> tuple[tuple[str, ...], int]:
    """The values from `at`, with commas between them."""
    values = []
    while True:
        if at < len(text) and text[at] in QUOTES:
            value, end = _quoted(text, at)
        else:
            end = at
            while end < len(text) and not text[end].isspace() and text[end] not in QUOTES + ",":
                end += 1
            value = text[at:end]
        if not value:
            msg = f"a value is missing after {op}"
            raise FilterError(msg, at)
        values.append(value)
        if not text.startswith(",", end):
            return tuple(values), end
        at = end + 1


def _quoted(text: str, at: int) -> tuple[str, int]:
    """The text in the quotes that begin at `at`, and the place behind them."""
    end = text.find(text[at], at + 1)
    if end < 0:
        msg = f"a quote {text[at]} is not closed"
        raise FilterError(msg, at)
    return text[at + 1 : end], end + 1


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
