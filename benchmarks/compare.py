"""Seconds until runs are seen beside each other, and milliseconds until a key is answered.

    python benchmarks/compare.py --runs 20 --points 10000

Makes runs on disk that have ended, with a point of each metric an epoch, and some that still learn,
and compares them on the screen, in a terminal that only exists in memory. Prints a Markdown table:
until the first picture with lines (Polars loaded before, as after any table; and cold, in a new
process), and the median and worst time until each key has changed the picture. A key that nothing
answers says what of that the test pilot waits by itself. The baseline of the first picture is to
make the tables from the journals.
"""

import asyncio
import math
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from figure import Figure, say
from textual.pilot import Pilot

from fftui import events as ev
from fftui.events import to_json
from fftui.presets import load_preset
from fftui.runs.folder import RunFolder
from fftui.runs.new_folder import create
from fftui.runs.tables import make_table, write_tables
from fftui.runs.workspace import Workspace
from fftui.tui.app import Ending, FFTUIApp
from fftui.tui.backend import Backend
from fftui.tui.compare_backend import CompareBackend
from fftui.tui.screens.compare_screen import CompareScreen

SIZE = (200, 50)
KEYS = ("left", "plus", "right_square_bracket", "0", "y", "y", "x", "x", "x", "m", "left", "m", "m")
KEYS = (*KEYS, "down", "h", "h", "f", "f", "v", "V", "full_stop", "comma")
UNANSWERED = "f12"
COLD = """
import sys, time, asyncio
from pathlib import Path
sys.path.insert(0, {here!r})
from compare import first_picture_s
print(asyncio.run(first_picture_s(Path({runs!r}))))
"""


def make_run(workspace: Workspace, seed: int, points: int, *, learns: bool) -> RunFolder:
    """A run of one layer with `points` epochs."""
    draw = random.Random(seed)
    experiment = load_preset("quickstart").changed({"seed": seed, "phases.0.epochs": points})
    folder = create(workspace, experiment, preset="quickstart", name=f"run {seed}")
    at = time.time() - points
    start = ev.RunStarted(
        folder.id, "ff", "mnist-mini", "cpu", "float32", ("784→500",), 40 * points, 4500, 500,
        1000, False,
    )  # fmt: skip
    lines = [to_json(at, start), to_json(at, ev.LayerStarted(1, 1, points, 2.0))]
    for epoch in range(1, points + 1):
        at += 1
        loss = 0.2 + math.exp(-5 * epoch / points) + draw.gauss(0, 0.02)
        accuracy = min(1.0, max(0.0, 0.9 - 0.5 * loss / (seed % 5 + 1)))
        finished = ev.EpochFinished(
            1, 1, epoch, 40 * epoch, loss, 3 - loss, 1 + loss, 2.0, accuracy, 9000.0, 0.5, 0.4, 0.1
        )
        lines.append(to_json(at, finished))
        split = "validation"
        lines.append(
            to_json(at, ev.Evaluated(1, 1, epoch, split, False, accuracy, (accuracy,), (), (), 0.1))
        )
    if not learns:
        final = ev.Evaluated(1, 1, points, "test", True, 0.9, (0.9,), (900,), (1000,), 0.1)
        lines.append(to_json(at, final))
        lines.append(to_json(at, ev.RunFinished("finished", 0.9, (0.9,), 0.5 * points, None)))
    folder.journal.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if not learns:  # the record, then the tables, as a run does
        ended = {"status": "finished", "ended": datetime.now(UTC), "test_accuracy": 0.9}
        folder.write_record(folder.record().model_copy(update=ended))
        write_tables(folder)
    return folder


@contextmanager
def timed(into: list[float]):  # type: ignore[no-untyped-def]
    """Append the seconds that the body takes."""
    begun = time.perf_counter()
    yield
    into.append(time.perf_counter() - begun)


async def until(pilot: Pilot[Ending], condition: Callable[[], bool]) -> None:
    """Let the app work until the condition holds."""
    while not condition():
        await asyncio.sleep(0.001)
    await pilot.pause()


async def opened(pilot: Pilot[Ending], runs: Path) -> CompareScreen:
    """The screen of the comparison of all runs, with its first picture."""
    workspace = Workspace(runs, None, "cpu")
    ids = [path.name for path in sorted(runs.iterdir())]
    screen = CompareScreen(CompareBackend(workspace, ids))
    pilot.app.push_screen(screen)
    await until(pilot, lambda: bool(screen.panes.charts[0].drawn.series))
    return screen


def new_app(runs: Path) -> FFTUIApp:
    """An app that loads no torch."""
    return FFTUIApp(Backend(Workspace(runs, None, "cpu")), load_torch=False)


async def first_picture_s(runs: Path) -> float:
    """Seconds until the first picture."""
    async with new_app(runs).run_test(size=SIZE) as pilot:
        taken: list[float] = []
        with timed(taken):
            await opened(pilot, runs)
        return taken[0]


async def keys_ms(runs: Path, repeats: int) -> dict[str, list[float]]:
    """Milliseconds until each key is answered."""
    found: dict[str, list[float]] = {}
    async with new_app(runs).run_test(size=SIZE) as pilot:
        screen = await opened(pilot, runs)
        await until(
            pilot, lambda: bool(screen.panes.shown and screen.panes.shown.outcomes.differences)
        )
        for key in (UNANSWERED, *KEYS) * repeats:
            taken: list[float] = []
            before = screen._found
            with timed(taken):
                await pilot.press(key)
                if key in ("v", "V", "full_stop", "comma"):  # read from disk
                    await until(pilot, lambda before=before: screen._found is not before)
                await pilot.pause()
            found.setdefault(key, []).append(1000 * taken[0])
    return found


def cold_s(runs: Path) -> float:
    """Seconds until the first picture in a new process."""
    code = COLD.format(here=str(Path(__file__).parent), runs=str(runs))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def main(
    runs: Annotated[int, typer.Option(help="Runs that have ended.")] = 20,
    points: Annotated[int, typer.Option(help="Epochs of each.")] = 10_000,
    learning: Annotated[int, typer.Option(help="Of them, runs that still learn.")] = 0,
    repeats: Annotated[int, typer.Option(help="Of each key.")] = 5,
) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder), None, "cpu")
        made = [make_run(workspace, seed, points, learns=seed < learning) for seed in range(runs)]
        journal: list[float] = []
        with timed(journal):
            make_table(made[-1], "epochs")
        cold, warm = cold_s(Path(folder)), asyncio.run(first_picture_s(Path(folder)))
        print(f"{runs} runs of {points} points, {learning} learning; {SIZE[0]}x{SIZE[1]}\n")
        print("| what | median | worst |\n|---|---|---|")
        print(f"| first picture, s | {warm:.2f} | {cold:.2f} (new process) |")
        slower = runs * journal[0] / warm
        print(f"| one journal as a table, s | {journal[0]:.2f} | all: {slower:.1f} times as long |")
        keys = asyncio.run(keys_ms(Path(folder), repeats))
        for key, taken in keys.items():
            print(f"| {key}, ms | {statistics.median(taken):.0f} | {max(taken):.0f} |")
        print()
        say(Figure("first picture of runs compared", warm, "s", "all tables", runs * journal[0]))
        medians = {key: statistics.median(taken) for key, taken in keys.items()}
        waited = medians.pop(UNANSWERED)
        slowest = max(medians.values()) - waited
        say(Figure("a key answered, the slowest one's median, less the pilot's own", slowest, "ms"))


if __name__ == "__main__":
    typer.run(main)
