"""KiB a second that the screen writes to its terminal, by what it shows.

Each state is reached by its keys in a pseudo-terminal that is read as fast as it is written. The
run learns for ever, so every chart moves.
"""

import argparse
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from dataclasses import dataclass
from pathlib import Path

from figure import Figure, say

ENTER, ESCAPE, PALETTE = "\r", "\x1b", "\x10"


@dataclass(frozen=True)
class State:
    """What is measured: the name, the keys that lead there, and whether a run learns."""

    name: str
    keys: tuple[str, ...]
    learns: bool = True


STATES = (
    State("a run that learns", ()),
    State("help over it", ("?",)),
    State("the question before quitting over it", ("q",)),
    State("the palette over it", (PALETTE,)),
    State("its settings over it", ("t",)),
    State("its metrics over the whole run", ("g",)),
    State("the presets", (), learns=False),
    State("the form", (ENTER,), learns=False),
    State("the list of runs", ("r",), learns=False),
    State("a finished run, opened from the list", ("r", ENTER), learns=False),
)


def read_for(master: int, seconds: float) -> int:
    """Read for so long; returns the number of bytes."""
    read, until = 0, time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if select.select([master], [], [], left)[0]:
            read += len(os.read(master, 65536))
    return read


def read_until(master: int, wanted: bytes) -> None:
    """Read until the screen has shown `wanted`: how long a start takes is not measured here."""
    seen = b""
    while wanted not in seen:
        seen += os.read(master, 65536)


def kib_per_s(
    state: State, runs: Path, size: tuple[int, int], seconds: float, settles_s: float
) -> float:
    """What the screen writes in `state`."""
    command = [sys.executable, "-m", "fftui"]
    if state.learns:
        command += ["run", "--preset", "quickstart", "--set", "phases.0.epochs=100000"]
    process, master = pty.fork()
    if process == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execv(command[0], [*command, "--runs", str(runs)])
    try:
        columns, rows = size
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        read_until(master, b"learning" if state.learns else b"quickstart")
        read_for(master, settles_s)
        for key in state.keys:
            os.write(master, key.encode())
            read_for(master, settles_s)
        read_for(master, settles_s)
        return read_for(master, seconds) / seconds / 1024
    finally:
        os.kill(process, signal.SIGKILL)
        os.close(master)
        os.waitpid(process, 0)


def finished_run(runs: Path) -> None:
    """A run of one epoch."""
    command = [sys.executable, "-m", "fftui", "run", "--preset", "quickstart", "--headless"]
    command += ["--set", "phases.0.epochs=1", "--runs", str(runs)]
    subprocess.run(command, check=True, capture_output=True)


def main() -> None:
    """One table: a row a state, a column a size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="a state (default 10)")
    parser.add_argument("--only", default="", metavar="TEXT", help="states whose name has it")
    parser.add_argument("--settles", type=float, default=4.0, help="seconds after a key")
    parser.add_argument("--sizes", default="80x24,200x50", metavar="COLUMNSxROWS,…")
    arguments = parser.parse_args()
    sizes = [tuple(map(int, size.split("x"))) for size in arguments.sizes.split(",")]
    print("| KiB/s | " + arguments.sizes.replace(",", " | ") + " |")
    print("|---|" + "---|" * len(sizes))
    said = []
    for state in STATES:
        if arguments.only not in state.name:
            continue
        figures = []
        for size in sizes:
            with tempfile.TemporaryDirectory() as folder:
                if not state.learns:
                    finished_run(Path(folder))
                figures.append(
                    kib_per_s(state, Path(folder), size, arguments.seconds, arguments.settles)
                )
        print(
            f"| {state.name} | " + " | ".join(f"{each:.1f}" for each in figures) + " |", flush=True
        )
        said += [
            Figure(f"{state.name}, {columns}x{rows}", each, "KiB/s")
            for (columns, rows), each in zip(sizes, figures, strict=True)
        ]
    print()
    for figure in said:
        say(figure)


if __name__ == "__main__":
    main()
