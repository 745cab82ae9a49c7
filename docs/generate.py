"""Writes docs/tables.md from the tables' schemas, docs/commands.md from the commands' own help, and
docs/settings.md from the fields of an experiment.

Run `python docs/generate.py` after changing one of them; a test compares.
"""

import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from fftui.cli.main import app
from fftui.data.catalogue import DATA_NAMES
from fftui.experiment import (
    LAYERS,
    PHASES,
    Checkpoint,
    Data,
    Evaluation,
    Experiment,
    FullyConnected,
    LocalPhaseConfig,
    Model,
    PhaseConfig,
    Telemetry,
)
from fftui.experiment.choices import FILES, Choice, FilledIn, choices
from fftui.experiment.data_config import KnownSets
from fftui.runs.columns import SETTING, TABLES
from fftui.tui.fields import TAGS, as_text

WIDTH = 100  # of the help of a command
LINE = 125
TYPES = {"Int64": "integer", "Float64": "real", "String": "text", "Boolean": "true or false"}
SCALARS = {
    int: "whole number",
    float: "number",
    str: "text",
    bool: "`true`, `false`",
    NoneType: "`null`",
}
SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
LAYER, PHASE = "model.layers.N.", "phases.N."

Row = tuple[str, str, str, str]  # a setting's path, default, allowed values and meaning


def tables_page() -> str:
    """The page on tables."""
    lines = [
        "# Tables",
        "",
        (
            "Every run folder holds `epochs`, `layers`, `evaluations`, `telemetry` and `energy` as"
            " Parquet, made from its"
        ),
        (
            "journal when it ends. `fftui export` makes them at any time, and three that are in no"
            " folder: `images` (a row an"
        ),
        (
            "image), `ranks` (of the other processes where several learn one experiment) and `runs`"
            " (a row a run). Missing is"
        ),
        (
            "null, never 0. Layers, phases and epochs count from 1; names carry their units;"
            " accuracies are fractions of 1."
        ),
        "",
        (
            "Exporting several runs into one table adds every field of their experiments as a"
            " column behind its own,"
        ),
        (
            f"named `{SETTING}` and the path that `--set` takes: `{SETTING}phases.0.learning_rate`."
            " `--settings different`"
        ),
        "keeps those in which the runs differ, `--settings none` leaves them out.",
        "",
        (
            "In csv, xlsx, markdown and latex, lists are text; times are ISO 8601 wherever a format"
            " has no type for them."
        ),
    ]
    for name, table in TABLES.items():
        lines += [
            "",
            f"## {name}",
            "",
            f"One row is {table.row}.",
            "",
            "| column | type | meaning |",
            "|---|---|---|",
        ]
        lines += [f"| `{c.name}` | {_type(str(c.dtype))} | {c.meaning} |" for c in table.columns]
    return "\n".join(lines) + "\n"


