"""The command line. Every command loads what it needs by itself: `fftui --help` loads no torch,
Textual or Polars.

Imports inside the functions are what this file is about (PLC0415).
"""

# ruff: noqa: PLC0415, PLR0917

import atexit
import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from fftui import __version__
from fftui.cli.options import (
    AsJson,
    DataDir,
    Device,
    Headless,
    ListJson,
    Run,
    RunsDir,
    complete_data,
    complete_drawn,
    complete_own_data,
    complete_preset,
    complete_run,
    complete_study,
)
from fftui.errors import FFTUIError, RequestError
from fftui.text.streams import bytes_to_stdout, prepare, to_stderr, to_stdout

if TYPE_CHECKING:
    from fftui.data.catalogue import DataName
    from fftui.experiment import Experiment
    from fftui.runs.run_thread import RunThread

app = typer.Typer(
    name="fftui",
    help=(
        "A workbench for Forward-Forward learning in the terminal. Without a command it opens the"
        " screen."
    ),
    epilog=(
        "Where a command takes a RUN, it takes the id or a unique beginning of it, its name or"
        " path, or 'latest'."
    ),
    rich_markup_mode=None,  # plain help: read by screen readers, printed without loading Rich
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
presets_app = typer.Typer(help="List the presets, or show one.", rich_markup_mode=None)
data_app = typer.Typer(
    help="Data sets: what is here, and fetching what is not.", rich_markup_mode=None
)
app.add_typer(presets_app, name="presets")
app.add_typer(data_app, name="data")

QUICKSTART = ["run", "--preset", "quickstart", "--headless"]


def main() -> None:
    """Entry point: run the command line, every refusal and failure one line on stderr and its exit
    code.
    """
    prepare()
    # a late Ctrl-C must not change the exit code
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    try:
        app()
    except FFTUIError as error:
        to_stderr(f"fftui: {' '.join(str(error).split())}")
        sys.exit(error.exit_code)


def _version(wanted: bool) -> None:
    if wanted:
        to_stdout(f"fftui {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def screen(
    context: typer.Context,
    runs: RunsDir = None,
    data_dir: DataDir = None,
    device: Device = "auto",
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """A workbench for Forward-Forward learning in the terminal. Without a command it opens the
    screen.
    """
    if context.invoked_subcommand is not None:
        return
    _needs_terminal("fftui")
    from fftui.runs.folder import runs_folder
    from fftui.tui.app_runner import run_app

    raise typer.Exit(run_app(runs_folder(runs), data_dir, device))


@app.command()
def run(  # noqa: PLR0913 - one parameter an option
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset", metavar="NAME", help="What to do.", autocompletion=complete_preset
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Or: an experiment.toml, such as a run's."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="NAME", help="The data set.", autocompletion=complete_data),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="Change a field, such as phases.0.epochs=5. Repeatable.",
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", metavar="N", help="The seed.")] = None,
    device: Device = "auto",
    runs: RunsDir = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="TEXT", help="A name for the run.")
    ] = None,
    data_dir: DataDir = None,
    headless: Headless = False,
    as_json: AsJson = False,
) -> None:
    """Start a run of a preset, on the screen or headless.

    Ctrl-C once finishes the batch and writes checkpoint and tables; twice exits now.
    """
    from fftui.runs.folder import create, runs_folder

    experiment = _experiment(preset, config, data, set_ or [], seed)
    headless = headless or as_json
    if not headless:
        _needs_terminal("fftui run")
    runs_dir = runs_folder(runs)
    folder = create(
        runs_dir, experiment, preset=preset, name=name, device=device, data_folder=data_dir
    )
    if headless:
        from fftui.text.headless import run_experiment

        raise typer.Exit(
            run_experiment(folder, experiment, device=device, data_folder=data_dir, as_json=as_json)
        )
    from fftui.runs.run_thread import RunThread

    _on_screen(RunThread(folder, experiment, device, data_dir), runs_dir, data_dir, device)


