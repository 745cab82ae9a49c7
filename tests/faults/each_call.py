"""What a kill before each call that changes a file leaves, of one run: copies of its folder, made
while the process stands still before the call. `SIGKILL` takes nothing of what calls before it
changed, so that a copy is what it leaves; each is resumed and compared with a run that nobody
killed.
"""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from fftui import events as ev
from fftui.runs.folder import RunFolder
from fftui.runs.journal import read_journal

from .kills import problems_after_resume
from .processes import Fault
from .situations import Trial, problems_of, the_run

MEASURED = ev.TelemetrySampled | ev.WindowMeasured | ev.MetricsUnavailable


ATTEMPTS = 8


@dataclass(frozen=True)
class Left:
    """A folder of runs as a kill before any of some calls leaves it, and those calls' numbers,
    counted from 1; calls that only flush leave the same one.
    """

    calls: tuple[int, ...]
    folder: Path


def left_by_kills(trial: Trial) -> list[Left]:
    """What kills before the calls of one more run of `trial` leave, in their order; a run with a
    checkpoint in the middle of an epoch.
    """
    runs, copies = trial.runs / "each-call", trial.runs / "each-call-copies"
    # as few checkpoints as have one there, however busy the machine is
    for attempt in range(ATTEMPTS):
        words = trial.begin_words(runs, checkpoint__every_s=trial.seconds / 4 / 2**attempt)
        copies.mkdir()
        done = trial.commands.run(words, Fault(runs, "copy", copies=copies))
        assert done.code == 0, done.err
        assert problems_of(trial, runs) == []
        if _has_checkpoint_within_epoch(the_run(runs)):
            shutil.rmtree(runs)
            return _without_doubles(
                [(call, copies / f"{call}") for call in range(1, done.calls + 1)]
            )
        shutil.rmtree(runs)
        shutil.rmtree(copies)
    msg = f"{ATTEMPTS} runs of {trial.kind} wrote no checkpoint within an epoch"
    raise AssertionError(msg)


def goes_on(trial: Trial, left: Left) -> Iterator[str]:
    """What is wrong after the run that was left is resumed, or begun where it had not appeared."""
    runs = trial.runs / "each-call"  # where it was: a path in a record is its own
    shutil.rmtree(runs, ignore_errors=True)
    if left.folder.exists():
        left.folder.rename(runs)
    calls = ", ".join(map(str, left.calls))
    yield from problems_after_resume(trial, runs, f"{trial.kind}, killed before call {calls}")


def _has_checkpoint_within_epoch(folder: RunFolder) -> bool:
    events = (event for _, event in read_journal(folder.journal) if not isinstance(event, MEASURED))
    return any(
        isinstance(first, ev.Stepped) and isinstance(second, ev.Checkpointed)
        for first, second in pairwise(events)
    )


def _without_doubles(copies: Sequence[tuple[int, Path]]) -> list[Left]:
    """One for each run of copies that hold the same."""
    found: list[Left] = []
    before = ""
    for call, folder in copies:
        contents = _digest(folder)
        if found and contents == before:
            found[-1] = Left((*found[-1].calls, call), found[-1].folder)
            shutil.rmtree(folder, ignore_errors=True)
        else:
            found.append(Left((call,), folder))
        before = contents
    return found


def _digest(folder: Path) -> str:
    """Of the names, rights, times and bytes of all files."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        stat = path.lstat()
        digest.update(f"{path.relative_to(folder)}\0{stat.st_mode}\0".encode())
        if path.is_file():
            digest.update(f"{stat.st_mtime_ns} {stat.st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()
