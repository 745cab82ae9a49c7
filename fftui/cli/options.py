"""Options and arguments that several commands share, and what a shell completes them to.

Imports inside the functions, as in all of the command line (PLC0415).
"""

# ruff: noqa: PLC0415

from contextlib import suppress
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fftui.errors import FFTUIError, RequestError
from fftui.inert import one_line
from fftui.runs.workspace import Workspace

if TYPE_CHECKING:
    from fftui.data.catalogue import DataName
    from fftui.executors.executor import Executor
    from fftui.runs.folder import RunFolder


def complete_run(incomplete: str) -> list[str]:
    """'latest' and the ids of runs."""
    from fftui.runs.finding import run_folders, runs_folder

    ids: list[str] = []
    with suppress(FFTUIError):  # a runs folder that cannot be read completes nothing
        ids = [folder.id for folder in run_folders(runs_folder())]
    return _completing(["latest", *ids], incomplete)


def _completing(ids: list[str], incomplete: str) -> list[str]:
    """The ids that begin so; a shell writes them to the terminal, so those that are no text are
    left out.
    """
    return [each for each in ids if each.startswith(incomplete) and one_line(each) == each]


def complete_running(incomplete: str) -> list[str]:
    """The ids of runs that are running or paused."""
    from fftui.runs.finding import runs_folder
    from fftui.runs.listing import list_runs
    from fftui.runs.status import is_live

    ids: list[str] = []
    with suppress(FFTUIError):
        ids = [run.id for run in list_runs(runs_folder()) if is_live(run)]
    return _completing(ids, incomplete)


def chosen_runs(run: list[str] | None, where: str | None, runs: Path | None) -> "list[RunFolder]":
    """The runs that a command is for: those named, or those that a filter wants.

    Raises RequestError where neither is given, or the filter wants none.
    """
    from fftui.runs.filter import filtered
    from fftui.runs.finding import find_run
    from fftui.runs.listing import RunListing

    runs_dir = workspace_of(runs).runs_dir
    if bool(run) == (where is not None):
        msg = "say which runs: either RUN… or --where EXPR"
        raise RequestError(msg)
    if where is None:
        return list(dict.fromkeys(find_run(runs_dir, text) for text in run or ()))
    folders = [each.folder for each in filtered(where, RunListing(runs_dir))]
    if not folders:
        msg = f"no run in {runs_dir} is wanted by {where!r}"
        raise RequestError(msg)
    return folders


def complete_field(incomplete: str) -> list[str]:
    """Names of the fields of a list of runs."""
    from fftui.runs.run_fields import FIELDS

    return [field.name for field in FIELDS if field.name.startswith(incomplete)]


def complete_deleted(incomplete: str) -> list[str]:
    """The ids of deleted runs."""
    from fftui.runs.finding import runs_folder
    from fftui.runs.trash import deleted_runs

    ids: list[str] = []
    with suppress(FFTUIError):
        ids = [run.id for run in deleted_runs(runs_folder())]
    return _completing(ids, incomplete)


def complete_preset(incomplete: str) -> list[str]:
    """Names of presets."""
    from fftui.presets import list_presets

    return [preset.name for preset in list_presets() if preset.name.startswith(incomplete)]


def complete_own_preset(incomplete: str) -> list[str]:
    """Names of one's own presets."""
    from fftui.presets import list_presets

    own = (preset.name for preset in list_presets() if preset.is_own)
    return [name for name in own if name.startswith(incomplete)]


def complete_drawn(incomplete: str) -> list[str]:
    """What `fftui figures` draws: studies and runs."""
    return [*complete_study(incomplete), *complete_run(incomplete)]


def complete_data(incomplete: str) -> list[str]:
    """Names of data sets, one's own included."""
    from fftui.data.own_sets import known_names

    return [name for name in known_names() if name.startswith(incomplete)]


def complete_study(incomplete: str) -> list[str]:
    """Names of studies."""
    from fftui.studies.study_catalogue import STUDIES

    return [name for name in STUDIES if name.startswith(incomplete)]


def complete_claim(incomplete: str) -> list[str]:
    """Ids of the paper's claims."""
    from fftui.claims import CLAIMS

    return [claim.id for claim in CLAIMS if claim.id.startswith(incomplete)]


def workspace_of(
    runs: Path | None, data_dir: Path | None = None, device: str = "auto"
) -> Workspace:
    """The workspace that `--runs`, `--data-dir` and `--device` name."""
    from fftui.runs.finding import runs_folder

    return Workspace(runs_folder(runs), data_dir, device)


def executor_of(on: str | None, jobs: int, workspace: Workspace) -> "Executor":
    """What carries runs out: the place that `--on` names, else `jobs` processes of this machine.

    Raises RequestError where both are given, or the place is not there.
    """
    from fftui.executors.local import LocalExecutor
    from fftui.executors.spec import parse_executor

    if on is None:
        return LocalExecutor(jobs)
    if jobs > 1:
        msg = "--jobs N is --on local:N: give one of them"
        raise RequestError(msg)
    return parse_executor(on).executor(workspace.runs_dir)


