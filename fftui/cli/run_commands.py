"""`run`, `resume`, `export`: the commands that run an experiment and read its tables.

Imports inside the functions, as in all of the command line (PLC0415).
"""

# ruff: noqa: PLC0415, PLR0917

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fftui.cli.exchange_commands import export_elsewhere, is_elsewhere, live_log
from fftui.cli.open_screen import check_terminal, open_screen
from fftui.cli.options import (
    AsJson,
    DataDir,
    Detach,
    Device,
    Headless,
    Log,
    Notify,
    On,
    Output,
    Ranks,
    Run,
    Runs,
    RunsDir,
    Where,
    chosen_runs,
    complete_data,
    complete_preset,
    data_set,
    workspace_of,
)
from fftui.cli.ranks import join_ranks
from fftui.errors import RequestError
from fftui.inert import one_line
from fftui.text.streams import file_to_stdout, to_stderr, to_stdout

if TYPE_CHECKING:
    from fftui.executors.submitted import SubmittedRun
    from fftui.experiment import Experiment
    from fftui.runs.folder import RunFolder
    from fftui.runs.run_thread import RunThread


def run(  # noqa: PLR0913 - one parameter an option
    word: Annotated[
        str | None,
        typer.Argument(
            metavar="PRESET", help="What to do: as --preset.", autocompletion=complete_preset
        ),
    ] = None,
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
    by_backprop: Annotated[
        bool,
        typer.Option(
            "--as-backprop",
            help="The same layers, images and epochs by backprop: a control. --set is of it.",
        ),
    ] = False,
    seed: Annotated[int | None, typer.Option("--seed", metavar="N", help="The seed.")] = None,
    device: Device = "auto",
    runs: RunsDir = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="TEXT", help="A name for the run.")
    ] = None,
    data_dir: DataDir = None,
    headless: Headless = False,
    detach: Detach = False,
    notify: Notify = None,
    estimate: Annotated[
        bool,
        typer.Option("--estimate", help="Say the likely time, memory and disk, and start nothing."),
    ] = False,
    as_json: AsJson = False,
    ranks: Ranks = None,
    on: On = None,
    log: Log = None,
) -> None:
    """Start a run of a preset, on the screen or headless.

    Ctrl-C once finishes the batch and writes checkpoint and tables; twice exits now.
    """
    from fftui.runs.expectation import warning_of
    from fftui.runs.new_folder import create
    from fftui.runs.starting import new_run

    _check_detach(detach, as_json)
    _check_log(log, detach or on is not None)
    preset = _only(word, preset)
    start_training = join_ranks(ranks, device, data_dir, _alone(detach, estimate, on))
    overrides = set_ or []
    if by_backprop:
        experiment = _control(_experiment(preset, config, data, [], seed), overrides)
    else:
        experiment = _experiment(preset, config, data, overrides, seed)
    workspace = workspace_of(runs, data_dir, device)
    headless = headless or as_json
    if estimate:
        from fftui.cli.run_estimate import show_estimate

        show_estimate(experiment, workspace, as_json=as_json)
        return
    if on is not None:
        from fftui.cli.run_elsewhere import submitted_run

        submitted = submitted_run(on, experiment, workspace, preset, name)
        raise typer.Exit(_carried_out_elsewhere(submitted, on, detach=detach, as_json=as_json))
    if detach:
        warning_of(experiment, workspace.device)
        _detach(create(workspace, experiment, preset=preset, name=name))
        return
    if not headless:
        check_terminal("fftui run")
    live = live_log(log)
    run_thread = new_run(
        experiment, workspace, preset=preset, name=name, start_training=start_training
    )
    if live is not None:
        live.follow(run_thread)
    raise typer.Exit(_execute(run_thread, headless=headless, as_json=as_json))


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
    detach: Detach = False,
    notify: Notify = None,
    as_json: AsJson = False,
    ranks: Ranks = None,
    log: Log = None,
) -> None:
    """Go on with an interrupted, unsaved or failed run from its last checkpoint."""
    from fftui.runs.finding import find_run
    from fftui.runs.starting import resumed_run
    from fftui.runs.status import ensure_not_running, take_from_other_machines

    _check_detach(detach, as_json)
    _check_log(log, detach)
    start_training = join_ranks(ranks, device or "auto", data_dir, _alone(detach))
    folder = find_run(workspace_of(runs).runs_dir, run)
    record = folder.record()
    if record.status == "finished":
        from fftui.text.run_result import show_finished

        show_finished(folder, record, as_json=as_json)
        return
    if force:
        take_from_other_machines(folder)
    else:
        ensure_not_running(folder, record)
    if detach:
        changes = (("--device", device), ("--data-dir", data_dir))
        _detach(folder, "--resume", *(f"{name}={value}" for name, value in changes if value))
        return
    headless = headless or as_json
    if not headless:
        check_terminal("fftui resume")
    live = live_log(log)
    run_thread = resumed_run(
        folder, data_folder=data_dir, device=device, start_training=start_training
    )
    if live is not None:
        live.follow(run_thread)
    raise typer.Exit(_execute(run_thread, headless=headless, as_json=as_json))


