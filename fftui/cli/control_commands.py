"""`attach`, `pause`, `continue`, `stop`, `skip`: the commands for a run of another process.

Imports inside the functions, as in all of the command line (PLC0415).
"""

# ruff: noqa: PLC0415

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from fftui.cli.open_screen import check_terminal, open_attached
from fftui.cli.options import Notify, RunsDir, complete_running, workspace_of
from fftui.inert import one_line
from fftui.text.streams import to_stderr

if TYPE_CHECKING:
    from fftui.events import ControlAction

Running = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN",
        help="Id, unique prefix, name or path.  [default: the newest that is running]",
        autocompletion=complete_running,
    ),
]


def attach(run: Running = None, runs: RunsDir = None, notify: Notify = None) -> None:
    """Open the live screen of a run that another process or login started, with its keys.

    Leaving does not end the run. One whose process is gone is shown as interrupted; R resumes it.
    """
    from fftui.runs.listing import find_running

    folder = find_running(workspace_of(runs).runs_dir, run)
    folder.record()  # refused here, where it is damaged
    check_terminal("fftui attach", ("show", *sys.argv[2:]) if run else ("runs", *sys.argv[2:]))
    raise typer.Exit(open_attached(folder))


def pause(run: Running = None, runs: RunsDir = None) -> None:
    """Pause a run after its batch, with a checkpoint."""
    _ask("pause", run, runs, "pauses after this batch; fftui continue goes on with it")


def continue_(run: Running = None, runs: RunsDir = None) -> None:
    """Go on with a paused run."""
    _ask("continue", run, runs, "goes on")


def stop(run: Running = None, runs: RunsDir = None) -> None:
    """Stop a run after its batch, with a checkpoint; `fftui resume` goes on from there."""
    _ask("stop", run, runs, "stops after this batch; fftui resume goes on from its checkpoint")


def skip(run: Running = None, runs: RunsDir = None) -> None:
    """End the layer that is learning, or all that learn in parallel, and go on with the next."""
    _ask("skip", run, runs, "ends this layer after this batch")


def _ask(action: "ControlAction", run: str | None, runs: RunsDir, answer: str) -> None:
    from fftui.runs.control_file import request_and_wait
    from fftui.runs.listing import find_running
    from fftui.runs.status import ensure_running

    folder = find_running(workspace_of(runs).runs_dir, run)
    ensure_running(folder, folder.record())
    request_and_wait(folder, action)
    to_stderr(one_line(f"run {folder.id} {answer}"))
