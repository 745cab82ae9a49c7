"""Writes docs/tables.md from the tables' schemas and docs/commands.md from the commands' own help.

Run `python docs/generate.py` after changing either; a test compares.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from fftui.cli.main import app
from fftui.runs.columns import SETTING, TABLES

WIDTH = 100
TYPES = {"Int64": "integer", "Float64": "real", "String": "text", "Boolean": "true or false"}


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
            "journal when it ends; `fftui export` makes them, `images` and `runs` from it at any"
            " time. Missing is null,"
        ),
        (
            "never 0. Layers, phases and epochs count from 1; names carry their units; accuracies"
            " are fractions of 1."
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
