"""The command line: its commands by name, its entry point and its exit codes.

Every command loads what it needs by itself: `fftui --help` loads no torch, Textual or Polars.
"""

import atexit
import os
import signal
import sys
from io import StringIO
from typing import Annotated, cast

import typer

from fftui import __version__
from fftui.cli.compare_commands import compare
from fftui.cli.control_commands import attach, continue_, pause, skip, stop
from fftui.cli.data_commands import data_app
from fftui.cli.exchange_commands import import_
from fftui.cli.network_commands import inspect, predict, probe, weights
from fftui.cli.options import DataDir, Device, Notify, RunsDir, workspace_of
from fftui.cli.report_commands import report, site
from fftui.cli.run_commands import export, resume, run
from fftui.cli.runs_commands import archive, delete, note, rename, restore, runs_list, tag
from fftui.cli.show_commands import doctor, presets_app, show
from fftui.cli.study_commands import figures, reproduce, study
from fftui.cli.sweep_commands import sweep_app
from fftui.errors import FFTUIError, RequestError
from fftui.inert import one_line
from fftui.text.pictures_wanted import VARIABLE, Wanted
from fftui.text.streams import prepare, to_stderr, to_stdout
from fftui.waiting import choose_waiting

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
# the base of its errors: Typer has a copy of Click of its own, or not, by its version
CLICK_ERROR = cast("type[typer.BadParameter]", typer.BadParameter.__mro__[2])


def main() -> None:
    """Entry point: run the command line, every refusal and failure one line on stderr and its exit
    code.
    """
    prepare()
    choose_waiting()
    # a late Ctrl-C must not change the exit code
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    # Python puts the folder where the user stands before its own library for `-m` and `-c`, which
    # the processes of runs are started with: a file there must not run.
    os.environ.setdefault("PYTHONSAFEPATH", "1")
    try:
        # its errors are written here, where names from outside become inert
        sys.exit(app(standalone_mode=False))
    except FFTUIError as error:
        to_stderr(f"fftui: {' '.join(str(error).split())}")
        sys.exit(error.exit_code)
    except OSError as error:
        # a file that may not be read, is a link, or went away meanwhile
        to_stderr(one_line(f"fftui: {error.filename or 'a file'}: {error.strerror or error}"))
        sys.exit(1)
    except CLICK_ERROR as error:
        shown = StringIO()
        error.show(shown)
        to_stderr(shown.getvalue().rstrip())
        sys.exit(error.exit_code)
    except typer.Abort:
        to_stderr("Aborted!")
        sys.exit(1)


def _version(wanted: bool) -> None:
    if wanted:
        to_stdout(f"fftui {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def screen(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: typer.Context,
    runs: RunsDir = None,
    data_dir: DataDir = None,
    device: Device = "auto",
    notify: Notify = None,
    ascii_only: Annotated[
        bool, typer.Option("--ascii", help="Draw with ASCII alone, as FFTUI_ASCII=1 does.")
    ] = False,
    pictures: Annotated[
        Wanted | None,
        typer.Option(
            "--pictures",
            metavar="HOW",
            envvar=VARIABLE,
            show_envvar=False,
            help=f"Draw pictures: auto, cells, kitty, sixel.  [default: {VARIABLE}]",
            show_default=False,
        ),
    ] = None,
    refresh_s: Annotated[
        float,
        typer.Option(
            "--refresh",
            metavar="SECONDS",
            min=0.0,
            max=60.0,
            envvar="FFTUI_REFRESH",
            help="Seconds between two refreshes, for slow links.  [default: 0.25 to 1, by cost]",
            show_default=False,
        ),
    ] = 0.0,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """A workbench for Forward-Forward learning in the terminal. Without a command it opens the
    screen.
    """
    if ascii_only:
        os.environ["FFTUI_ASCII"] = "1"
    if pictures:
        os.environ[VARIABLE] = pictures
    if refresh_s:
        os.environ["FFTUI_REFRESH"] = str(refresh_s)
    if context.invoked_subcommand is None:
        from fftui.cli.open_screen import (  # noqa: PLC0415 - Textual
            QUICKSTART,
            check_terminal,
            open_screen,
        )

        check_terminal("fftui", QUICKSTART)
        raise typer.Exit(open_screen(workspace_of(runs, data_dir, device)))
    behind = {"--runs": runs, "--device": None if device == "auto" else device}
    for option, value in behind.items():
        if value is not None:
            command = f"fftui {context.invoked_subcommand} {option} {value}"
            msg = f"{option} stands behind the command: {command}"
            raise RequestError(msg)


app.command()(run)
app.command()(resume)
app.command()(attach)
app.command()(pause)
app.command("continue")(continue_)
app.command()(stop)
app.command()(skip)
app.add_typer(presets_app, name="presets")
app.add_typer(data_app, name="data")
app.add_typer(sweep_app, name="sweep")
app.command("runs")(runs_list)
for change in (tag, note, rename, archive, delete, restore):
    app.command()(change)
for command in (
    show,
    compare,
    inspect,
    probe,
    export,
    predict,
    weights,
    study,
    reproduce,
    figures,
    report,
    site,
    doctor,
):
    app.command()(command)
app.command("import")(import_)

if __name__ == "__main__":
    main()
