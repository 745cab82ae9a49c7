"""`study`, `reproduce`, `figures`: the commands over many runs.

Imports inside the functions, as in all of the command line (PLC0415).
"""

# ruff: noqa: PLC0415, PLR0917

from pathlib import Path
from typing import Annotated, Literal

import typer

from fftui.cli.options import (
    DataDir,
    Device,
    Jobs,
    Notify,
    On,
    Output,
    RunsDir,
    TableFormat,
    WholeJson,
    complete_claim,
    complete_data,
    complete_drawn,
    complete_study,
    data_set,
    executor_of,
    file_of,
    workspace_of,
)
from fftui.errors import RequestError
from fftui.text.streams import to_stderr, to_stdout


def study(  # noqa: PLR0913 - one parameter an option
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="The study; without one, all.", autocompletion=complete_study
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="On the digits that ship with fftui, in minutes.")
    ] = False,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds",
            metavar="N",
            min=1,
            max=1_000,
            help="Runs a condition.  [default: 3; with --quick 1]",
        ),
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(
            "--data",
            metavar="SET",
            help="Only on this set. Repeatable.",
            autocompletion=complete_data,
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="TEXT", help="Only conditions whose text contains it. Repeatable."
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            "--budget",
            metavar="TIME",
            help="End each run after so much learning (90s, 10m, 1h), with the weights that are"
            " best on validation images.",
        ),
    ] = None,
    table: Annotated[
        bool, typer.Option("--table", help="Run nothing: the table of the finished trials.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Run nothing: list the trials and their likely time.")
    ] = False,
    to: TableFormat = "text",
    output: Output = "-",
    trials: Annotated[
        bool, typer.Option("--trials", help="A row a trial instead of one a condition.")
    ] = False,
    jobs: Jobs = 1,
    on: On = None,
    device: Device = "auto",
    runs: RunsDir = None,
    data_dir: DataDir = None,
    notify: Notify = None,
    as_json: WholeJson = False,
) -> None:
    """Run a study, or list them: many runs that answer one question, and their table.

    What has finished is not run again, what was interrupted is resumed. Ctrl-C once finishes the
    batch; twice exits now.
    """
    from fftui.cli import study_headless as headless

    if name is None:
        headless.list_studies(as_json=as_json)
        return
    workspace = workspace_of(runs, data_dir, device)
    asked = [data_set(each) for each in data or []]
    from fftui.cli.study_plan import show_plan
    from fftui.text.notices import with_notice

    build = headless.build_of_runs if table else headless.build
    from fftui.studies.narrowing import only as only_those

    built = build(name, "quick" if quick else "full", seeds, asked, workspace)
    built = only_those(built, only or [])
    if budget is not None:
        from fftui.studies.budget import within
        from fftui.text.format import parse_duration

        built = within(built, parse_duration(budget))
    out = headless.Output(to, trials, file_of(output), as_json)
    if dry_run:
        show_plan(built, workspace, as_json=as_json)
    elif table:
        headless.show_table(built, workspace.runs_dir, out)
    else:
        executor = executor_of(on, jobs, workspace)
        raise typer.Exit(
            with_notice(name, lambda: headless.execute_study(built, workspace, out, executor))
        )


def reproduce(  # noqa: PLR0913 - one parameter an option
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Small runs on the digits that ship with fftui, in minutes."),
    ] = False,
    claim: Annotated[
        list[str] | None,
        typer.Option(
            "--claim",
            metavar="ID",
            help="Only this claim. Repeatable.",
            autocompletion=complete_claim,
        ),
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(
            "--data",
            metavar="SET",
            help="Only what this set decides. Repeatable.",
            autocompletion=complete_data,
        ),
    ] = None,
    seeds: Annotated[
        int,
        typer.Option(
            "--seeds", metavar="N", min=1, max=1_000, help="Runs a set-up; timed ones at least 3."
        ),
    ] = 3,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Run nothing: the runs of each claim and their time.")
    ] = False,
    to: Annotated[
        str, typer.Option("--to", metavar="FORMAT", help="text, markdown or json.")
    ] = "text",
    output: Output = "-",
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            metavar="N",
            min=1,
            max=1_000,
            help="Runs at once, each with its share of the cores; those whose time or memory is"
            " compared run alone.  [default: 1; with --quick one a core, at most 4]",
        ),
    ] = None,
    device: Device = "auto",
    runs: RunsDir = None,
    data_dir: DataDir = None,
    notify: Notify = None,
    as_json: Annotated[bool, typer.Option("--json", help="As --to json.")] = False,
) -> None:
    """Test the paper's claims: run the experiments that decide on them, and give a verdict on each.

    What has finished is not run again, what was interrupted is resumed. Ctrl-C once finishes the
    batch; twice exits now.
    """
    from fftui.cli import claims_headless as headless
    from fftui.text.notices import with_notice

    request = headless.Request(
        "quick" if quick else "full",
        seeds,
        headless.claims_named(claim or []),
        tuple(data_set(each) for each in data or []),
        headless.format_of("json" if as_json else to),
        file_of(output),
    )
    workspace = workspace_of(runs, data_dir, device)
    if dry_run:
        headless.show_plan(request, workspace)
    else:
        raise typer.Exit(
            with_notice("reproduce", lambda: headless.reproduce(request, workspace, jobs))
        )


def figures(  # noqa: PLR0913 - one parameter an option
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="STUDY|RUN|FIGURE…",
            help="Studies, runs, or figures of the paper (figure-3), any number.",
            autocompletion=complete_drawn,
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="The folder for the files.")
    ] = Path("figures"),
    format_: Annotated[
        str, typer.Option("--format", metavar="LIST", help="svg, png, pdf, separated by commas.")
    ] = "svg,png",
    quick: Annotated[
        bool, typer.Option("--quick", help="Of the studies at their quick scale.")
    ] = False,
    image: Annotated[
        int,
        typer.Option("--image", metavar="N", min=0, help="The training image of Figure 2, from 0."),
    ] = 0,
    runs: RunsDir = None,
    data_dir: DataDir = None,
) -> None:
    """Draw the figures of studies and runs: the paper's 2 to 7, accuracies, and a run's
    own curves.
    """
    from fftui.studies import figures as drawing

    formats = drawing.formats_of(format_)
    scale: Literal["quick", "full"] = "quick" if quick else "full"
    asked = drawing.FigureRequest(tuple(names), workspace_of(runs, data_dir), formats, scale, image)
    drawn = False
    for made in drawing.write_figures(asked, output):
        if isinstance(made, drawing.SkippedFigure):
            to_stderr(f"skipped: {made.name}: {made.reason}")
        else:
            drawn = True
            to_stdout(str(made))
    if not drawn:
        msg = "nothing was drawn; the reasons are given above"
        raise RequestError(msg)
