"""Seconds to list many runs: all of them at first, again, as rows of the screen, and filtered.

    python benchmarks/listing.py --runs 10000

Makes a folder of runs like those of a sweep. The baseline reads each record again, as a list
without memory does. Prints a Markdown table of processor time and its ratio to the baseline.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from figure import Figure, say

from fftui.presets import load_preset
from fftui.runs.filter import parse_filter
from fftui.runs.finding import run_records
from fftui.runs.folder import RunFolder
from fftui.runs.listing import ListedRun, RunListing
from fftui.runs.new_folder import create
from fftui.runs.run_columns import find_columns, in_order
from fftui.runs.workspace import Workspace
from fftui.text.run_list_text import COLUMNS, runs_text

FILTERS = ("data=mnist-mini accuracy>97 name~sweep", "learning_rate<=1e-3 units>=500")


@contextmanager
def folder_of(runs: int) -> Iterator[Path]:
    """A folder of finished runs, which differ in name, accuracy, learning rate and units."""
    with tempfile.TemporaryDirectory() as made:
        runs_dir = Path(made)
        first = create(Workspace(runs_dir, device="cpu"), load_preset("quickstart"))
        record = json.loads(first.run_json.read_text("utf-8"))
        settings = first.experiment_path.read_text("utf-8")
        for number in range(runs):
            folder = RunFolder(runs_dir / f"20261126-120000-sweep-mnist-mini-{number:05}")
            folder.path.mkdir()
            facts = {
                "id": folder.id,
                "name": f"sweep {number}",
                "status": "finished",
                "started": f"2026-11-26T{number // 3600 % 24:02}:{number // 60 % 60:02}:00Z",
                "test_accuracy": 0.9 + number % 1000 / 10_000,
                "train_s": 10.0 + number % 77,
            }
            folder.run_json.write_text(json.dumps(record | facts, indent=2), "utf-8")
            own = settings.replace("seed = 0", f"seed = {number}")
            own = own.replace("epochs = 15", f"epochs = {number % 20 + 1}")
            folder.experiment_path.write_text(own, "utf-8")
        first.discard()
        yield runs_dir


def timed(work: Callable[[], object], repeats: int) -> float:
    """The shortest of some calls, seconds of processor time."""
    taken = []
    for _ in range(repeats):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return min(taken)


def wanted(text: str, runs: list[ListedRun], listing: RunListing) -> list[ListedRun]:
    """The runs that a filter wants."""
    return list(filter(parse_filter(text).predicate(runs, listing), runs))


def main(
    runs: Annotated[int, typer.Option(help="Runs in the folder.")] = 10_000,
    repeats: Annotated[int, typer.Option(help="Calls of each kind; the shortest counts.")] = 3,
) -> None:
    """Print the table."""
    with folder_of(runs) as runs_dir:
        listing = RunListing(runs_dir)
        found = listing.read()
        columns = find_columns(COLUMNS, found, listing)
        by_accuracy = find_columns(["accuracy"], found, listing)[0]
        works: dict[str, Callable[[], object]] = {
            "each record again": partial(run_records, runs_dir),
            "the newest 300 of a first list": lambda: RunListing(runs_dir).newest(300),
            "the first list": lambda: RunListing(runs_dir).read(),
            "the same list again": listing.read,
            "in order of accuracy": partial(in_order, found, by_accuracy),
            "as text": partial(runs_text, found, columns),
            "all settings": lambda: [*map(RunListing(runs_dir).settings, found)],
            **{f"`{each}`": partial(wanted, each, found, listing) for each in FILTERS},
        }
        print(f"{len(found)} runs\n\n| what | s | ratio |\n|---|---|---|")
        times = {what: timed(work, repeats) for what, work in works.items()}
        for what, taken in times.items():
            print(f"| {what} | {taken:.3f} | {taken / times['each record again']:.2f} |")
        print()
        first, *others = times.items()
        for what, taken in others:
            say(Figure(what, taken, "s", *first))


if __name__ == "__main__":
    typer.run(main)
