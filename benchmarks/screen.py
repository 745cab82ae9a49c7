"""Samples a second with the screen open against headless: one run, whose screen sleeps in every
second turn.

Two processes of the same experiment differ by several per cent for as long as they live (where
their memory lies), and a machine's speed changes from minute to minute; both hide what a screen
costs. So there is one process. In a turn "headless" its main thread sleeps, as it does in a run
that has no screen; in the other the screen is drawn. A pair is some turns of each. What counts is
the time between the ends of the first and last epoch in each turn: everything else (journal,
checkpoint, sampler) is in. So is not the first second of a turn, in which a screen that comes back
is drawn whole. The screen is on a pseudo-terminal of 200 x 50 that is read as fast as it writes.
"""

import argparse
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from figure import Figure, say
from terminal import Terminal, terminal

from fftui.events import EpochFinished
from fftui.runs.journal import read_journal

ROWS, COLUMNS = 50, 200
FOR_EVER = 1_000_000  # epochs: the benchmark ends the run
COMES_BACK_S = 1.0  # left out at the beginning of a turn
# Python runs a signal's handler in the main thread, which is the screen's
SLEEPS_WHEN_TOLD = """
import signal, sys, time
signal.signal(signal.SIGALRM, lambda *_: time.sleep({seconds}))
from fftui.cli.main import main
main()
"""

Turn = tuple[float, float]  # from when to when
Epochs = Sequence[tuple[float, float]]  # when each ended, and the images that it learned from


def epochs(runs: Path) -> Epochs:
    """Those of the run in this folder so far."""
    return [
        (at, event.samples_per_s * event.epoch_s)
        for journal in runs.glob("*/journal.jsonl")
        for at, event in read_journal(journal)
        if isinstance(event, EpochFinished)
    ]


def samples_per_s(turns: Sequence[Turn], of: Epochs) -> float:
    """Images learned a second of these turns, between the ends of the first and last epoch of
    each.
    """
    images = seconds = 0.0
    for begin, end in turns:
        within = [(at, count) for at, count in of if begin <= at <= end]
        if len(within) > 1:
            images += sum(count for _, count in within[1:])
            seconds += within[-1][0] - within[0][0]
    if not seconds:
        raise SystemExit("too few epochs end in a turn: ask for longer ones")
    return images / seconds


def take_turn(screen: Terminal, seconds: float) -> Turn:
    """Let so many seconds pass, and one before them."""
    screen.read_for(COMES_BACK_S)
    began = time.time()
    screen.read_for(seconds)
    return began, time.time()


def take_pair(screen: Terminal, turns: int, seconds: float) -> tuple[list[Turn], list[Turn]]:
    """Some turns headless, and as many with the screen."""
    alone, watched = [], []
    for _ in range(turns):
        os.kill(screen.pid, signal.SIGALRM)
        alone.append(take_turn(screen, seconds))
        watched.append(take_turn(screen, seconds))
    return alone, watched


def words(asked: argparse.Namespace) -> list[str]:
    """The experiment."""
    overrides = [f"phases.0.epochs={FOR_EVER}", "evaluation.every=0"]
    if asked.images:
        overrides.append(f"data.train_images={asked.images}")
    sets = [part for override in overrides for part in ("--set", override)]
    return ["run", "--preset", "quickstart", *sets]


def measured(asked: argparse.Namespace) -> list[tuple[float, float]]:
    """Images a second headless and with the screen, in each pair."""
    program = SLEEPS_WHEN_TOLD.format(seconds=COMES_BACK_S + asked.seconds)
    with (
        tempfile.TemporaryDirectory() as folder,
        terminal(
            words(asked), Path(folder), (COLUMNS, ROWS), (sys.executable, "-c", program)
        ) as screen,
    ):
        while not epochs(Path(folder)):
            screen.read_for(0.2)
        screen.read_for(asked.settles)
        pairs = [take_pair(screen, asked.turns, asked.seconds) for _ in range(asked.repeats)]
        of = epochs(Path(folder))
        return [(samples_per_s(alone, of), samples_per_s(watched, of)) for alone, watched in pairs]


def main() -> None:
    """Pairs of turns; their speeds, and the ratio pair by pair."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, help="training images (default all)")
    parser.add_argument("--repeats", type=int, default=8, help="pairs (default 8)")
    parser.add_argument("--turns", type=int, default=4, help="of each kind in a pair (default 4)")
    parser.add_argument("--seconds", type=float, default=4, help="of a turn (default 4)")
    parser.add_argument("--settles", type=float, default=8, help="seconds before it (default 8)")
    pairs = measured(parser.parse_args())
    for without, with_it in pairs:
        print(f"headless {without:.0f}/s, with the screen {with_it:.0f}/s: {with_it / without:.3f}")
    ratio = statistics.median(with_it / without for without, with_it in pairs)
    print(f"with the screen / headless: {ratio:.3f} (median of {len(pairs)} pairs)")
    without, with_it = (statistics.median(each) for each in zip(*pairs, strict=True))
    say(Figure("images a second with the screen", with_it, "1/s", "headless", without, ratio))


if __name__ == "__main__":
    main()
