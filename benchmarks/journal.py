"""Processor time to open a long journal: its outline, which is the first picture on the screen, all
of it read and folded into a view, and made into tables.

    python benchmarks/journal.py --lines 1000000 --against ../older-checkout

The journal is that of a run on a GPU sampled ten times a second. Every measurement is taken in a
process of its own, so that one's memory is not another's; `--against` opens the same journal with
the package of another checkout, in turn with this one's, and prints the ratios.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from figure import Figure, say

from fftui import events as ev
from fftui.events import to_json
from fftui.presets import load_preset
from fftui.runs.folder import RunFolder
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace

HERE = Path(__file__).resolve().parents[1]
HZ = 10
EPOCH_S = 10  # seconds of learning in one epoch; an evaluation follows
STEPS_PER_S = 40
LINES_PER_S = HZ + 2 + 2 / EPOCH_S  # samples, a step and a window; an epoch's end has two
LAYERS, BEGAN_AT = 4, 1_700_000_000.0

OPEN = """
import resource, sys, time
from pathlib import Path
from fftui.runs.folder import RunFolder
from fftui.runs.journal import JournalTail, read_journal
from fftui.runs.tables import write_tables
from fftui.runs.view import RunView

folder = RunFolder(Path(sys.argv[2]))
begun = time.process_time()
if sys.argv[1] == "view":
    view = RunView()
    for at, event in read_journal(folder.journal):
        view = view.after(at, event)
    assert view.result is not None and view.layers[0].history, "the journal was not read"
    assert view.history.samples, "the telemetry was not read"
elif sys.argv[1] == "outline":
    view = RunView()
    for at, event in JournalTail(folder.journal).outline():
        view = view.after(at, event)
    assert view.result is not None and view.layers[0].history, "the journal was not read"
else:
    write_tables(folder)