def data_set(name: str) -> "DataName":
    """The data set called `name`. Raises RequestError, with the nearest name, if unknown."""
    from fftui.data.own_sets import check_known

    return check_known(name)


def file_of(output: str) -> Path | None:
    """The file that `--output` names; None for `-`, which is stdout."""
    return None if output == "-" else Path(output)


def complete_own_data(incomplete: str) -> list[str]:
    """Names of one's own data sets."""
    from fftui.data.own_sets import own_names

    return [name for name in own_names() if name.startswith(incomplete)]


def _use_data_dir(context: typer.Context, folder: Path | None) -> Path | None:
    """Set FFTUI_DATA for the time of the command: presets, studies and what they start find one's
    own sets where --data-dir says.
    """
    if folder is not None and not context.resilient_parsing:
        _set_variable(context, "FFTUI_DATA", str(folder.expanduser().absolute()))
    return folder


def _use_notify(context: typer.Context, command: str | None) -> str | None:
    """Set FFTUI_NOTIFY for the time of the command and of what it starts."""
    if command and not context.resilient_parsing:
        from fftui.text.notices import VARIABLE, check_command

        check_command(command)
        _set_variable(context, VARIABLE, command)
    return command


def _set_variable(context: typer.Context, name: str, value: str) -> None:
    """Set an environment variable for the time of the command."""
    before = environ.get(name)
    environ[name] = value

    def restore() -> None:
        if before is None:
            environ.pop(name, None)
        else:
            environ[name] = before

    context.call_on_close(restore)


RunsDir = Annotated[
    Path | None,
    typer.Option(
        "--runs", metavar="DIR", help="Where runs live.  [default: FFTUI_RUNS, else runs/ here]"
    ),
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="Where data sets lie.  [default: FFTUI_DATA, else per user]",
        callback=_use_data_dir,
    ),
]
Device = Annotated[
    str, typer.Option("--device", metavar="NAME", help="auto, cpu, cuda, cuda:1, mps …")
]
Run = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="Id, unique prefix, name, path or 'latest'.",
        autocompletion=complete_run,
    ),
]
Runs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="RUN…",
        help="Id, unique prefix, name, path or 'latest'; several are allowed.",
        autocompletion=complete_run,
    ),
]
Where = Annotated[
    str | None,
    typer.Option(
        "--where",
        metavar="EXPR",
        help="Runs that a filter wants, such as 'data=mnist accuracy>97 tag:baseline'.",
        autocompletion=complete_field,
    ),
]
Headless = Annotated[
    bool, typer.Option("--headless", help="No screen: progress on stderr, the result on stdout.")
]
Detach = Annotated[
    bool,
    typer.Option("--detach", help="In the background: the run belongs to no terminal; see attach."),
]
Notify = Annotated[
    str | None,
    typer.Option(
        "--notify",
        metavar="COMMAND",
        help=(
            "Run this at the end, with FFTUI_RUN, FFTUI_STATUS, FFTUI_ACCURACY set.  [default:"
            " FFTUI_NOTIFY]"
        ),
        callback=_use_notify,
    ),
]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="The result as one JSON object on stdout; implies --headless."),
]
Ranks = Annotated[
    str | None,
    typer.Option(
        "--ranks",
        metavar="WAY",
        help="What processes started by torchrun share: data (each batch), blocks (the same, with"
        " the same bits for any number of processes) or layers.  [default: data]",
    ),
]
Log = Annotated[
    str | None,
    typer.Option(
        "--log",
        metavar="TRACKER:DIR",
        help="Write the curves into a tracker's files while it learns: tensorboard:DIR.",
    ),
]
ListJson = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
WholeJson = Annotated[bool, typer.Option("--json", help="All of it as one JSON object on stdout.")]
TableFormat = Annotated[
    str,
    typer.Option(
        "--to", metavar="FORMAT", help="text, markdown, latex, csv, json, ndjson, parquet, xlsx."
    ),
]
CurveMetric = Annotated[
    str | None,
    typer.Option(
        "--metric",
        metavar="NAME",
        help="Of the lines: loss, test_accuracy …  [default: accuracy, else loss]",
    ),
]
Fold = Annotated[
    bool, typer.Option("--fold", help="The seeds of an experiment as one, with their range.")
]
Jobs = Annotated[
    int,
    typer.Option(
        "--jobs",
        metavar="N",
        min=1,
        max=1_000,
        help="Runs at once, each with its share of the cores; those whose time or memory is"
        " compared run alone.",
    ),
]
On = Annotated[
    str | None,
    typer.Option(
        "--on",
        metavar="PLACE",
        help="Where runs are carried out: local:N (processes, each with its share of the cores),"
        " slurm[:N] or ray[://HOST:PORT], then settings such as ,cores=4,gpus=0.5,minutes=60.",
    ),
]
Output = Annotated[
    str, typer.Option("--output", "-o", metavar="FILE", help="The file; - is stdout.")
]
