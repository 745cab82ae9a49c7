"""Opening the screen from the command line."""

import gc
import os
import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fftui.errors import RequestError
from fftui.runs.workspace import Workspace
from fftui.text.streams import is_served

if TYPE_CHECKING:
    from fftui.runs.folder import RunFolder
    from fftui.runs.run_thread import RunThread

QUICKSTART = ("run", "--preset", "quickstart", "--headless")


def check_terminal(command: str, instead: Sequence[str] | None = None) -> None:
    """Raise RequestError, with what to type instead (the same, headless), where there is no
    terminal for a screen.
    """
    if is_served():
        return
    why = ""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        why = "there is no terminal here"
    elif os.environ.get("TERM") == "dumb":
        why = "this terminal cannot show one (TERM=dumb)"
    if why:
        again = shlex.join(["fftui", *(instead or [*sys.argv[1:], "--headless"])])
        msg = f"{command} opens a screen and {why}; try: {again}"
        raise RequestError(msg)


def open_screen(workspace: Workspace, run_thread: "RunThread | None" = None) -> int:
    """Show the screen until it is closed, with a run in front where one is given, which is started
    here; returns the exit code.

    Raises RequestError where that run was refused, RunFailedError where it failed.
    """
    _begin_loading()
    from fftui.tui.app_runner import run_app  # noqa: PLC0415 - Textual

    if run_thread is not None:
        run_thread.start()
    code = run_app(workspace, run_thread)
    if run_thread is None or run_thread.is_alive():
        return code
    if code == 0 and run_thread.view.status == "interrupted":
        return code  # handed over to the background, as was said
    from fftui.text.run_result import exit_code_of  # noqa: PLC0415 - only for a run

    return exit_code_of(run_thread) or code


def open_attached(folder: "RunFolder") -> int:
    """Show the screen of a run of another process until it is closed; returns the exit code."""
    _begin_loading()
    from fftui.tui.app_runner import run_app  # noqa: PLC0415 - Textual

    return run_app(Workspace(folder.path.parent), attached=folder.id)


def open_sweep_screen(workspace: Workspace, name: str, trials: int | None = None) -> int:
    """Show the screen of the sweep called `name` until it is closed, and carry trials out there
    until it has so many (None: none); returns the exit code.
    """
    _begin_loading()
    from fftui.tui.app_runner import run_app  # noqa: PLC0415 - Textual
    from fftui.tui.messages import OpenSweep, StartSweep  # noqa: PLC0415

    first = [OpenSweep(name), *([StartSweep(name, trials)] if trials is not None else [])]
    return run_app(workspace, first=first)


def _begin_loading() -> None:
    """What is loaded for the screen stays: no garbage is looked for until its first picture."""
    gc.disable()
