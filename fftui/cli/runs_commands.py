"""`runs`, `tag`, `note`, `rename`, `archive`, `delete`, `restore`: the list of runs, and keeping it
in order.

Imports inside the functions, as in all of the command line (PLC0415).
"""

# ruff: noqa: PLC0415

import sys
from pathlib import Path
from typing import Annotated

import typer

from fftui.cli.options import (
    ListJson,
    Run,
    Runs,
    RunsDir,
    Where,
    chosen_runs,
    complete_deleted,
    complete_field,
    workspace_of,
)
from fftui.errors import FFTUIError, RequestError
from fftui.inert import one_line
from fftui.text.streams import json_to_stdout, to_stderr, to_stdout

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def runs_list(
    where: Where = None,
    sort: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Order by a field or setting, in its own direction.",
            autocompletion=complete_field,
        ),
    ] = "started",
    reverse: Annotated[bool, typer.Option("--reverse", help="The other direction.")] = False,
    columns: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Fields and settings to show, with commas."),
    ] = None,
    runs: RunsDir = None,
    as_json: ListJson = False,
) -> None:
    """List all runs, newest first, or those that a filter wants.

    Archived runs are left out unless the filter says archived=yes or archived=any.
    """
    from fftui.runs.filter import parse_filter
    from fftui.runs.listing import RunListing
    from fftui.runs.run_columns import find_columns, in_order, split_names
    from fftui.text.run_list_text import COLUMNS, run_list_facts, runs_text

    runs_dir = workspace_of(runs).runs_dir
    listing = RunListing(runs_dir)
    every = listing.read()
    wanted = parse_filter(where or "").predicate(every, listing)
    names = split_names(columns) if columns is not None else COLUMNS
    order, *shown = find_columns([sort, *names], every, listing)
    listed = in_order(filter(wanted, every), order, reverse=reverse)
    if as_json:
        json_to_stdout([run_list_facts(run) for run in listed])
    elif listed:
        to_stdout(runs_text(listed, shown))
    else:
        where_none = f"no runs in {runs_dir.absolute()} yet"
        said = f"none of {len(every)} runs is wanted by the filter" if every else where_none
        to_stdout(f"{one_line(said)}\n")
    for run in listed:
        if run.problem:
            to_stderr(one_line(f"fftui: run {run.id}: {run.problem}"))


def tag(
    run: Runs = None,
    add: Annotated[
        list[str] | None, typer.Option("--add", "-a", metavar="TAG", help="Repeatable.")
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", "-r", metavar="TAG", help="Repeatable.")
    ] = None,
    where: Where = None,
    runs: RunsDir = None,
) -> None:
    """Add tags to runs, or remove them, and print the tags that they have then."""
    from fftui.runs.annotations import annotate

    for folder in chosen_runs(run, where, runs):
        changed = annotate(folder.path, add_tags=tuple(add or ()), remove_tags=tuple(remove or ()))
        to_stdout(one_line(" ".join([folder.id, *changed.tags])))


def note(
    run: Run,
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="The note; '' removes it.")
    ] = None,
    runs: RunsDir = None,
) -> None:
    """Write a note about a run, or print the one it has."""
    from fftui.runs.annotations import annotate, checked_note, read_annotations
    from fftui.runs.finding import find_run

    folder = find_run(workspace_of(runs).runs_dir, run)
    if text is not None:
        annotate(folder.path, note=checked_note(text))
    elif has := read_annotations(folder.path).note:
        to_stdout(f"{has}\n")


def rename(
    run: Run,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The new name; '' is the one it began with.")
    ],
    runs: RunsDir = None,
) -> None:
    """Give a run another name. Its id and folder stay."""
    from fftui.runs.annotations import annotate, checked_name
    from fftui.runs.finding import find_run

    folder = find_run(workspace_of(runs).runs_dir, run)
    annotate(folder.path, name=checked_name(name) if name.strip() else None)


def archive(run: Runs = None, where: Where = None, runs: RunsDir = None) -> None:
    """Leave runs out of lists, unless these ask for archived ones; `fftui restore` brings them
    back.
    """
    from fftui.runs.annotations import annotate

    for folder in chosen_runs(run, where, runs):
        annotate(folder.path, archived=True)
        to_stderr(one_line(f"archived: {folder.id}"))


def delete(
    run: Runs = None,
    where: Where = None,
    purge: Annotated[
        bool, typer.Option("--purge", help="Empty the trash: remove what was deleted, for good.")
    ] = False,
    yes: Yes = False,
    runs: RunsDir = None,
) -> None:
    """Move runs into the trash, the folder .trash beside them; never one that is running.

    `fftui restore` brings them back. They take their space until --purge.
    """
    from fftui.runs.trash import delete as move_to_trash

    if purge:
        _purge(run, where, runs, yes=yes)
        return
    folders = chosen_runs(run, where, runs)
    if _confirmed(f"Delete {_counted(len(folders))}?", yes=yes):
        for deleted in move_to_trash(folders):
            back = f"fftui restore {deleted.id} brings it back"
            to_stderr(one_line(f"deleted: {deleted.id}; {back}"))


def restore(
    run: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN…",
            help="The id of a deleted or archived run, or its beginning.",
            autocompletion=complete_deleted,
        ),
    ],
    runs: RunsDir = None,
) -> None:
    """Bring runs back from the trash, and from the archive."""
    from fftui.runs.annotations import annotate
    from fftui.runs.finding import find_run
    from fftui.runs.trash import find_deleted
    from fftui.runs.trash import restore as move_back

    runs_dir = workspace_of(runs).runs_dir
    for text in run:
        try:
            folder = move_back(find_deleted(runs_dir, text))
        except FFTUIError as problem:
            try:
                folder = find_run(runs_dir, text)
            except FFTUIError:
                raise problem from None
        annotate(folder.path, archived=False)
        to_stderr(one_line(f"restored: {folder.id}"))


def _purge(run: list[str] | None, where: str | None, runs: Path | None, *, yes: bool) -> None:
    from fftui.runs.trash import deleted_runs
    from fftui.runs.trash import purge as remove

    if run or where is not None:
        msg = "--purge empties the whole trash: leave out RUN and --where"
        raise RequestError(msg)
    deleted = deleted_runs(workspace_of(runs).runs_dir)
    if not deleted:
        to_stderr("the trash is empty")
    elif _confirmed(f"Remove {_counted(len(deleted))} in the trash, for good?", yes=yes):
        remove(deleted)
        to_stderr(f"removed: {_counted(len(deleted))}")


def _counted(runs: int) -> str:
    return f"{runs} run{'' if runs == 1 else 's'}"


def _confirmed(question: str, *, yes: bool) -> bool:
    """Whether the answer is yes. Raises RequestError where nobody can be asked."""
    if yes:
        return True
    if not sys.stdin.isatty():
        msg = f"{question} There is no terminal to ask on: write --yes"
        raise RequestError(msg)
    return typer.confirm(question, err=True)
