"""One experiment on 1, 2 and 4 processes of as many threads in all: images a second, and the share
of time in which rank 0 waits for others.

    python benchmarks/ranks.py --preset paper/ff --data mnist

Layers learn in parallel, without a head; a process holds at least one of them where they are
shared, so a preset of fewer layers than processes leaves that way out. Each way is a job of its
own, one after the other, in every round; an epoch before those that are measured warms up, after
which weights are compared with those of one process. Prints a Markdown table of medians over rounds
and epochs.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import torch
import typer
from figure import Figure, say, skip
from safetensors.torch import load_file

from fftui.errors import ExperimentError
from fftui.experiment import Experiment
from fftui.experiment.rank_blocks import check_shared_layers
from fftui.experiment.values import parse_overrides
from fftui.presets import load_preset

CORES = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1

WORKER = """
import json, sys
from safetensors.torch import save_file
from fftui import events as ev
from fftui.experiment.values import parse_overrides
from fftui.learning.ranks.joining import Place, Team
from fftui.learning.training import train
from fftui.presets import load_preset

way, preset, data, path, *overrides = json.loads(sys.argv[1])
experiment = load_preset(preset, data, parse_overrides(overrides), 0)
place, team = Place.here(), None
if place.count > 1:
    team = Team(place, "cpu")
    if place.rank > 0:
        team.follow(None)
        team.leave()
        sys.exit()
training = team.start(way, experiment) if team else train(experiment, device="cpu")
for event in training:
    if isinstance(event, ev.EpochFinished):
        print(json.dumps([len(training.batches(0, None, 1)), event.samples_per_s, event.epoch_s,
                          team.waited_s if team else 0.0]), flush=True)
        if event.epoch == 1:
            save_file(training.network.state_dict(), path)
training.close()
if team:
    team.leave()
"""
ASKED = (
    "model.head=null",
    "phases.0.order=parallel",
    "phases.0.negatives=random",
    "phases.0.prediction=all-layers",
    "precision=float32",
    "evaluation.every=0",
    "evaluation.final_train_images=0",
    "data.test_images=100",
)


@dataclass(frozen=True)
class Way:
    """So many processes that share data or layers."""

    mode: str
    count: int

    @property
    def name(self) -> str:
        """The way in the table."""
        return "one process" if self.count == 1 else f"{self.mode}, {self.count} ranks"


@dataclass
class Times:
    """Of each epoch: images a second, and the share of time in which rank 0 waited."""

    images_per_s: list[float] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    def add(self, lines: list[str]) -> None:
        """Add the epochs of a job, but for the first."""
        epochs = [json.loads(line) for line in lines]
        for before, (_, images_per_s, epoch_s, waited_s) in pairwise(epochs):
            self.images_per_s.append(images_per_s)
            self.waited.append((waited_s - before[3]) / epoch_s)


def run(way: Way, words: list[str], threads: int) -> list[str]:
    """Run a job; the lines of rank 0. Raises RuntimeError where it fails."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {
        **os.environ,
        "WORLD_SIZE": str(way.count),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "OMP_NUM_THREADS": str(max(1, threads // way.count)),
    }
    command = [sys.executable, "-c", WORKER, json.dumps([way.mode, *words])]
    ranks = [
        subprocess.Popen(
            command,
            env=shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(way.count)
    ]
    said = [rank.communicate()[0] for rank in ranks]
    if any(rank.returncode for rank in ranks):
        msg = f"{way.name} failed"
        raise RuntimeError(msg)
    return said[0].splitlines()


def is_possible(way: Way, experiment: Experiment) -> bool:
    """Whether the experiment has a layer for each process that shares its layers; says so where it
    has not.
    """
    if way.mode != "layers":
        return True
    try:
        check_shared_layers(experiment, way.count)
    except ExperimentError as error:
        skip(way.name, str(error))
        return False
    return True


def furthest(some: Path, others: Path) -> tuple[float, int, int]:
    """The greatest difference between weights, how many differ by more than 1e-5, and of how
    many.
    """
    one, two = load_file(some), load_file(others)
    apart = torch.cat([(one[name] - two[name]).abs().flatten() for name in one])
    return float(apart.max()), int((apart > 1e-5).sum()), apart.numel()


def report(times: dict[Way, Times], weights: Path, threads: int) -> None:
    """Print the table and the figures."""
    alone = Way("data", 1)
    print(f"torch {torch.__version__}, {threads} threads in all, {CORES} cores\n")
    print("| processes | images/s | against one | rank 0 waits | weights apart after an epoch |")
    print("|---|---|---|---|---|")
    base = statistics.median(times[alone].images_per_s)
    for way, each in times.items():
        speed, waited = statistics.median(each.images_per_s), statistics.median(each.waited)
        most, apart, of = furthest(weights / f"{alone}", weights / f"{way}")
        text = f"{most:.1e}; {apart} of {of} by more than 1e-5"
        print(f"| {way.name} | {speed:.0f} | {speed / base:.2f} | {waited:.0%} | {text} |")
    print()
    for way, each in times.items():
        if way != alone:
            speed = statistics.median(each.images_per_s)
            say(Figure(f"{way.name}", speed, "images/s", alone.name, base))


def main(  # noqa: PLR0913, PLR0917 - one parameter an option
    preset: str = "paper/ff",
    data: str = "mnist",
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE")] = None,
    counts: Annotated[str, typer.Option(help="Processes, N,N,…")] = "2,4",
    ways: Annotated[str, typer.Option(help="data, layers or both")] = "data,layers",
    threads: Annotated[int, typer.Option(help="Threads of all processes together.")] = CORES,
    epochs: Annotated[int, typer.Option(help="Epochs that are measured.", min=1)] = 3,
    rounds: Annotated[int, typer.Option(help="Jobs of each way.")] = 1,
) -> None:
    """Measure what sharing an experiment costs and gives."""
    asked = [*ASKED, f"phases.0.epochs={epochs + 1}", *(set_ or [])]
    experiment = load_preset(preset, data, parse_overrides(asked), 0)
    wanted = [Way(mode, int(count)) for mode in ways.split(",") for count in counts.split(",")]
    shared = [way for way in wanted if is_possible(way, experiment)]
    times = {way: Times() for way in (Way("data", 1), *shared)}
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder)
        for _ in range(rounds):
            for way, each in times.items():
                words = [preset, data, str(weights / f"{way}"), *asked]
                each.add(run(way, words, threads))
        report(times, weights, threads)


if __name__ == "__main__":
    typer.run(main)
