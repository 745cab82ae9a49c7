"""Runs that belong to no terminal: headless, in a session of their own, with their lines in
`run.log`.

`python -m fftui.text.detached FOLDER` carries one out, with `--resume` from its last checkpoint;
`start_detached` starts that.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from fftui.errors import FFTUIError, RequestError
from fftui.events import RunStarted
from fftui.plugins import load_plugins
from fftui.runs.folder import RunFolder
from fftui.runs.journal import JournalTail
from fftui.runs.starting import begun_run, resumed_run
from fftui.text.headless import run_experiment
from fftui.text.streams import prepare, to_stderr

START_S = 120.0  # torch and the images are loaded
LOOK_EVERY_S = 0.1
RESUME = "--resume"


def start_detached(folder: RunFolder, *options: str) -> None:
    """Start the run in `folder` in the background, or with `RESUME` (and `--device=NAME`,
    `--data-dir=DIR`) go on with it, and wait until it learns, at most `START_S` seconds.

    Raises RequestError where it is refused, or cannot be started.
    """
    tail = JournalTail.from_end(folder.journal)
    command = [sys.executable, "-m", "fftui.text.detached", str(folder.path), *options]
    try:
        with folder.output_log.open("ab+") as log:
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
    """Carry out the run whose folder is the first argument; exits with its exit code."""
    prepare()
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=lambda text: RunFolder(Path(text)))
    parser.add_argument(RESUME, action="store_true")
    parser.add_argument("--device")
    parser.add_argument("--data-dir", type=Path)
    asked = parser.parse_args()
    try:
        load_plugins()
        run_thread = (
            resumed_run(asked.folder, data_folder=asked.data_dir, device=asked.device)
            if asked.resume
            else begun_run(asked.folder)
        )
        code = run_experiment(run_thread)
    except FFTUIError as error:
        to_stderr(f"fftui: {' '.join(str(error).split())}")
        code = error.exit_code
    sys.exit(code)


if __name__ == "__main__":
    main()
