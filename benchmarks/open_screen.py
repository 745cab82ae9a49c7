"""What a screen that stays open for hours costs: seconds until its first picture and until it is
left, the share of a core that it takes, and whether its memory stays flat.

    python benchmarks/open_screen.py --lines 1000000 --minutes 2.4 --times 50

The presets with nothing to do; `fftui attach` to a run that this process writes, sampled ten times
a second, whose journal has so many lines already; and the same from an empty journal, so many times
as fast: 2.4 minutes at 50 times are two hours. Memory is compared between the second and the last
quarter of that time. Prints a Markdown table.
"""

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from figure import Figure, say
from journal import LINES_PER_S, events
from terminal import Terminal, terminal

from fftui.events import to_json
from fftui.presets import load_preset
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace

SIZE = (200, 50)
A_LAYER, A_PRESET = "784→2000".encode(), b"quickstart"
LEFT_OVER = 100  # lines that are never written, so that the run does not end


@contextmanager
def learning_run(runs: Path, before: int, after_s: float, times: float) -> Iterator[RunFolder]:
    """A run that this process owns, with `before` lines in its journal. What follows for `after_s`
    seconds is written as it happens, `times` as fast; it ends by its own clock where it is now.
    """
    folder = create(Workspace(runs), load_preset("ff", "mnist", seed=0))
    after = int(after_s * times * LINES_PER_S)
    began = time.time() - (before + after) / LINES_PER_S + after_s
    happens = events(before + after + LEFT_OVER, began)
    with folder.journal.open("w", encoding="utf-8") as file:
        file.writelines(to_json(at, event) + "\n" for at, event in islice(happens, before))
    shown_at, over = [began + before / LINES_PER_S], threading.Event()
    writer = JournalWriter(folder.journal, clock=lambda: shown_at[0])

    def follow() -> None:
        begun, first_at = time.monotonic(), shown_at[0]
        for at, event in islice(happens, after):
            if over.wait(max(0.0, (at - first_at) / times - (time.monotonic() - begun))):
                return
            shown_at[0] = at
            writer.append(event)

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        yield folder
    finally:
        over.set()
        thread.join()
        writer.close()


def shown_after_s(screen: Terminal, began: float, wanted: bytes) -> float:
    """Seconds from `began` until the screen has shown `wanted`."""
    screen.read_until(wanted)
    return time.monotonic() - began


def share_of_a_core(screen: Terminal, settles_s: float, seconds: float) -> float:
    """Processor time of the program by wall time, in percent, once it has settled."""
    screen.read_for(settles_s)
    before = screen.processor_s()
    screen.read_for(seconds)
    return 100 * (screen.processor_s() - before) / seconds


def left_after_s(screen: Terminal) -> float:
    """Seconds from `q` until the terminal is free."""
    began = time.monotonic()
    screen.press("q")
    screen.read_to_the_end()
    return time.monotonic() - began


def resident(screen: Terminal, seconds: float) -> list[int]:
    """Bytes of memory, seen a hundred times in so many seconds."""
    seen = []
    for _ in range(100):
        screen.read_for(seconds / 100)
        seen.append(screen.resident_bytes())
    return seen


def presets(settles_s: float, seconds: float) -> list[Figure]:
    """The first screen, with nothing to do."""
    with tempfile.TemporaryDirectory() as runs:
        began = time.monotonic()
        with terminal((), Path(runs), SIZE) as screen:
            return [
                Figure("presets, first picture", shown_after_s(screen, began, A_PRESET), "s"),
                Figure("presets, idle", share_of_a_core(screen, settles_s, seconds), "% of a core"),
                Figure("presets, left", left_after_s(screen), "s"),
            ]


def attached(lines: int, settles_s: float, seconds: float) -> list[Figure]:
    """A screen attached to a run with a long journal."""
    with (
        tempfile.TemporaryDirectory() as runs,
        learning_run(Path(runs), lines, 3 * (settles_s + seconds) + 60, 1.0) as folder,
    ):
        began, what = time.monotonic(), f"attached to {lines:,} lines"
        with terminal(("attach", folder.id), Path(runs), SIZE) as screen:
            return [
                Figure(f"{what}, first picture", shown_after_s(screen, began, A_LAYER), "s"),
                Figure(what, share_of_a_core(screen, settles_s, seconds), "% of a core"),
                Figure(f"{what}, left", left_after_s(screen), "s"),
            ]


def for_hours(minutes: float, times: float) -> list[Figure]:
    """A screen attached to a run that goes on, so many times as fast."""
    with (
        tempfile.TemporaryDirectory() as runs,
        learning_run(Path(runs), 0, 60 * minutes + 30, times) as folder,
        terminal(("attach", folder.id), Path(runs), SIZE) as screen,
    ):
        screen.read_until(A_LAYER)
        seen = resident(screen, 60 * minutes)
    quarter = len(seen) // 4
    second, last = (
        statistics.mean(part) / 2**20 for part in (seen[quarter : 2 * quarter], seen[-quarter:])
    )
    what = f"memory, last quarter of {minutes * times / 60:.1f} hours"
    return [Figure(what, last, "MiB", "second quarter", second)]


def main(
    lines: Annotated[int, typer.Option(help="Lines of the long journal.")] = 1_000_000,
    minutes: Annotated[float, typer.Option(help="Of the run that goes on fast.")] = 2.4,
    times: Annotated[float, typer.Option(help="How many times as fast.")] = 50.0,
    seconds: Annotated[float, typer.Option(help="For each share of a core.")] = 30.0,
    settles: Annotated[float, typer.Option(help="Seconds before that.")] = 45.0,
) -> None:
    """Measure what a screen that stays open costs."""
    found = [
        *presets(settles, seconds),
        *attached(lines, settles, seconds),
        *for_hours(minutes, times),
    ]
    print("| what | figure |\n|---|---|")
    for each in found:
        print(f"| {each.what} | {each.value:.2f} {each.unit} |")
    print()
    for each in found:
        say(each)


if __name__ == "__main__":
    typer.run(main)