@app.command()
def resume(  # noqa: PLR0913 - one parameter an option
    run: Run,
    device: Annotated[
        str | None,
        typer.Option(
            "--device", metavar="NAME", help="Another device.  [default: as it was started]"
        ),
    ] = None,
    runs: RunsDir = None,
    data_dir: DataDir = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Though another machine seems to run it: that one is gone."),
    ] = False,
    headless: Headless = False,
    as_json: AsJson = False,
) -> None:
    """Go on with an interrupted or failed run from its last checkpoint."""
    from fftui.runs.folder import find_run, runs_folder

    folder = find_run(runs_folder(runs), run)
    record, experiment = folder.record(), folder.experiment()
    if record.status == "finished":
        from fftui.text.headless import show_finished
        from fftui.text.plain import view_of

        show_finished(folder, record, view_of(folder), as_json=as_json)
        return
    if not force:
        from fftui.runs.status import ensure_not_running

        ensure_not_running(folder, record)
    asked = device or record.device_asked
    images = record.images(data_dir)
    if headless or as_json:
        from fftui.text.headless import run_experiment

        code = run_experiment(
            folder, experiment, device=asked, data_folder=images, resume=True, as_json=as_json
        )
        raise typer.Exit(code)
    _needs_terminal("fftui resume")
    from fftui.runs.run_thread import RunThread

    _on_screen(
        RunThread(folder, experiment, asked, images, resume=True), folder.path.parent, images, asked
    )


@presets_app.callback(invoke_without_command=True)
def presets(context: typer.Context, as_json: ListJson = False) -> None:
    """List the presets, or show one."""
    if context.invoked_subcommand is None:
        from fftui.presets import list_presets
        from fftui.text.plain import presets_json, presets_text

        to_stdout((presets_json if as_json else presets_text)(list_presets()))


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
    from fftui.text.plain import preset_toml

    to_stdout(preset_toml(read_preset(name), load_preset(name, data)))


@data_app.command("list")
def data_list(data_dir: DataDir = None, as_json: ListJson = False) -> None:
    """List the data sets: state, folder, size, and whether their checksums agree."""
    from fftui.data.verify import data_folder, dataset_statuses
    from fftui.text.plain import data_json, data_text

    to_stdout(
        (data_json if as_json else data_text)(dataset_statuses(data_dir), data_folder(data_dir))
    )


@data_app.command("get")
def data_get(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The data set.", autocompletion=complete_data)
    ],
    data_dir: DataDir = None,
) -> None:
    """Fetch a data set from the internet and check it; nothing is fetched if it is on
    this machine.
    """
    known = _data_name(name)
    from fftui.data.catalogue import SETS
    from fftui.data.fetch import get_set

    status = get_set(known, data_dir)
    if status.name not in SETS:
        to_stdout(f"{status.name} is one's own and in {status.where}, verified")
        return
    where = f"is in {status.where}" if status.name != "mnist-mini" else "comes with fftui"
    to_stdout(f"{status.name} {where}, {'verified' if status.verified else 'not verified'}")


@data_app.command("add")
def data_add(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="What to call it: small letters, digits, hyphens."),
    ],
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH", help="Folder of class folders, .npz, .parquet or folder of .parquet."
        ),
    ],
    test: Annotated[
        float | None,
        typer.Option(
            "--test",
            metavar="SHARE",
            help="Share of the images to test on where PATH has no test set.  [default: 1/6]",
        ),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option("--size", metavar="N", help="Resize all images to N by N pixels."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Bring one's own images and labels; `--data NAME` then takes them everywhere."""
    from fftui.data.adding import add_set

    record = add_set(name, path, folder=data_dir, test_share=test, size=size, progress=to_stderr)
    for note in record.notes:
        to_stderr(note)
    to_stdout(
        f"{name}: {record.train_images:,} training and {record.test_images:,} test images,"
        f" {record.info.description.removeprefix('own: ')}"
    )


@data_app.command("remove")
def data_remove(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="One's own set.", autocompletion=complete_own_data),
    ],
    data_dir: DataDir = None,
) -> None:
    """Delete one's own data set from the data folder; the images it came from stay."""
    from fftui.data.own_sets import remove_set

    to_stdout(f"{name} is deleted from {remove_set(name, data_dir).parent}")


