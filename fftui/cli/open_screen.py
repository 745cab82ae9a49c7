"""Opening the screen from the command line."""

import shlex
import sys
from typing import TYPE_CHECKING

from fftui.errors import RequestError
from fftui.runs.workspace import Workspace

if TYPE_CHECKING:
    from fftui.runs.run_thread import RunThread

QUICKSTART = ("run", "--preset", "quickstart", "--headless")


def check_terminal(command: str) -> None:
    """Raise RequestError, with what to type instead, where there is no terminal for a screen."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        again = [*sys.argv[1:], "--headless"] if command != "fftui" else QUICKSTART
        msg = (
            f"{command} opens a screen and there is no terminal here; try:"
            f" {shlex.join(['fftui', *again])}"
        )
        raise RequestError(msg)


def open_screen(workspace: Workspace, run_thread: "RunThread | None" = None) -> int:
    """Show the screen until it is closed, with a run in front where one is given, which is started
    here; returns the exit code.

    Raises RequestError where that run was refused, RunFailedError where it failed.
    """
    from fftui.text.run_result import exit_code_of  # noqa: PLC0415 - only for a run
    from fftui.tui.app_runner import run_app  # noqa: PLC0415 - Textual

    if run_thread is not None:
        run_thread.start()
    code = run_app(workspace, run_thread)
    if run_thread is None or run_thread.is_alive():
        return code
    return exit_code_of(run_thread) or code
