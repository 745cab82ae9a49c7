"""Samples a second with the screen open against headless: the same experiment, in short turns.

Both runs are there all the time, and one of them is stopped (SIGSTOP) while the other learns for
some seconds, so that a machine whose speed changes from minute to minute changes it for both. A
pair is some turns of each. What counts is the time for which a run was let go on, between the ends
of its first and last epoch in the pair: start-up is left out and everything else (journal,
checkpoint, screen) is in. So is the first second of a turn left out, in which a screen that comes
back from a stop is drawn whole. The screen is on a pseudo-terminal of 200 x 50 that is read as fast
as it writes.
"""

import argparse
import os
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from figure import Figure, say
from terminal import FFTUI, terminal

from fftui.events import EpochFinished
from fftui.runs.journal import read_journal

ROWS, COLUMNS = 50, 200
FOR_EVER = 1_000_000  # epochs: the benchmark ends the runs
COMES_BACK_S = 1.0  # left out at the beginning of a turn


@dataclass
class RunInTurns:
    """A run that learns in turns: its process, its folder of runs, how a time passes beside it
    (`wait`), and its turns so far, from when to when.
    """

    pid: int
    runs: Path
    wait: Callable[[float], object]
    turns: list[tuple[float, float]] = field(default_factory=list)

    def stop(self) -> None:
        """Let it stand still."""
        os.kill(self.pid, signal.SIGSTOP)

    def take_turn(self, seconds: float) -> None:
        """Let it go on, and count it for so long."""
        os.kill(self.pid, signal.SIGCONT)
        self.wait(COMES_BACK_S)
        began = time.time()
        self.wait(seconds)
        self.stop()
        self.turns.append((began, time.time()))

    def epochs(self) -> list[tuple[float, float]]:
        """When each epoch ended, and the images that it learned from."""
        return [
            (at, event.samples_per_s * event.epoch_s)
            for journal in self.runs.glob("*/journal.jsonl")
            for at, event in read_journal(journal)
            if isinstance(event, EpochFinished)
        ]


def samples_per_s(turns: Sequence[tuple[float, float]], epochs: list[tuple[float, float]]) -> float:
    """Images learned a second of these turns, between the ends of their first and last epoch."""
    within = [
        (went_on_s(turns, at), images)
        for at, images in epochs
        if any(begin <= at <= end for begin, end in turns)
    ]
    if len(within) < 2:
        raise SystemExit("too few epochs end in a pair: ask for more or longer turns")
    return sum(images for _, images in within[1:]) / (within[-1][0] - within[0][0])


def went_on_s(turns: Sequence[tuple[float, float]], at: float) -> float:
    """Seconds for which the run was let go on in these turns until `at`."""
    return sum(min(end, at) - begin for begin, end in turns if begin <= at)


def words(asked: argparse.Namespace) -> list[str]:
    """The experiment that both run."""
    overrides = [f"phases.0.epochs={FOR_EVER}", "evaluation.every=0"]
    if asked.images:
        overrides.append(f"data.train_images={asked.images}")
    sets = [part for override in overrides for part in ("--set", override)]
    return ["run", "--preset", "quickstart", *sets]


@contextmanager
def headless(asked: argparse.Namespace) -> Iterator[RunInTurns]:
    """A headless run."""
    with tempfile.TemporaryDirectory() as folder:
        command = [*FFTUI, *words(asked), "--runs", folder, "--headless"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield RunInTurns(process.pid, Path(folder), time.sleep)
        finally:
            process.kill()
            process.wait()


@contextmanager
def with_screen(asked: argparse.Namespace) -> Iterator[RunInTurns]:
    """A run with the screen open."""
    with (
        tempfile.TemporaryDirectory() as folder,
        terminal(words(asked), Path(folder), (COLUMNS, ROWS)) as screen,
    ):
        yield RunInTurns(screen.pid, Path(folder), screen.read_for)


def begin(run: RunInTurns, settles_s: float) -> None:
    """Wait until it learns and a little longer, then let it stand still."""
    while not run.epochs():
        run.wait(0.2)
    run.wait(settles_s)
    run.stop()


def take_pair(alone: RunInTurns, watched: RunInTurns, asked: argparse.Namespace) -> None:
    """Some turns of each, whose order changes so that neither is always the first."""
    for turn in range(asked.turns):
        for run in (alone, watched)[:: -1 if turn % 2 else 1]:
            run.take_turn(asked.seconds)


def speeds(run: RunInTurns, turns_a_pair: int) -> list[float]:
    """Its images a second in each pair."""
    epochs = run.epochs()
    pairs = range(0, len(run.turns), turns_a_pair)
    return [samples_per_s(run.turns[each : each + turns_a_pair], epochs) for each in pairs]


def main() -> None:
    """Pairs of turns; their speeds, and the ratio pair by pair."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, help="training images (default all)")
    parser.add_argument("--repeats", type=int, default=8, help="pairs (default 8)")
    parser.add_argument("--turns", type=int, default=4, help="of each run in a pair (default 4)")
    parser.add_argument("--seconds", type=float, default=6, help="of a turn (default 6)")
    parser.add_argument("--settles", type=float, default=8, help="seconds before it (default 8)")
    asked = parser.parse_args()
    with headless(asked) as alone, with_screen(asked) as watched:
        for run in (alone, watched):
            begin(run, asked.settles)
        for _ in range(asked.repeats):
            take_pair(alone, watched, asked)
        pairs = list(zip(*(speeds(each, asked.turns) for each in (alone, watched)), strict=True))
    for without, with_it in pairs:
        print(f"headless {without:.0f}/s, with the screen {with_it:.0f}/s: {with_it / without:.3f}")
    ratio = statistics.median(with_it / without for without, with_it in pairs)
    print(f"with the screen / headless: {ratio:.3f} (median of {len(pairs)} pairs)")
    without, with_it = (statistics.median(each) for each in zip(*pairs, strict=True))
    say(Figure("images a second with the screen", with_it, "1/s", "headless", without, ratio))


if __name__ == "__main__":
    main()
