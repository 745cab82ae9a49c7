"""`compare`: several runs beside each other.

Imports inside the functions, as in all of the command line (PLC0415).
"""

# ruff: noqa: PLC0415, PLR0917

from pathlib import Path
from typing import Annotated

import typer

from fftui.cli.options import (
    CurveMetric,
    Fold,
    Output,
    RunsDir,
    complete_run,
    file_of,
    workspace_of,
)
from fftui.text.streams import file_to_stdout, to_stderr


def compare(  # noqa: PLR0913 - one parameter an option
    run: Annotated[
        list[str],
        typer.Argument(metavar="RUN…", help="Two runs or more.", autocompletion=complete_run),
    ],
    metric: CurveMetric = None,
    layer: Annotated[
        int | None,
        typer.Option("--layer", metavar="N", min=1, help="Of this layer alone.  [default: all]"),
    ] = None,
    x: Annotated[
        str, typer.Option("--x", metavar="NAME", help="epoch, step or seconds.")
    ] = "epoch",
    fold: Fold = False,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help="text, markdown, csv, json or svg.  [default: by the file's name, else text]",
        ),
    ] = None,
    output: Output = "-",
    runs: RunsDir = None,
) -> None:
    """Compare runs: final accuracies with intervals, time, energy and memory, what differs in their
    settings, and the lines of a metric.
    """
    from fftui.comparison.compare import CompareRequest, comparison_of
    from fftui.comparison.comparison_export import COMPARISON_FORMATS, format_of_file, rendered
    from fftui.errors import one_of
    from fftui.runs.curve_metrics import X_NAMES
    from fftui.runs.files import write_output
    from fftui.runs.finding import find_run

    wanted = one_of("format", to or format_of_file(output), COMPARISON_FORMATS)
    request = CompareRequest(metric, layer, one_of("axis", x, X_NAMES), folded=fold)
    runs_dir = workspace_of(runs).runs_dir
    folders = [find_run(runs_dir, text) for text in run]
    content = rendered(comparison_of(folders, request), wanted)
    file: Path | None = file_of(output)
    if file is None:
        file_to_stdout(content)
        return
    replaced = file.is_file()
    write_output(file, content)
    to_stderr(f"{file} {'replaced' if replaced else 'written'}")
