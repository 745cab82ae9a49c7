"""Runs that belong to no terminal: headless, in a session of their own, with their lines in
`run.log`.

`python -m fftui.text.detached FOLDER` carries one out, with `--resume` from its last checkpoint,
and then those of `--then`, one after the other; `start_detached` starts that. With `--go-on` it
begins the run or goes on with it, whichever is left to do, and ends it gently where its stdin, a
pipe from the program that asked for it, is closed: so jobs and tasks of other machines do
(`fftui.executors`).
"""

import argparse
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

from fftui.errors import FFTUIError, RequestError
from fftui.events import ControlRequested, RunStarted
from fftui.plugins import load_plugins
from fftui.runs.files import open_own
from fftui.runs.folder import RunFolder
from fftui.runs.journal import JournalTail, read_journal
from fftui.runs.run_queue import RunQueue
from fftui.runs.run_thread import RunThread
from fftui.runs.starting import begun_run, queued_run, resumed_run
from fftui.text.headless import run_experiment
from fftui.text.signal_handlers import INTERRUPTED
from fftui.text.streams import prepare, to_stderr

START_S = 120.0  # torch and the images are loaded
LOOK_EVERY_S = 0.1
RESUME = "--resume"
GO_ON = "--go-on"
THEN = "--then"


def start_detached(folder: RunFolder, *options: str) -> None:
    """Start the run in `folder` in the background, or with `RESUME` (and `--device=NAME`,
    `--data-dir=DIR`) go on with it, and wait until it learns, at most `START_S` seconds.

    Raises RequestError where it is refused, or cannot be started.
    """
    tail = JournalTail.from_end(folder.journal)
    command = [sys.executable, "-m", "fftui.text.detached", str(folder.path), *options]
    try:
        with _appended(folder.output_log) as log:
            began = log.tell()
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            if not _learns(process, tail):
                log.seek(began)
                raise RequestError(_reason(log.read(), folder))
    except OSError as error:
        msg = f"cannot start run {folder.id} in the background: {error.strerror}"
        raise RequestError(msg) from error


def _learns(process: "subprocess.Popen[bytes]", tail: JournalTail) -> bool:
    """Wait for the run's first event; False where its process ends before."""
    give_up = time.monotonic() + START_S
    while time.monotonic() < give_up:
        over = process.poll() is not None  # before reading: what it wrote at its end is read
        if any(isinstance(event, RunStarted) for _, event in tail.read()):
            break
        if over:
            return False
        time.sleep(LOOK_EVERY_S)
    return True


def _reason(output: bytes, folder: RunFolder) -> str:
    """The last line that a run which did not start has written."""
    lines = output.decode("utf-8", "replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    return said[-1].removeprefix("fftui: ") if said else f"run {folder.id} did not start"


def main() -> None:
    """Carry out the run whose folder is the first argument, then those that wait; exits with the
    first exit code that is not 0.
    """
    prepare()
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=_folder)
    parser.add_argument(RESUME, action="store_true")
    parser.add_argument(GO_ON, action="store_true")
    parser.add_argument("--device")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument(THEN, type=_folder, action="append", default=[])
    asked = parser.parse_args()
    if asked.go_on and _has_finished(asked.folder):
        sys.exit(0)
    queue = RunQueue()
    for folder in asked.then:
        with suppress(FFTUIError):  # deleted meanwhile
            queue.add(folder)

    def first() -> RunThread:
        load_plugins()
        if asked.go_on:
            return _ended_with_stdin(queued_run(asked.folder))
        if asked.resume:
            return resumed_run(asked.folder, data_folder=asked.data_dir, device=asked.device)
        return begun_run(asked.folder)

    codes, ran = [_exit_code_of(first)], asked.folder
    while not _ended_by_signal(codes[-1], ran) and (folder := queue.take()) is not None:
        ran = folder
        _write_to(folder.output_log)
        codes.append(_exit_code_of(partial(queued_run, folder)))
    sys.exit(next(filter(None, codes), 0))


def _has_finished(folder: RunFolder) -> bool:
    """Whether nothing is left to do: another job of the same run was quicker."""
    try:
        return folder.record().status == "finished"
    except FFTUIError:
        return False  # said where the run is opened


def _ended_with_stdin(run_thread: RunThread) -> RunThread:
    """The run, which ends gently once stdin is closed, where that is a pipe."""

    def wait() -> None:
        while os.read(0, 4096):
            pass
        run_thread.stop()

    if stat.S_ISFIFO(os.fstat(0).st_mode):
        threading.Thread(target=wait, name="fftui-stdin", daemon=True).start()
    return run_thread


def _folder(path: str) -> RunFolder:
    return RunFolder(Path(path))


def _exit_code_of(run_thread: Callable[[], RunThread]) -> int:
    """Carry out a run, its failure one line on stderr; returns its exit code."""
    try:
        return run_experiment(run_thread())
    except FFTUIError as error:
        to_stderr(f"fftui: {' '.join(str(error).split())}")
        return error.exit_code


def _ended_by_signal(code: int, folder: RunFolder) -> bool:
    """Whether the process was asked to end, and not the run alone by `fftui stop`."""
    if code != INTERRUPTED:
        return False
    asked = False
    for _, event in read_journal(folder.journal, RunStarted, ControlRequested):
        asked = isinstance(event, ControlRequested) and event.action == "stop"
    return not asked


def _appended(log: Path) -> BinaryIO:
    """The log, opened to append and read. Raises OSError, also where it is a link to elsewhere."""
    return os.fdopen(open_own(log, os.O_RDWR | os.O_APPEND | os.O_CREAT), "ab+")


def _write_to(log: Path) -> None:
    """Write what comes on stdout and stderr to `log` from here on."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with _appended(log) as file:
        for fd in (1, 2):
            os.dup2(file.fileno(), fd)


if __name__ == "__main__":
    main()