taken_s = time.process_time() - begun
print(taken_s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def events(lines: int, began: float = BEGAN_AT) -> Iterator[tuple[float, ev.Event]]:
    """About `lines` events of a layer-wise run that began at a Unix time, with their times."""
    seconds = max(LAYERS * EPOCH_S, int(lines / LINES_PER_S))
    epochs = max(1, seconds // (LAYERS * EPOCH_S))
    steps = EPOCH_S * STEPS_PER_S
    total = LAYERS * epochs * steps
    labels = ("784→2000", *("2000→2000",) * (LAYERS - 1))
    at = began
    yield (
        at,
        ev.RunStarted(
            "bench", "ff", "mnist", "cuda", "bfloat16", labels, total, 50_000, 10_000, 10_000, False
        ),
    )
    yield at, ev.MachineDescribed(float(HZ), 16, 128 << 30, "NVIDIA H100", "GPU-0", "580.1")
    yield at, ev.PhaseStarted(1, "forward-forward", epochs)
    done = 0
    for layer in range(1, LAYERS + 1):
        yield at, ev.LayerStarted(1, layer, epochs, 2.0)
        for epoch in range(1, epochs + 1):
            yield from _epoch(at, layer, epoch, done, total)
            done, at = done + steps, at + EPOCH_S
            yield at, _evaluated(layer, epoch, final=False)
            yield (
                at,
                ev.EpochFinished(
                    1,
                    layer,
                    epoch,
                    epoch * steps,
                    0.69 / epoch,
                    2.5,
                    1.5,
                    2.0,
                    0.9,
                    5e3,
                    10.0,
                    9.0,
                    0.5,
                ),
            )
        yield at, ev.LayerFinished(1, layer, epochs, float(epochs * EPOCH_S), False)
        yield at, ev.Checkpointed(1, layer, epochs, 0.1)
    yield at, ev.TelemetryEnded(int(HZ * (at - began)), 0, at - began, 1.0, 1.0)
    yield at, _evaluated(None, epochs, final=True)
    yield at, ev.RunFinished("finished", 0.9, (0.9,) * LAYERS, at - began, None)


def _epoch(
    at: float, layer: int, epoch: int, done: int, total: int
) -> Iterator[tuple[float, ev.Event]]:
    """The telemetry, steps and windows of one epoch, second by second."""
    for second in range(EPOCH_S):
        now, step = at + second, (second + 1) * STEPS_PER_S
        for tick in range(HZ):
            yield now + tick / HZ, _sample(layer, epoch, now + tick / HZ)
        yield (
            now + 0.95,
            ev.Stepped(1, layer, epoch, step, EPOCH_S * STEPS_PER_S, done + step, total, 5012.3),
        )
        yield (
            now + 1,
            ev.WindowMeasured("learning", 1, layer, epoch, STEPS_PER_S, 5_000, now, now + 1),
        )


def _sample(layer: int, epoch: int, at: float) -> ev.TelemetrySampled:
    wave = (at * 7.3) % 10
    return ev.TelemetrySampled(
        phase=1,
        layer=layer,
        epoch=epoch,
        interval_s=0.1001,
        doing="learning",
        process_cpu_percent=97.5 + wave / 10,
        process_memory_bytes=2_000_000_000,
        host_cpu_percent=12.5 + wave,
        host_memory_used_bytes=9_000_000_000,
        cpu_power_w=85.25 + wave,
        cpu_energy_j=round(85.25 * (at - BEGAN_AT), 3),
        gpu_utilization_percent=90.0 + wave,
        gpu_memory_utilization_percent=40.0 + wave,
        gpu_memory_used_bytes=5_000_000_000,
        gpu_memory_total_bytes=85_000_000_000,
        gpu_process_memory_bytes=4_000_000_000,
        power_w=410.5 + wave,
        power_limit_w=700.0,
        gpu_energy_j=round(410.5 * (at - BEGAN_AT), 3),
        gpu_temperature_c=61.0,
        gpu_sm_clock_mhz=1980.0,
        gpu_memory_clock_mhz=2619.0,
    )


def _evaluated(layer: int | None, epoch: int, *, final: bool) -> ev.Evaluated:
    accuracies = (0.9,) * (layer or LAYERS)
    split = "test" if final else "validation"
    return ev.Evaluated(
        1, layer, epoch, split, final, 0.9, accuracies, (90,) * 10, (100,) * 10, 0.05
    )


def write_journal(folder: RunFolder, lines: int) -> int:
    """Write a journal of about `lines` lines into `folder`; returns their number."""
    written = 0
    with folder.journal.open("w", encoding="utf-8") as file:
        for at, event in events(lines):
            file.write(to_json(at, event) + "\n")
            written += 1
    return written


def opened(tree: Path, kind: str, folder: RunFolder) -> tuple[float, float]:
    """Seconds of processor time, and bytes at the peak, in which the package of `tree` opens the
    journal in `folder`.
    """
    command = [sys.executable, "-c", OPEN, kind, str(folder.path)]
    environment = os.environ | {"PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
    output = subprocess.run(
        command, env=environment, cwd=folder.path, capture_output=True, text=True, check=True
    ).stdout
    seconds, peak_bytes = output.split()
    return float(seconds), float(peak_bytes)


def main(
    lines: Annotated[int, typer.Option(help="Lines of the journal.")] = 1_000_000,
    against: Annotated[Path | None, typer.Option(help="Another checkout of fftui.")] = None,
) -> None:
    """Print the processor time that opening a journal takes, and with `--against` the ratios."""
    with tempfile.TemporaryDirectory() as root:
        folder = create(Workspace(Path(root)), load_preset("ff", "mnist", seed=0))
        print(f"{write_journal(folder, lines)} lines, {folder.journal.stat().st_size >> 20} MiB")
        seconds, peak_bytes = opened(HERE, "outline", folder)
        print(f"outline: {seconds:.1f} s, {peak_bytes / 2**20:.0f} MiB", flush=True)
        for kind in ("view", "tables"):
            seconds, peak_bytes = opened(HERE, kind, folder)
            baseline: tuple[str, float | None] = ("", None)
            text = f"{kind}: {seconds:.1f} s, {peak_bytes / 2**20:.0f} MiB"
            if against is not None:
                older_s, older_bytes = opened(against.resolve(), kind, folder)
                baseline = (str(against), older_s)
                text += (
                    f"; {against}: {older_s:.1f} s, {older_bytes / 2**20:.0f} MiB;"
                    f" {older_s / seconds:.1f} times as fast"
                )
            print(text, flush=True)
            say(Figure(f"a journal of {lines} lines: {kind}", seconds, "s", *baseline))


if __name__ == "__main__":
    typer.run(main)
