"""Notices at the end of a run or study: a bell and a message of the terminal, and a command of the
user's.

The command comes from `--notify` or FFTUI_NOTIFY. No shell reads it, and what it is to say is in
its environment, so no name of a run is ever executed.
"""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fftui.errors import RequestError, RunFailedError
from fftui.events import Status
from fftui.inert import one_line
from fftui.text.format import accuracy_text
from fftui.text.signal_handlers import INTERRUPTED
from fftui.text.streams import detach, to_stderr

if TYPE_CHECKING:
    from fftui.runs.view import RunView

VARIABLE = "FFTUI_NOTIFY"
COMMAND_S = 30.0  # a command that takes longer is ended
ESCAPE = "\x1b"
PLAIN_TERMINALS = ("linux", "dumb", "")  # show what they do not know as text


@dataclass(frozen=True)
class Notice:
    """The end of the run, or of the study, called `name`: its status and test accuracy (a fraction
    of 1; None without one).
    """

    name: str
    status: Status
    accuracy: float | None = None

    @property
    def text(self) -> str:
        """The end in one line."""
        accuracy = "" if self.accuracy is None else f", test {accuracy_text(self.accuracy)}"
        return f"{self.name} {self.status}{accuracy}"

    @property
    def environment(self) -> dict[str, str]:
        """What the command is given."""
        accuracy = "" if self.accuracy is None else f"{self.accuracy:.6g}"
        return {
            "FFTUI_RUN": one_line(self.name),
            "FFTUI_STATUS": self.status,
            "FFTUI_ACCURACY": accuracy,
        }


def end_of(run: str, view: "RunView") -> Notice:
    """The notice of the end of `run`."""
    result = view.result
    return Notice(run, view.status, None if result is None else result.test_accuracy)


def terminal_notice(notice: Notice) -> str:
    """What rings the terminal's bell and, by OSC 9, shows the notice where the terminal can."""
    if os.environ.get("TERM", "") in PLAIN_TERMINALS:
        return "\a"
    text = one_line(f"fftui: {notice.text}")
    return "\a" + through_tmux(f"{ESCAPE}]9;{text}\a")


def through_tmux(sequence: str) -> str:
    """A control sequence as tmux passes it on to the terminal outside (`allow-passthrough on`);
    unchanged without tmux.
    """
    if not os.environ.get("TMUX"):
        return sequence
    return f"{ESCAPE}Ptmux;{sequence.replace(ESCAPE, ESCAPE * 2)}{ESCAPE}\\"


def check_command(command: str) -> list[str]:
    """The words of a command. Raises RequestError where it has none or cannot be found."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        msg = f"--notify {command}: {error}; write it as in a shell"
        raise RequestError(msg) from error
    if not words or shutil.which(words[0]) is None:
        msg = f"--notify {command}: there is no program {words[0] if words else ''!r} here"
        raise RequestError(msg)
    return words


def _own_environment() -> dict[str, str]:
    """The user's environment, without what fftui has set in it for processes of its own."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}


def run_command(notice: Notice) -> str | None:
    """Run the user's command, if there is one, and wait for it; returns what went wrong in one
    line.
    """
    command = os.environ.get(VARIABLE)
    if not command:
        return None
    try:
        done = subprocess.run(
            check_command(command),
            env=_own_environment() | notice.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_S,
            check=False,
        )
    except RequestError as error:
        return str(error)
    except OSError as error:
        return f"--notify {command}: {error.strerror}"
    except subprocess.TimeoutExpired:
        return f"--notify {command}: ended after {COMMAND_S:.0f} s"
    return f"--notify {command}: exit code {done.returncode}" if done.returncode else None


def give(notice: Notice) -> None:
    """Give notice on the terminal of stderr, if it is one, and by the user's command."""
    if sys.stderr.isatty():
        try:
            sys.stderr.write(terminal_notice(notice))
            sys.stderr.flush()
        except OSError:
            detach(sys.stderr)
    if problem := run_command(notice):
        to_stderr(problem)


def with_notice(name: str, work: Callable[[], int]) -> int:
    """Do the `work` of a study, which returns an exit code, and give notice of its end; what is
    refused at once needs none.

    Raises what `work` raises.
    """
    try:
        code = work()
    except RunFailedError:
        give(Notice(name, "failed"))
        raise
    ends: dict[int, Status] = {0: "finished", INTERRUPTED: "interrupted"}
    give(Notice(name, ends.get(code, "failed")))
    return code
