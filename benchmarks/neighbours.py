"""What waiting threads cost: an epoch alone, and with two processes at once on the same cores.

    python benchmarks/neighbours.py --preset ff --data mnist

torch's threads wait for each other after every matrix product: awake for a bounded number of turns,
then asleep. Each way of waiting has two processes that learn the same; in every round each way is
measured alone and with both at once, in turn, so that a machine whose speed drifts gives honest
ratios. Before each measured epoch one is learned that is not, in which a process notices others.
Prints a Markdown table of medians, by the wall clock and by processor time.
"""

import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Annotated

import typer
from figure import Figure, say, skip

from fftui.waiting import NAMES

WORKER = """
import json, sys, time
from fftui import events as ev
from fftui.experiment.values import parse_overrides
from fftui.learning.training import train
from fftui.presets import load_preset

preset, data, *overrides = json.loads(sys.argv[1])
asked = ["phases.0.epochs=100000", "evaluation.every=0", "telemetry.hz=0.0", *overrides]
epochs = (
    event
    for event in train(load_preset(preset, data, parse_overrides(asked), 0), device="cpu")
    if isinstance(event, ev.EpochFinished)
)
next(epochs)
print("ready", flush=True)
for _ in sys.stdin:
    next(epochs)
    between = time.process_time()
    taken = next(epochs).compute_s
    print(taken, time.process_time() - between, flush=True)
"""
DEFAULT = "torch's default"
WAYS: dict[str, dict[str, str]] = {
    DEFAULT: {"GOMP_SPINCOUNT": "300000"},
    "fftui's": {},
    "asleep at once": {"OMP_WAIT_POLICY": "PASSIVE"},
}


class Worker:
    """A process that learns an epoch whenever it is asked to."""

    def __init__(self, environment: dict[str, str], asked: list[str]) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in NAMES}
        self._process = subprocess.Popen(
            [sys.executable, "-c", WORKER, json.dumps(asked)],
            env=kept | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._asked, self._answers = self._process.stdin, self._process.stdout

    def ready(self) -> None:
        """Wait until it has learned its first epoch, which is not measured."""
        self._answers.readline()

    def begin(self) -> None:
        """Begin an epoch and the one that is measured."""
        self._asked.write("\n")
        self._asked.flush()

    def end(self) -> tuple[float, float]:
        """Seconds of the measured epoch, by the wall clock and of processor time."""
        wall_s, cpu_s = self._answers.readline().split()
        return float(wall_s), float(cpu_s)

    def close(self) -> None:
        """End the process."""
        self._asked.close()
        self._answers.close()
        self._process.kill()
        self._process.wait()


@dataclass
class Times:
    """Seconds of an epoch in each round: alone, with both at once (their mean), and the latter's
    processor time.
    """

    alone: list[float] = field(default_factory=list)
    both: list[float] = field(default_factory=list)
    both_cpu: list[float] = field(default_factory=list)

    def round(self, workers: list[Worker]) -> None:
        """Measure one round."""
        workers[0].begin()
        self.alone.append(workers[0].end()[0])
        for worker in workers:
            worker.begin()
        ends = [worker.end() for worker in workers]
        self.both.append(statistics.fmean(wall_s for wall_s, _ in ends))
        self.both_cpu.append(statistics.fmean(cpu_s for _, cpu_s in ends))


def measure(ways: dict[str, dict[str, str]], asked: list[str], rounds: int) -> dict[str, Times]:
    """The times of each way of waiting."""
    workers = {way: [Worker(each, asked) for _ in range(2)] for way, each in ways.items()}
    try:
        for pair in workers.values():
            for worker in pair:
                worker.ready()
        times = {way: Times() for way in ways}
        for _ in range(rounds):
            for way, pair in workers.items():
                times[way].round(pair)
    finally:
        for pair in workers.values():
            for worker in pair:
                worker.close()
    return times


def report(times: dict[str, Times]) -> None:
    """Print the table and the figures."""
    print("| threads wait | alone, s | two at once, s | of processor time, s | speed of each |")
    print("|---|---|---|---|---|")
    default = times[DEFAULT]
    figures = []
    for way, each in times.items():
        shares = [alone / both for alone, both in zip(each.alone, each.both, strict=True)]
        alone, both, both_cpu, share = map(
            statistics.median, (each.alone, each.both, each.both_cpu, shares)
        )
        print(f"| {way} | {alone:.3f} | {both:.3f} | {both_cpu:.3f} | {share:.0%} of alone |")
        figures.append(Figure(f"two at once, waiting {way}", both, "s", "alone", alone, 1 / share))
        if way != DEFAULT:
            ratios = [ours / its for ours, its in zip(each.alone, default.alone, strict=True)]
            ratio, base = statistics.median(ratios), statistics.median(default.alone)
            figures.append(Figure(f"alone, waiting {way}", alone, "s", DEFAULT, base, ratio))
    print()
    for figure in figures:
        say(figure)


def main(
    preset: str = "quickstart",
    data: str = "mnist-mini",
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE")] = None,
    rounds: Annotated[int, typer.Option(help="Epochs of each, alone and two at once.")] = 10,
    only: Annotated[str, typer.Option(help="Ways whose name has it, and torch's own.")] = "",
    spins: Annotated[str, typer.Option(help="More ways: turns awake, N,N,…")] = "",
) -> None:
    """Measure what waiting threads cost alone and beside each other."""
    if sys.platform != "linux":
        skip("waiting threads", "the names of the ways are those of libgomp, which is Linux's")
        return
    more = {
        f"{turns} turns awake": {"GOMP_SPINCOUNT": turns} for turns in spins.split(",") if turns
    }
    ways = {way: each for way, each in (WAYS | more).items() if only in way or way == DEFAULT}
    report(measure(ways, [preset, data, *(set_ or [])], rounds))


if __name__ == "__main__":
    typer.run(main)