@app.command("runs")
def runs_list(runs: RunsDir = None, as_json: ListJson = False) -> None:
    """List all runs, newest first."""
    from fftui.runs.folder import runs_folder
    from fftui.runs.listing import damaged_runs, list_runs
    from fftui.text.plain import runs_text

    records = list_runs(runs_folder(runs))
    for damaged in damaged_runs(runs_folder(runs)):
        to_stderr(f"skipped: {damaged.run_json} is damaged")
    if as_json:
        import json

        to_stdout(
            json.dumps([record.model_dump(mode="json") for record in records], ensure_ascii=False)
        )
    else:
        to_stdout(runs_text(records))


@app.command()
def show(run: Run, runs: RunsDir = None, as_json: ListJson = False) -> None:
    """Show a run: its status, layers and accuracies, in plain text."""
    from fftui.runs.folder import find_run, runs_folder
    from fftui.text.plain import run_facts, run_text

    folder = find_run(runs_folder(runs), run)
    if as_json:
        import json

        to_stdout(json.dumps(run_facts(folder), ensure_ascii=False))
    else:
        to_stdout(run_text(folder))


@app.command()
def export(
    run: Annotated[
        list[str],
        typer.Argument(metavar="RUN…", help="One run or several.", autocompletion=complete_run),
    ],
    table: Annotated[
        str,
        typer.Option(
            "--table",
            metavar="NAME",
            help="epochs, layers, evaluations, energy, telemetry or runs.",
        ),
    ] = "epochs",
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help=(
                "csv, parquet, json, ndjson, xlsx, markdown or latex.  [default: by the file's"
                " name, else csv]"
            ),
        ),
    ] = None,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="The file; - is stdout.")
    ] = "-",
    settings: Annotated[
        str,
        typer.Option(
            metavar="WHICH",
            help=(
                "Settings as columns: all, different (between the runs), none; auto: all for runs"
                " or several runs."
            ),
        ),
    ] = "auto",
    runs: RunsDir = None,
) -> None:
    """Export a table of one run, or of several into one, with their settings as columns."""
    from fftui.runs.folder import find_run, runs_folder

    runs_dir = runs_folder(runs)
    folders = list(dict.fromkeys(find_run(runs_dir, text) for text in run))
    from fftui.runs.export import BINARY, Request, exported, format_of, journal_problems
    from fftui.runs.export import export as export_to

    request = Request.of(table, to or format_of(output), settings)
    for problem in (line for folder in folders for line in journal_problems(folder)):
        to_stderr(f"fftui: {problem}")
    if output != "-":
        export_to(folders, request, Path(output))
    elif request.to in BINARY and sys.stdout.isatty():
        msg = f"{request.to} is binary and not for a terminal: name a file with -o"
        raise RequestError(msg)
    else:
        bytes_to_stdout(exported(folders, request))


@app.command()
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
            "--seeds", metavar="N", min=1, help="Runs a condition.  [default: 3; with --quick 1]"
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
    table: Annotated[
        bool, typer.Option("--table", help="Run nothing: the table of the finished trials.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Run nothing: list the trials and their likely time.")
    ] = False,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help="text, markdown, latex, csv, json, ndjson, parquet, xlsx.",
        ),
    ] = "text",
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="The file; - is stdout.")
    ] = "-",
    trials: Annotated[
        bool, typer.Option("--trials", help="A row a trial instead of one a condition.")
    ] = False,
    device: Device = "auto",
    runs: RunsDir = None,
    data_dir: DataDir = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="All of it as one JSON object on stdout.")
    ] = False,
) -> None:
    """Run a study, or list them: many runs that answer one question, and their table.

    What has finished is not run again, what was interrupted is resumed. Ctrl-C once finishes the
    batch; twice exits now.
    """
    from fftui.cli import study_headless as headless

    if name is None:
        to_stdout(headless.studies_json() if as_json else headless.studies_text())
        return
    from fftui.runs.folder import runs_folder

    workspace = headless.Workspace(runs_folder(runs), device, data_dir)
    asked = [_data_name(each) for each in data or []]
    build = headless.build_of_runs if table else headless.build
    built = build(name, "quick" if quick else "full", seeds, asked, workspace)
    out = headless.Output(to, trials, None if output == "-" else Path(output), as_json)
    if dry_run:
        to_stdout(headless.plan_text(built, workspace, as_json=as_json))
    elif table:
        headless.show_table(built, workspace.runs_dir, out)
    else:
        raise typer.Exit(headless.execute_study(built, workspace, out))