def commands_page() -> str:
    """The page on commands."""
    lines = [
        "# Commands",
        "",
        (
            "Exit codes: 0 done, 1 a run or its output failed, 2 the request was wrong, 130"
            " interrupted."
        ),
    ]
    for path, command, context in commands():
        lines += ["", f"## {path}", "", "```", command.get_help(context).rstrip(), "```"]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """The page on settings."""
    kinds = [each for each in LAYERS.classes if _is_own(each)]
    rules = [each for each in PHASES.classes if _is_own(each)]
    first, *others = [list(_rows(each, LAYER)) for each in kinds]
    of_layers = [row for row in first if all(row in other for other in others)]
    of_phases = list(_rows(PhaseConfig, PHASE))
    of_local = [row for row in _rows(LocalPhaseConfig, PHASE) if row not in of_phases]
    local_rules = [f"`{_tag(each)}`" for each in rules if issubclass(each, LocalPhaseConfig)]
    lines = [
        "# Settings",
        "",
        *_wrapped(
            "Every field of an experiment, by the path that `--set` takes. N is a place in a list,",
            "from 0. `fftui presets show NAME` prints the values of a preset; the form says of",
            "each field what stands here. How fields are written in a file is in",
            "[Experiments and presets](experiments.md), what they do while a network learns in",
            "[How it learns](learning.md).",
        ),
        *_section("## Experiment", (row for row in _rows(Experiment, "") if "." not in row[0])),
        *_section("## Data", _rows(Data, "data.")),
        *_section(
            "## Model",
            _rows(Model, "model."),
            f"`model.layers` is a list of {_length(Model, 'layers')} layers, first to last. Which",
            "fields a layer has depends on its kind.",
        ),
        *_section(
            "## Layers",
            [_tag_row(f"{LAYER}kind", FullyConnected().kind, kinds), *of_layers],
            "Every kind of layer has these.",
        ),
    ]
    for kind in kinds:
        own = [row for row in _rows(kind, LAYER) if row not in of_layers]
        lines += _section(f"### Kind {_tag(kind)}", own, *_about(kind))
    lines += _section(
        "## Phases",
        [_tag_row(f"{PHASE}rule", None, rules), *of_phases],
        f"`phases` is a list of {_length(Experiment, 'phases')} phases. Which fields a phase has",
        "depends on its rule. Every rule has these; a default or a meaning of its own is in its",
        "own table.",
    )
    lines += _section(
        "### Rules by which each layer learns for itself",
        of_local,
        f"{', '.join(local_rules)} have these too, or differ from them in their own tables.",
    )
    for rule in rules:
        base = LocalPhaseConfig if issubclass(rule, LocalPhaseConfig) else PhaseConfig
        inherited = list(_rows(base, PHASE))
        own = [row for row in _rows(rule, PHASE) if row not in inherited]
        lines += _section(f"### Rule {_tag(rule)}", own, *_about(rule))
    for table in (Evaluation, Telemetry, Checkpoint):
        title = table.__name__
        lines += _section(f"## {title}", _rows(table, f"{title.lower()}."), *_about(table))
    return "\n".join(lines) + "\n"


def _is_own(model: type[BaseModel]) -> bool:
    """Whether a description is fftui's own: a plugin, or a test before this one, may have added
    others.
    """
    return model.__module__.startswith("fftui.")


def _tag(model: type[BaseModel]) -> str:
    """The kind of a layer, the rule of a phase."""
    field = model.model_fields.get("rule") or model.model_fields["kind"]
    return str(field.default)


def _tag_row(path: str, default: str | None, models: Iterable[type[BaseModel]]) -> Row:
    """The setting that chooses among tables."""
    allowed = ", ".join(f"`{_tag(each)}`" for each in models)
    return (
        f"`{path}`",
        f"`{default}`" if default else "none",
        allowed,
        TAGS[path.rpartition(".")[2]],
    )


def _about(model: type[BaseModel]) -> list[str]:
    """The first paragraph of a description's docstring."""
    return (inspect.getdoc(model) or "").partition("\n\n")[0].splitlines()


def _length(model: type[BaseModel], name: str) -> str:
    """How many entries a list may have, such as "1 to 64"."""
    least, most = (
        next(getattr(each, key) for each in model.model_fields[name].metadata if hasattr(each, key))
        for key in ("min_length", "max_length")
    )
    return f"{least} to {most}"


def _section(title: str, rows: Iterable[Row], *about: str) -> list[str]:
    """A heading, what is said below it, and a table."""
    table = [f"| {' | '.join(row)} |" for row in rows]
    head = ["", "| setting | default | allowed | meaning |", "|---|---|---|---|"]
    said = ["", *_wrapped(*about)] if about else []
    return ["", title, *said, *(head if table else []), *table]


def _wrapped(*texts: str) -> list[str]:
    """Text in the lines of a page."""
    whole = " ".join(texts)
    return textwrap.wrap(whole, LINE, break_long_words=False, break_on_hyphens=False)


