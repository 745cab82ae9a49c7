"""`presets`, `show`, `doctor`: the commands that list and report, and change nothing.

Imports inside the functions, as in all of the command line (PLC0415).
"""

# ruff: noqa: PLC0415

from typing import Annotated

import typer

from fftui.cli.options import (
    DataDir,
    ListJson,
    Run,
    RunsDir,
    complete_data,
    complete_own_preset,
    complete_preset,
    workspace_of,
)
from fftui.errors import RequestError
from fftui.text.streams import json_to_stdout, styled_to_stdout, to_stderr, to_stdout

presets_app = typer.Typer(help="List the presets, or show one.", rich_markup_mode=None)


@presets_app.callback(invoke_without_command=True)
def presets_list(context: typer.Context, as_json: ListJson = False) -> None:
    """List the presets, or show one."""
    if context.invoked_subcommand is None:
        from fftui.presets import damaged_presets, list_presets
        from fftui.text.list_text import presets_facts, presets_text

        presets = list_presets()
        for problem in damaged_presets():
            to_stderr(f"skipped: {problem}")
        if as_json:
            json_to_stdout(presets_facts(presets))
        else:
            to_stdout(presets_text(presets))


@presets_app.command("show")
def presets_show(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The preset.", autocompletion=complete_preset)
    ],
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="NAME", help="On this data set.", autocompletion=complete_data
        ),
    ] = None,
) -> None:
    """Show a preset's whole experiment as TOML, every field in it; `fftui run --config`
    takes it.
    """
    from fftui.presets import load_preset, read_preset
    from fftui.text.preset_toml import preset_toml

    to_stdout(preset_toml(read_preset(name), load_preset(name, data)))


@presets_app.command("remove")
def presets_remove(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="A preset of your own.", autocompletion=complete_own_preset
        ),
    ],
) -> None:
    """Delete a preset of your own; those that come with fftui stay."""
    from fftui.own_presets import delete_preset

    to_stdout(f"{name} is deleted: {delete_preset(name)}")


def show(
    run: Run,
    runs: RunsDir = None,
    follow: Annotated[
        bool,
        typer.Option("--follow", help="Then a plain line for each epoch and event, until it ends."),
    ] = False,
    as_json: ListJson = False,
) -> None:
    """Show a run: its status, layers and accuracies, in plain text.

    With --follow the exit code is that of the run, and 130 after Ctrl-C.
    """
    from fftui.runs.finding import find_run
    from fftui.text.run_text import run_facts, run_text

    if follow and as_json:
        msg = "--follow writes lines as they come, --json one object: give one of them"
        raise RequestError(msg)
    folder = find_run(workspace_of(runs).runs_dir, run)
    if follow:
        from fftui.text.follow import follow_run

        raise typer.Exit(follow_run(folder))
    if as_json:
        json_to_stdout(run_facts(folder))
    else:
        to_stdout(run_text(folder))


def doctor(
    runs: RunsDir = None,
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Report what fftui finds on this machine, and what each missing piece would give.

    It measures for about five seconds. Exit code 1: something is broken that fftui cannot do
    without.
    """
    from fftui.doctor import render
    from fftui.doctor.examine import examine

    report = examine(to_stderr, runs, data_dir)
    if as_json:
        to_stdout(render.report_json(report))
    else:
        colour = render.output_has_colour()
        styled_to_stdout(render.report_text(report, render.output_width(), colour=colour))
    raise typer.Exit(1 if report.broken else 0)
