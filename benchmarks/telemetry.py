"""What the sampler costs beside a training, how steady it is, and whether memory stays flat.

    python benchmarks/telemetry.py --minutes 10 --pairs 8

One long run at `telemetry.hz` tells the sampler's own processor time, its intervals and the growth
of the process; pairs of short runs, with and without a sampler in turn, tell what learning loses to
it.
"""

import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from figure import Figure, say

from fftui.events import TelemetryEnded
from fftui.experiment.values import parse_overrides
from fftui.presets import load_preset
from fftui.runs.folder import RunFolder
from fftui.runs.journal import read_journal
from fftui.runs.new_folder import create
from fftui.runs.run_thread import RunThread
from fftui.runs.tables import make_table
from fftui.runs.workspace import Workspace


def run_with_sampler(runs: Path, preset: str, hz: float, seconds: float) -> tuple[RunFolder, float]:
    """A run of `seconds` seconds, and the images a second that it learned."""
    asked = [
        "phases.0.epochs=100000",
        "evaluation.every=0",
        f"telemetry.hz={float(hz)}",
        "telemetry.idle_s=0.0",
    ]
    folder = create(
        workspace := Workspace(runs), load_preset(preset, "mnist-mini", parse_overrides(asked), 0)
    )
    carrier = RunThread(folder, workspace)

    def stop_later() -> None:
        while carrier.view.progress is None and carrier.view.result is None:
            time.sleep(0.05)  # until it learns
        time.sleep(seconds)
        carrier.stop()

    threading.Thread(target=stop_later, daemon=True).start()
    carrier.run()
    view = carrier.view
    assert view.result is not None, carrier.problems
    assert view.progress is not None
    assert view.started is not None
    images = view.progress.done * view.started.train_images / view.progress.steps
    return folder, images / view.result.train_s


def report(folder: RunFolder, hz: float) -> None:
    """Print what the sampler's own events and samples say of a long run."""
    end = next(
        event for _, event in read_journal(folder.journal) if isinstance(event, TelemetryEnded)
    )
    table = make_table(folder, "telemetry")
    off_ms = (table["interval_s"].drop_nulls() - 1 / hz).abs() * 1000
    print(f"{end.samples} samples in {end.elapsed_s:.0f} s, {end.missed} missed")
    print(
        f"processor time of the sampler: {100 * end.cpu_s / end.elapsed_s:.2f} % of one core (limit"
        " 1 %)"
    )
    print(
        f"intervals within 20 ms of {1000 / hz:.0f} ms: {100 * (end.on_time or 0):.1f} % (limit 95"
        f" %); off by {off_ms.median():.2f} ms in the median, {off_ms.quantile(0.99):.1f} ms at the"
        " 99th percentile"
    )
    memory = table["process_memory_bytes"].cast(pl.Float64)
    second, last = (
        memory.slice(len(memory) * part // 4, len(memory) // 4).mean() for part in (1, 3)
    )
    assert isinstance(second, float)
    assert isinstance(last, float)
    print(
        f"resident memory, second to last quarter: {(last - second) / 1e6:+.2f} MB of"
        f" {last / 1e6:.0f} MB"
    )


def main(
    preset: str = "quickstart",
    hz: float = 10.0,
    minutes: float = 10.0,
    pairs: int = 8,
    seconds: Annotated[float, typer.Option(help="Of each run of a pair.")] = 20.0,
) -> None:
    """Measure the sampler."""
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder)
        if minutes > 0:
            long, rate = run_with_sampler(runs, preset, hz, 60 * minutes)
            print(f"{preset}: {rate:.0f} images a second")
            report(long, hz)
        ratios = []
        for number in range(pairs):
            order = (hz, 0.0) if number % 2 else (0.0, hz)  # neither always goes first
            rates = {each: run_with_sampler(runs, preset, each, seconds)[1] for each in order}
            ratios.append(rates[hz] / rates[0.0])
        if ratios:
            each_ratio = " ".join(f"{ratio:.3f}" for ratio in ratios)
            print(
                f"throughput with a sampler against without: median {statistics.median(ratios):.3f}"
                f" of {each_ratio}"
            )
            share = statistics.median(ratios)
            say(Figure("images a second with a sampler", share, "", "without", 1.0))


if __name__ == "__main__":
    typer.run(main)