def export(  # noqa: PLR0913 - one parameter an option
    run: Runs = None,
    where: Where = None,
    table: Annotated[
        str,
        typer.Option(
            "--table",
            metavar="NAME",
            help="epochs, layers, evaluations, images, energy, telemetry, ranks or runs.",
        ),
    ] = "epochs",
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help=(
                "csv, parquet, json, ndjson, xlsx, markdown or latex; of whole runs zip,"
                " tensorboard, wandb, mlflow or trackio.  [default: by the file's name, else csv]"
            ),
        ),
    ] = None,
    output: Output = "-",
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
    raw: Annotated[
        bool,
        typer.Option(
            "--raw",
            help="Text exactly as it stands in the run's folder: cells may be formulas to a"
            " spreadsheet, or hold control characters.",
        ),
    ] = False,
    runs: RunsDir = None,
) -> None:
    """Export a table of one run, or of several into one, with their settings as columns; or whole
    runs, as an archive that fftui import takes, or as the files of a tracker.
    """
    folders = chosen_runs(run, where, runs)
    if elsewhere := is_elsewhere(to, output):
        export_elsewhere(folders, elsewhere, output)
        return
    from fftui.runs.export import BINARY, Request, exported, format_of, journal_problems
    from fftui.runs.export import export as export_to
    from fftui.runs.kept_tables import ensure_tables

    request = Request.of(table, to or format_of(output), settings, raw=raw)
    for folder in folders:
        ensure_tables(folder)
    for problem in (line for folder in folders for line in journal_problems(folder)):
        to_stderr(one_line(f"fftui: {problem}"))
    if output != "-":
        export_to(folders, request, Path(output))
    elif request.to in BINARY and sys.stdout.isatty():
        msg = f"{request.to} is binary and not for a terminal: name a file with -o"
        raise RequestError(msg)
    else:
        file_to_stdout(exported(folders, request))


def _check_log(log: str | None, elsewhere: bool) -> None:
    if log is not None and elsewhere:
        msg = (
            "--log writes from this process, and the run has another with --detach or --on: use"
            " fftui export --to later"
        )
        raise RequestError(msg)


def _check_detach(detach: bool, as_json: bool) -> None:
    if detach and as_json:
        msg = "--detach leaves before there is a result for --json: use fftui show RUN --json later"
        raise RequestError(msg)


def _alone(detach: bool, estimate: bool = False, on: str | None = None) -> str | None:
    """The option given that is of one process."""
    given = {"--detach": detach, "--estimate": estimate, "--on": on is not None}
    return next((option for option, is_given in given.items() if is_given), None)


def _carried_out_elsewhere(run: "SubmittedRun", on: str, *, detach: bool, as_json: bool) -> int:
    """Submit a run and follow it, or leave it; returns the exit code."""
    if detach:
        from fftui.cli.run_elsewhere import leave_submitted

        leave_submitted(run, on)
        return 0
    from fftui.text.headless import run_experiment

    return run_experiment(run, as_json=as_json)


def _detach(folder: "RunFolder", *options: str) -> None:
    """Start the run in the background, its id on stdout, where to find it on stderr."""
    from fftui.text.detached import start_detached
    from fftui.text.run_result import in_background

    start_detached(folder, *options)
    to_stderr(in_background(folder))
    to_stdout(folder.id)


def _execute(run_thread: "RunThread", *, headless: bool, as_json: bool) -> int:
    """Carry a run out, on the screen or headless; returns the exit code."""
    if headless:
        from fftui.text.headless import run_experiment

        return run_experiment(run_thread, as_json=as_json)
    return open_screen(run_thread.workspace, run_thread)


def _control(experiment: "Experiment", overrides: list[str]) -> "Experiment":
    """The same by backprop, with what is set of it."""
    from fftui.experiment.control import as_backprop
    from fftui.experiment.values import parse_overrides

    return as_backprop(experiment).changed(parse_overrides(overrides))


def _only(word: str | None, option: str | None) -> str | None:
    """The preset that is named as a word or by --preset. Raises RequestError where both name
    one.
    """
    if word is not None and option is not None:
        msg = f"name one preset: {word} or --preset {option}"
        raise RequestError(msg)
    return word if option is None else option


def _experiment(
    preset: str | None,
    config: Path | None,
    data: str | None,
    overrides: list[str],
    seed: int | None,
) -> "Experiment":
    from fftui.experiment.values import parse_overrides
    from fftui.presets import load_config, load_preset

    changes = parse_overrides(overrides)
    if preset is not None and config is None:
        return load_preset(preset, data, changes, seed)
    if config is None or preset is not None:
        msg = (
            "name what to run with either --preset NAME (fftui presets lists them) or --config FILE"
        )
        raise RequestError(msg)
    named = {} if data is None else {"data.name": data_set(data)}
    return load_config(config, named | changes, seed)
