"""A disk that is full at some byte, fails, or becomes read-only, and a folder that is deleted or
moved while its run learns; then there is room, and the run goes on or is resumed.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from fftui.runs.finding import run_records
from fftui.runs.folder import RunFolder
from fftui.runs.run_record import RunRecord

from .processes import Done, Fault, Mode
from .situations import Trial, problems_of, random_for, resumed, run_folders

RUN_FILES_BYTES = 4_000  # of the experiment and the record: a run that has begun
WAIT_S = 60.0
UNTIL_S = 120.0


def full_at(trial: Trial, offset: int) -> Iterator[str]:
    """What is wrong after a disk had room for `offset` bytes, and the run was resumed with room."""
    runs = trial.runs / f"full-{offset}"
    done = trial.commands.run(trial.begin_words(runs), Fault(runs, "no space", offset))
    yield from _ended(trial, runs, done, f"{trial.kind}, full after {offset} bytes")


def full_then_room(trial: Trial, offset: int) -> Iterator[str]:
    """What is wrong after a run waited for room, and found it."""
    yield from _mended(trial, "no space", offset, f"{trial.kind}, room after {offset} bytes")


def failing_from(trial: Trial, mode: Mode, call: int) -> Iterator[str]:
    """What is wrong after every change of a file failed from the `call`-th on."""
    runs = trial.runs / f"{mode.replace(' ', '-')}-{call}"
    done = trial.commands.run(trial.begin_words(runs), Fault(runs, mode, call))
    yield from _ended(trial, runs, done, f"{trial.kind}, {mode} from call {call}")


def failing_then_mended(trial: Trial, mode: Mode, call: int) -> Iterator[str]:
    """What is wrong after a run waited for a folder that failed, and was mended."""
    yield from _mended(trial, mode, call, f"{trial.kind}, {mode} from call {call}, then mended")


def deleted_at_random(trial: Trial, seed: int) -> Iterator[str]:
    """What is wrong after the folder of runs was deleted while its run learned."""
    runs = trial.runs / f"deleted-{seed}"
    done = _disturbed(trial, runs, seed, lambda: shutil.rmtree(runs, ignore_errors=True))
    if any(_deleted_as_it_ended(*found) for found in run_records(runs)):
        shutil.rmtree(runs)
    yield from _ended(trial, runs, done, f"{trial.kind}, deleted, seed {seed}")


def moved_at_random(trial: Trial, seed: int) -> Iterator[str]:
    """What is wrong after the folder of runs was moved while its run learned, and moved back when
    that had given up.
    """
    runs = trial.runs / f"moved-{seed}"
    elsewhere = trial.runs / f"elsewhere-{seed}"

    def move() -> None:
        with suppress(OSError):
            runs.rename(elsewhere)

    done = _disturbed(trial, runs, seed, move)
    if elsewhere.exists():
        if runs.exists() and not run_folders(runs):
            shutil.rmtree(runs)
        with suppress(OSError):
            elsewhere.rename(runs)
    yield from _ended(trial, runs, done, f"{trial.kind}, moved, seed {seed}")


def _deleted_as_it_ended(folder: RunFolder, record: RunRecord | None) -> bool:
    """Whether the run had all and finished, while its folder was being emptied: what was deleted
    then is nobody's to bring back.
    """
    return record is not None and record.status == "finished" and not folder.checkpoint.exists()


def _disturbed(trial: Trial, runs: Path, seed: int, disturb: Callable[[], None]) -> Done:
    """Disturb a run at a random moment after its journal has appeared."""
    trial.commands.start(trial.begin_words(runs))
    until = time.monotonic() + UNTIL_S
    while not any(runs.glob("[!.]*/journal.jsonl")) and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(random_for(seed, trial.kind).uniform(0.0, 0.5 * trial.seconds))
    disturb()
    return trial.commands.finish()


def _mended(trial: Trial, mode: Mode, at: int, what: str) -> Iterator[str]:
    runs, mended = trial.runs / f"mended-{mode.replace(' ', '-')}-{at}", trial.runs / "mended"
    mended.unlink(missing_ok=True)
    words = trial.begin_words(runs, checkpoint__keep_trying_s=UNTIL_S)
    pid = trial.commands.start(words, Fault(runs, mode, at, mended))
    time.sleep(trial.seconds)
    began = time.monotonic()
    while not _waits(runs) and _is_there(pid) and time.monotonic() < began + WAIT_S:
        time.sleep(0.1)
    mended.touch()
    done = trial.commands.finish()
    if done.code == 2:  # refused before it had begun: one line, and nothing is left
        yield from _said(done, what)
        return
    if done.code != 0:
        yield f"{what}: exit code {done.code}: {done.err[-300:]}"
    yield from _compared(trial, runs, what)


def _waits(runs: Path) -> bool:
    """Whether the run may be waiting: nothing was written there for a second."""
    times = []
    for path in runs.glob("*/*"):
        with suppress(OSError):
            times.append(path.stat().st_mtime)
    return time.time() - max(times, default=time.time()) > 1.0


def _is_there(pid: int) -> bool:
    try:
        return "zombie" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def _ended(trial: Trial, runs: Path, done: Done, what: str) -> Iterator[str]:
    yield from _said(done, what)
    again = resumed(trial, runs)
    if again.code != 0:
        yield f"{what}: resume: exit code {again.code}: {again.err[-300:]}"
    yield from _compared(trial, runs, what)


def _compared(trial: Trial, runs: Path, what: str) -> Iterator[str]:
    found = problems_of(trial, runs)
    yield from (f"{what}: {each}" for each in found)
    if not found:
        shutil.rmtree(runs)


def _said(done: Done, what: str) -> Iterator[str]:
    """What is wrong with how a run ended: not one clear line, or another exit code."""
    if "Traceback" in done.err:
        yield f"{what}: a traceback: {done.err[-600:]}"
    lines = [line for line in done.err.split("\n") if line.startswith("fftui: ")]
    if done.code not in (0, 1, 2):
        yield f"{what}: exit code {done.code}: {done.err[-300:]}"
    if done.code in (1, 2) and len(lines) != 1:
        yield f"{what}: {len(lines)} lines at the end: {done.err[-300:]}"
