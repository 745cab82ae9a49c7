"""KiB a second that the screen writes to its terminal, by what it shows.

Each state is reached by its keys in a pseudo-terminal that is read as fast as it is written. The
run learns for ever, so every chart moves.
"""

import argparse
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from figure import Figure, say
from terminal import FFTUI, terminal

LEARNS = ("run", "--preset", "quickstart", "--set", "phases.0.epochs=100000")
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


def kib_per_s(
    state: State, runs: Path, size: tuple[int, int], seconds: float, settles_s: float
) -> float:
    """What the screen writes in `state`."""
    with terminal(LEARNS if state.learns else (), runs, size) as screen:
        screen.read_until(b"learning" if state.learns else b"quickstart")
        screen.read_for(settles_s)
        for key in state.keys:
            screen.press(key)
            screen.read_for(settles_s)
        screen.read_for(settles_s)
        return screen.read_for(seconds) / seconds / 1024


def finished_run(runs: Path) -> None:
    """A run of one epoch."""
    command = [*FFTUI, "run", "--preset", "quickstart", "--headless"]
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