def _rows(model: type[BaseModel], prefix: str, given: BaseModel | None = None) -> Iterator[Row]:
    """The settings of a table and of those in it; `given` has its defaults, if they are not those
    of `model`. Lists of tables, and the tags that choose among tables, are left to their sections.
    """
    for name, info in model.model_fields.items():
        default = getattr(given, name) if given else info.default
        inner = [each for each in _members(info.annotation) if _is_table(each)]
        if any(isinstance(each, FilledIn) for each in info.metadata):
            text = f"{info.description}; not set by hand"
            yield f"`{prefix}{name}`", "`null`", "–", text
        elif inner:
            if default is None:
                text = f"{info.description}; there is one where any of the next fields is set"
                yield f"`{prefix}{name}`", "`null`", "`null` or a table", text
            values = default if isinstance(default, BaseModel) else None
            yield from _rows(inner[0], f"{prefix}{name}.", values)
        elif info.description:
            shown = f"`{as_text(default)}`" if as_text(default) else "empty"
            text = info.description.replace("|", "\\|")
            yield f"`{prefix}{name}`", shown, _allowed(info), text


def _is_table(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _members(annotation: Any) -> tuple[Any, ...]:
    """The types of a union; a type by itself."""
    is_union = get_origin(annotation) in (Union, UnionType)
    return get_args(annotation) if is_union else (annotation,)


def _allowed(info: FieldInfo) -> str:
    """The values that a field may have."""
    for each in info.metadata:
        if isinstance(each, Choice):
            source = FILES[each.what].read_text(encoding="utf-8")
            registered = set(re.findall(rf'{each.what}\(\s*"(.+?)"', source))
            return ", ".join(f"`{name}`" for name in choices(each.what) if name in registered)
        if isinstance(each, KnownSets):
            return f"{', '.join(f'`{name}`' for name in DATA_NAMES)}, or a set of one's own"
    members = (_values(each, info.metadata) for each in _members(info.annotation))
    return " or ".join(members)


def _values(annotation: Any, metadata: Iterable[Any], many: str = "") -> str:
    """The values of one type within the limits in `metadata`; `many` is "s" for several of them."""
    limits = ", ".join(
        f"{sign} {getattr(each, key)}".removesuffix(".0")
        for each in metadata
        for key, sign in SIGNS.items()
        if hasattr(each, key) and annotation is not NoneType
    )
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        rules = [each for one in inside[1:] for each in getattr(one, "metadata", [one])]
        return _values(inside[0], rules, many)
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in inside)
    if origin is tuple:
        count = "" if inside[-1] is ... else f"{len(inside)} "
        return f"list{many} of {count}{_values(inside[0], (), 's')}"
    if origin is dict:
        return f"table of {_values(inside[1], (), 's')}"
    return f"{SCALARS[annotation]}{many} {limits}".rstrip()


def commands() -> Iterator[tuple[str, Any, Any]]:
    """Every command with its full name and a context to ask for its help in."""
    yield from _under("fftui", typer.main.get_command(app), None)


def _under(path: str, command: Any, parent: Any) -> Iterator[tuple[str, Any, Any]]:
    name = path.rpartition(" ")[2]
    size = {"terminal_width": WIDTH, "max_content_width": WIDTH}
    context = command.make_context(name, [], parent=parent, resilient_parsing=True, **size)
    yield path, command, context
    for child, below in getattr(command, "commands", {}).items():
        yield from _under(f"{path} {child}", below, context)


def _type(dtype: str) -> str:
    if dtype.startswith("List("):
        return f"list of {TYPES[dtype[5:-1]]}s"
    return TYPES.get(dtype, "time")


if __name__ == "__main__":
    here = Path(__file__).parent
    (here / "tables.md").write_text(tables_page(), encoding="utf-8")
    (here / "commands.md").write_text(commands_page(), encoding="utf-8")
    (here / "settings.md").write_text(settings_page(), encoding="utf-8")
