"""Samples a second with the screen open against headless: the same experiment, in turn, by the wall
clock.

The screen runs in a pseudo-terminal of 200 x 50 that is read as fast as it writes. What counts is
the time between the run's first and last epoch in its journal, so start-up is left out and
everything else (journal, checkpoint, screen) is in.
"""

import argparse
import statistics
import subprocess
import tempfile
from pathlib import Path

from figure import Figure, say
from terminal import FFTUI, terminal

from fftui.events import EpochFinished, RunFinished
from fftui.runs.journal import read_journal

ROWS, COLUMNS = 50, 200


def words(asked: argparse.Namespace) -> list[str]:
    """The experiment that both run."""
    overrides = [f"phases.0.epochs={asked.epochs}", "evaluation.every=0"]
    if asked.images:
        overrides.append(f"data.train_images={asked.images}")
    sets = [part for override in overrides for part in ("--set", override)]
    return ["run", "--preset", "quickstart", *sets]


def samples_per_s(runs: Path) -> float | None:
    """Images learned a second between the first and the last epoch of the one run in `runs`; None
    while it learns.
    """
    journals = list(runs.glob("*/journal.jsonl"))
    if not journals:
        return None
    events = list(read_journal(journals[0]))
    if not any(isinstance(event, RunFinished) for _, event in events):
        return None
    ends = [
        (at, event.samples_per_s * event.epoch_s)
        for at, event in events
        if isinstance(event, EpochFinished)
    ]
    return sum(images for _, images in ends[1:]) / (ends[-1][0] - ends[0][0])


def headless(asked: argparse.Namespace) -> float:
    """One headless run."""
    with tempfile.TemporaryDirectory() as folder:
        command = [*FFTUI, *words(asked), "--runs", folder, "--headless"]
        subprocess.run(command, check=True, capture_output=True)
        return finished(Path(folder))


def with_screen(asked: argparse.Namespace) -> tuple[float, int]:
    """One run with the screen open, and the bytes that the screen wrote."""
    with (
        tempfile.TemporaryDirectory() as folder,
        terminal(words(asked), Path(folder), (COLUMNS, ROWS)) as screen,
    ):
        while (speed := samples_per_s(Path(folder))) is None:
            screen.read_for(1)
        return speed, screen.written


def finished(runs: Path) -> float:
    """The speed of a run that has ended."""
    speed = samples_per_s(runs)
    assert speed is not None
    return speed


def main() -> None:
    """Both in turn, several times; medians and the ratio pair by pair."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--epochs", type=int, default=60, help="epochs a layer (default 60, about 20 s a run)"
    )
    parser.add_argument("--images", type=int, help="training images (default all)")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    pairs = []
    for _ in range(arguments.repeats):
        alone = headless(arguments)
        watched, written = with_screen(arguments)
        pairs.append((alone, watched))
        print(
            f"headless {alone:.0f}/s, with the screen {watched:.0f}/s ({written / 1024:.0f} KiB"
            " drawn)",
            flush=True,
        )
    ratio = statistics.median(watched / alone for alone, watched in pairs)
    print(f"with the screen / headless: {ratio:.3f} (median of {len(pairs)} pairs)")
    alone, watched = (statistics.median(each) for each in zip(*pairs, strict=True))
    say(Figure("images a second with the screen", watched, "1/s", "headless", alone, ratio))


if __name__ == "__main__":
    main()
