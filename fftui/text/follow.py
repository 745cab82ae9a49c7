"""A run as plain lines while it learns, for screen readers and logs: what `fftui show` says of it,
then a line for each event that a log keeps.
"""

import sys
import time

from fftui.inert import inert, one_line
from fftui.runs.folder import RunFolder
from fftui.runs.journal import JournalTail
from fftui.runs.status import current_record
from fftui.runs.view import RunView, fold
from fftui.text.layer_text import end_text
from fftui.text.progress_line import LogLines
from fftui.text.run_result import resume_command
from fftui.text.run_text import run_text
from fftui.text.signal_handlers import INTERRUPTED
from fftui.text.streams import detach

LOOK_EVERY_S = 0.5
EXIT_CODES = {"finished": 0, "interrupted": INTERRUPTED}


def follow_run(folder: RunFolder) -> int:
    """Write the run in words to stdout, then a line for each new event that a log keeps, until the
    run ends; returns its exit code, 130 after Ctrl-C, 0 where the reader of the lines is gone.

    Raises RunNotFoundError where there is no run.
    """
    tail = JournalTail(folder.journal)
    try:
        view = fold(tail.read())
        _say(run_text(folder, view))
        return _follow(folder, tail, view)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        detach(sys.stdout)
        return 0


def _follow(folder: RunFolder, tail: JournalTail, view: RunView) -> int:
    if view.result is not None:  # the words above say it
        return EXIT_CODES.get(view.result.status, 1)
    lines = LogLines()
    while True:
        # before reading: what a process wrote at its end is read
        status = current_record(folder).status
        for at, event in tail.read():
            view = view.after(at, event)
            if line := lines.line(event, view):
                _say(one_line(line))
        if view.result is not None:
            _say(one_line(_end(view)))
            return EXIT_CODES.get(view.result.status, 1)
        if status not in ("waiting", "running", "paused", "unsaved"):
            _say(f"{status}: its process is gone; go on with: {resume_command(folder)}")
            return EXIT_CODES.get(status, 1)
        time.sleep(LOOK_EVERY_S)


def _end(view: RunView) -> str:
    """The end of the run in one line."""
    result = view.result
    assert result is not None
    return end_text(result) if result.error is None else f"{result.status}: {result.error}"


def _say(text: str) -> None:
    """Write lines at once. Raises BrokenPipeError where nobody reads them."""
    text = inert(text)
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
    sys.stdout.flush()
