"""Carries out one request of the command line in this process, and judges the answer."""

import io
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from fftui.cli import main as cli

HANG_S = 2.0  # of processor time
STUCK_S = 60.0  # of the clock: waiting for what never comes takes no processor time
LONGEST_LINE = 1_000  # characters
USAGE = ("Usage:", "Try ", "Error: ")  # what Typer writes of an option that it does not take


@dataclass(frozen=True)
class Asked:
    """What is asked: the words of a command, and the files that it reads, by path."""

    words: tuple[str, ...]
    files: Mapping[Path, bytes] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """How a command ended; `fault` says what is wrong with that, empty where nothing is."""

    code: object
    error: str
    fault: str


class Hang(BaseException):
    """The request took too long."""


def ask(asked: Asked, hang_s: float = HANG_S) -> Answer:
    """Put the files there, carry the command out, judge how it ended, take the files away."""
    for path, content in asked.files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    try:
        with _environment(asked.environment), _streams() as (_, error):
            code, fault = _ended(asked.words, hang_s)
            sys.stderr.flush()
            written = error.getvalue().decode("utf-8", "backslashreplace")
    finally:
        for path in asked.files:
            path.unlink(missing_ok=True)
    return Answer(code, written, fault or _judged(code, written))


def _ended(words: Sequence[str], hang_s: float) -> tuple[object, str]:
    """The exit code, and what went wrong besides."""
    before, sys.argv = sys.argv, ["fftui", *words]
    started = time.process_time()
    try:
        with _limits(hang_s):
            cli.main()
    except SystemExit as left:
        code: object = left.code or 0
    except Hang as hang:
        return None, f"hangs: {hang}"
    except BaseException as error:  # noqa: BLE001 - any that is left over is what is looked for
        return None, f"{type(error).__name__}: {error!s:.200}"
    else:
        return None, "main returned"
    finally:
        sys.argv = before
    taken = time.process_time() - started
    return code, f"hangs: took {taken:.1f} s" if taken > hang_s else ""


def _judged(code: object, error: str) -> str:
    if code not in (0, 1, 2):  # 1: the run has none of what is asked for, such as a checkpoint
        return f"exit code {code}"
    if "Traceback" in error:
        return "a traceback on stderr"
    lines = [line for line in error.splitlines() if line.strip()]
    if code and not lines:
        return "refused without a word"
    if code and not lines[-1].startswith(("fftui: ", *USAGE)):
        return "the last line is none of fftui's"
    longest = max(map(len, lines), default=0)
    return f"a line of {longest} characters" if longest > LONGEST_LINE else ""


@contextmanager
def _limits(hang_s: float) -> Iterator[None]:
    """Raises Hang where the work inside takes too long."""

    def give_up(number: int, _frame: FrameType | None) -> None:
        raise Hang("stuck" if number == signal.SIGALRM else "computes on and on")

    before = [(number, signal.signal(number, give_up)) for number in _TIMERS.values()]
    signal.setitimer(signal.ITIMER_PROF, 2 * hang_s)
    signal.setitimer(signal.ITIMER_REAL, max(STUCK_S, hang_s))
    try:
        yield
    finally:
        for timer in _TIMERS:
            signal.setitimer(timer, 0)
        for number, handler in before:
            signal.signal(number, handler)


_TIMERS = {signal.ITIMER_PROF: signal.SIGPROF, signal.ITIMER_REAL: signal.SIGALRM}


@contextmanager
def _streams() -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    """stdin without an end to it, stdout and stderr kept."""
    before = sys.stdin, sys.stdout, sys.stderr
    kept = io.BytesIO(), io.BytesIO()
    sys.stdin = io.TextIOWrapper(io.BytesIO())
    sys.stdout, sys.stderr = (io.TextIOWrapper(each, "utf-8", write_through=True) for each in kept)
    try:
        yield kept
    finally:
        sys.stdin, sys.stdout, sys.stderr = before


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
