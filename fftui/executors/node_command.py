"""What a job or task does on its node: run one command, and say how it ended."""

import os
import subprocess
import sys

from fftui.inert import inert

LONGEST_LINE = 2_000  # characters of the last line that are kept


def run_here(words: list[str], threads: int) -> tuple[int, str]:
    """Run Python with `words` on `threads` cores; returns its exit code and last line on stderr.

    Its stdin is a pipe from here that is closed when this process ends, in whatever way: then the
    run ends gently (`fftui.text.detached`).
    """
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    last = ""
    with subprocess.Popen(
        [sys.executable, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=environment,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            sys.stderr.write(inert(line))
            last = line.strip() or last
    return process.returncode, last.removeprefix("fftui: ")[:LONGEST_LINE]
