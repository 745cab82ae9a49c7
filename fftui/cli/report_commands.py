"""`report`, `site`: runs and studies as HTML.

Imports inside the functions, as in all of the command line (PLC0415).
"""

# ruff: noqa: PLC0415, PLR0917

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fftui.cli.options import (
    CurveMetric,
    DataDir,
    Fold,
    RunsDir,
    Where,
    chosen_runs,
    complete_drawn,
    file_of,
    workspace_of,
)
from fftui.errors import RequestError
from fftui.inert import one_line
from fftui.text.streams import file_to_stdout, to_stderr, to_stdout

if TYPE_CHECKING:
    from fftui.comparison.compare import CompareRequest
    from fftui.report.html_report import ReportRequest
    from fftui.runs.workspace import Workspace

SAY_EVERY_S = 5.0  # how far the pages of a site are


def report(  # noqa: PLR0913 - one parameter an option
    run: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN…|STUDY", help="Runs, or one study.", autocompletion=complete_drawn
        ),
    ] = None,
    where: Where = None,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="The file; - is stdout.")
    ] = "report.html",
    title: Annotated[
        str | None,
        typer.Option("--title", metavar="TEXT", help="[default: the study's or the runs' names]"),
    ] = None,
    metric: CurveMetric = None,
    fold: Fold = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Of the study at its quick scale.")
    ] = False,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds",
            metavar="N",
            min=1,
            max=1_000,
            help="Of the study.  [default: 3; with --quick 1]",
        ),
    ] = None,
    runs: RunsDir = None,
    data_dir: DataDir = None,
) -> None:
    """Write a report of runs, or of a study, as one HTML file that needs no network: outcomes,
    curves, settings that differ, claims, energy, machine, and what would run it again.
    """
    from fftui.comparison.compare import CompareRequest
    from fftui.report.html_report import report as made
    from fftui.runs.curve_metrics import metric_called
    from fftui.runs.files import check_writable, write_output
    from fftui.studies.study_catalogue import STUDIES

    if metric is not None:
        metric_called(metric)
    file = file_of(output)
    if file is not None:
        check_writable(file)
    compared = CompareRequest(metric, folded=fold)
    workspace = workspace_of(runs, data_dir)
    if run is not None and len(run) == 1 and run[0] in STUDIES:
        if where is not None:
            msg = "--where chooses runs, and a study has its own: leave one of them out"
            raise RequestError(msg)
        asked = _of_study(run[0], workspace, (quick, seeds), (title, compared))
    else:
        from fftui.report.html_report import ReportRequest

        folders = tuple(chosen_runs(run, where, runs))
        asked = ReportRequest(folders, workspace, None, title, compared)
    content = made(asked)
    if file is None:
        file_to_stdout(content)
        return
    replaced = file.is_file()
    write_output(file, content)
    to_stderr(f"{file} {'replaced' if replaced else 'written'}, {len(content) / 1e6:.2f} MB")


def _of_study(
    name: str,
    workspace: "Workspace",
    size: tuple[bool, int | None],
    shown: "tuple[str | None, CompareRequest]",
) -> "ReportRequest":
    """The report of a study at a `size`: whether the quick scale, and seeds."""
    from dataclasses import replace

    from fftui.cli.study_headless import build_of_runs
    from fftui.report.html_report import study_report

    quick, seeds = size
    study = build_of_runs(name, "quick" if quick else "full", seeds, (), workspace)
    return replace(study_report(study, workspace, shown[0]), compared=shown[1])


def site(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="DIR", help="Where runs live.  [default: FFTUI_RUNS, else runs/ here]"
        ),
    ] = None,
    where: Where = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="The folder for the pages.")
    ] = Path("site"),
    again: Annotated[
        bool, typer.Option("--again", help="All pages, also of runs that have not changed since.")
    ] = False,
) -> None:
    """Write a page for each run of a folder, and a table of all that can be sorted and searched.

    Pages of runs that have not changed since are left as they are.
    """
    from fftui.report.site import write_site

    written, said_at = 0, time.monotonic()
    for made in write_site(workspace_of(folder), output, where or "", again=again):
        written += made.written
        if made.problem:
            to_stderr(one_line(f"fftui: {made.problem}"))
        if time.monotonic() - said_at > SAY_EVERY_S:
            said_at = time.monotonic()
            to_stderr(f"{made.place} of {made.of} runs")
    to_stderr(f"{written} page{'' if written == 1 else 's'} written")
    to_stdout(str(output / "index.html"))