@app.command()
def reproduce(  # noqa: PLR0913 - one parameter an option
    quick: Annotated[
        bool,
        typer.Option(
            "--quick", help="Small runs on the digits that ship with fftui, in under 15 minutes."
        ),
    ] = False,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds", metavar="N", min=1, help="Runs a set-up.  [default: 3; with --quick 1]"
        ),
    ] = None,
    to: Annotated[
        str, typer.Option("--to", metavar="FORMAT", help="text, markdown or json.")
    ] = "text",
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="The file; - is stdout.")
    ] = "-",
    device: Device = "auto",
    runs: RunsDir = None,
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="As --to json.")] = False,
) -> None:
    """Test the paper's claims: run the experiments that decide on them, and give a verdict on each.

    What has finished is not run again, what was interrupted is resumed. Ctrl-C once finishes the
    batch; twice exits now.
    """
    from fftui.cli import claims_headless as headless
    from fftui.cli.study_headless import Workspace
    from fftui.runs.folder import runs_folder

    asked = headless.format_of("json" if as_json else to)
    request = headless.Request(
        "quick" if quick else "full", seeds, asked, None if output == "-" else Path(output)
    )
    raise typer.Exit(headless.reproduce(request, Workspace(runs_folder(runs), device, data_dir)))


@app.command()
def figures(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="STUDY|RUN…", help="Studies or runs, any number.", autocompletion=complete_drawn
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
    runs: RunsDir = None,
    data_dir: DataDir = None,
) -> None:
    """Draw the figures of studies and runs: the paper's 2 to 7, accuracies, and a run's
    own curves.
    """
    from fftui.runs.folder import runs_folder
    from fftui.studies import figures as drawing

    formats = drawing.formats_of(format_)
    scale: Literal["quick", "full"] = "quick" if quick else "full"
    asked = drawing.FigureRequest(tuple(names), runs_folder(runs), output, formats, scale, data_dir)
    drawn = False
    for made in drawing.write_figures(asked):
        if isinstance(made, drawing.SkippedFigure):
            to_stderr(f"skipped: {made.name}: {made.reason}")
        else:
            drawn = True
            to_stdout(str(made))
    if not drawn:
        msg = "nothing was drawn; the reasons are given above"
        raise RequestError(msg)


@app.command()
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
    text = render.report_text(report, render.output_width(), colour=render.output_has_colour())
    to_stdout(render.report_json(report) if as_json else text)
    raise typer.Exit(1 if report.broken else 0)


def _experiment(
    preset: str | None,
    config: Path | None,
    data: str | None,
    overrides: list[str],
    seed: int | None,
) -> "Experiment":
    from fftui.presets import load_config, load_preset

    if (preset is None) == (config is None):
        msg = (
            "to_stderr what to run with either --preset NAME (fftui presets lists them) or --config"
            " FILE"
        )
        raise RequestError(msg)
    if preset is not None:
        return load_preset(preset, data, overrides, seed)
    assert config is not None
    named = [] if data is None else [f'data.name="{_data_name(data)}"']
    return load_config(config, [*named, *overrides], seed)


def _on_screen(run_thread: "RunThread", runs_dir: Path, data_dir: Path | None, device: str) -> None:
    """Start a run and open the screen in front of it, to the end of both."""
    from fftui.tui.app_runner import run_app

    run_thread.start()
    code = run_app(runs_dir, data_dir, device, run_thread)
    from fftui.text.headless import exit_code_of

    raise typer.Exit(code if run_thread.is_alive() else exit_code_of(run_thread) or code)


def _data_name(name: str) -> "DataName":
    from fftui.data.own_sets import check_known

    return check_known(name)


def _needs_terminal(command: str) -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        again = [*sys.argv[1:], "--headless"] if command != "fftui" else QUICKSTART
        msg = (
            f"{command} opens a screen and there is no terminal here; try:"
            f" {shlex.join(['fftui', *again])}"
        )
        raise RequestError(msg)


if __name__ == "__main__":
    main()
