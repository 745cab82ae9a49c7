"""Runs of one core each, as many at once as there are cores: by local processes, Ray and submitit,
against the same commands typed by hand.

    python benchmarks/executors.py --runs 8 --cores 2

By hand, each run is a plain command on one core. One after the other they need a time of which the
executors, on so many cores, can at best need one part: that is the baseline. All of it, with the
daemons of Ray, is kept to those cores. Ray and submitit are extras; what is not installed is left
out. Prints a Markdown table.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from figure import Figure, say, skip

from fftui import events as ev
from fftui.executors.executor import Executor
from fftui.executors.local import LocalExecutor
from fftui.executors.share import Share
from fftui.executors.submitted import words_for
from fftui.presets import load_preset
from fftui.runs.finding import run_folders
from fftui.runs.folder import RunFolder
from fftui.runs.journal import read_journal
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace
from fftui.studies.runner import run_study
from fftui.studies.study import Condition, Study, Trial

BY_HAND = "by hand, one after the other"
AT_ONCE_BY_HAND = "by hand, all cores"
NEEDS = {"Ray": "ray", "submitit": "submitit"}


@dataclass(frozen=True)
class Taken:
    """What runs took: seconds of all, the most that learned at once, and the most cores that one
    of them used on average.
    """

    wall_s: float
    at_once: int
    cores: float


def by_hand(study: Study, workspace: Workspace, at_once: int) -> None:
    """Carry the runs out by plain commands, `at_once` at a time."""
    waiting = [create(workspace, trial.experiment) for trial in study.trials]
    learning: list[subprocess.Popen[bytes]] = []
    while waiting or learning:
        while waiting and len(learning) < at_once:
            command = [sys.executable, *words_for(waiting.pop(0))]
            learning.append(
                subprocess.Popen(
                    command,
                    env=os.environ | {"OMP_NUM_THREADS": "1"},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
        time.sleep(0.02)
        learning = [each for each in learning if each.poll() is None]


@contextmanager
def local(_runs: Path, cores: int) -> Iterator[Executor]:
    """Processes of this machine."""
    yield LocalExecutor(cores)


@contextmanager
def on_ray(_runs: Path, cores: int) -> Iterator[Executor]:
    """A Ray cluster of one node, which is begun before and ended after."""
    import ray  # noqa: PLC0415 - an extra

    from fftui.executors.ray_cluster import RayExecutor  # noqa: PLC0415 - an extra

    ray.init(num_cpus=cores, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        yield RayExecutor(cores, Share())
    finally:
        ray.shutdown()


@contextmanager
def by_submitit(runs: Path, cores: int) -> Iterator[Executor]:
    """submitit's local executor, as where there is no Slurm."""
    from fftui.executors.slurm import SlurmExecutor  # noqa: PLC0415 - an extra

    yield SlurmExecutor(runs, cores, Share(), cluster="local")


EXECUTORS: dict[str, Callable[[Path, int], Any]] = {
    "local": local,
    "Ray": on_ray,
    "submitit": by_submitit,
}


def taken(way: str, study: Study, runs: Path, cores: int) -> Taken:
    """Carry the study out in that way. Raises RuntimeError where a run does not finish."""
    workspace = Workspace(runs, device="cpu")
    if way in EXECUTORS:
        with EXECUTORS[way](runs, cores) as executor:
            began = time.perf_counter()
            for _ in run_study(study, workspace, executor=executor):
                pass
            wall_s = time.perf_counter() - began
    else:
        began = time.perf_counter()
        by_hand(study, workspace, 1 if way == BY_HAND else cores)
        wall_s = time.perf_counter() - began
    folders = run_folders(runs)
    records = [folder.record() for folder in folders]
    finished = [each for each in records if each.status == "finished"]
    if len(finished) != len(study.trials):
        why = next((each.error for each in records if each.error), "some never began")
        msg = f"{way}: {len(finished)} of {len(study.trials)} runs have finished: {why}"
        raise RuntimeError(msg)
    return Taken(wall_s, most_at_once(folders), max(map(cores_of, folders)))


def most_at_once(folders: list[RunFolder]) -> int:
    """The most runs that were between their start and their end at the same time."""
    changes = []
    for folder in folders:
        for at, event in read_journal(folder.journal, ev.RunStarted, ev.RunFinished):
            changes.append((at, 1 if isinstance(event, ev.RunStarted) else -1))
    most = now = 0
    for _, change in sorted(changes):
        now += change
        most = max(most, now)
    return most


def cores_of(folder: RunFolder) -> float:
    """Mean number of cores that the process of a run used."""
    samples = [
        event.process_cpu_percent
        for _, event in read_journal(folder.journal, ev.TelemetrySampled)
        if isinstance(event, ev.TelemetrySampled) and event.process_cpu_percent is not None
    ]
    return sum(samples) / len(samples) / 100 if samples else 0.0


def study_of(preset: str, data: str, runs: int, asked: dict[str, object]) -> Study:
    """Runs that differ in their seed."""
    experiment = load_preset(preset, data, asked, 0)
    trials = (
        Trial(Condition((("seed", str(seed)),)), experiment.changed({"seed": seed}))
        for seed in range(runs)
    )
    return Study("executors", "executors", "what does an executor cost?", tuple(trials))


def report(found: dict[str, Taken], runs: int, cores: int) -> None:
    """Print the table and the figures."""
    base = found[BY_HAND].wall_s / cores
    print(f"{runs} runs of one core each on {cores} cores\n")
    print("| carried out | all runs, s | against one after the other, by cores | at once | cores |")
    print("|---|---|---|---|---|")
    for way, each in found.items():
        against = "–" if way == BY_HAND else f"{each.wall_s / base:.2f}"
        print(f"| {way} | {each.wall_s:.1f} | {against} | {each.at_once} | {each.cores:.2f} |")
    print()
    for way, each in found.items():
        if way != BY_HAND:
            baseline = f"{BY_HAND}, by {cores}"
            say(Figure(f"{runs} runs on {cores} cores, {way}", each.wall_s, "s", baseline, base))


def main(  # noqa: PLR0913, PLR0917 - one parameter an option
    preset: str = "ff",
    data: str = "mnist",
    runs: Annotated[int, typer.Option(help="Runs of each way.", min=1)] = 8,
    cores: Annotated[int, typer.Option(help="Cores, and runs at once.", min=1)] = 2,
    epochs: Annotated[int, typer.Option(help="Epochs of a run.", min=1)] = 5,
    images: Annotated[int, typer.Option(help="Training images.", min=1)] = 10_000,
    only: Annotated[str, typer.Option(help="Ways whose name has it.")] = "",
) -> None:
    """Measure what carrying runs out by each executor costs."""
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) < cores:
        skip("executors", f"{cores} cores that processes can be kept to are needed")
        return
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    asked = {
        "phases.0.epochs": epochs,
        "data.train_images": images,
        "precision": "float32",
        "evaluation.every": 0,
        "telemetry.idle_s": 0,
    }
    study = study_of(preset, data, runs, asked)
    found: dict[str, Taken] = {}
    for way in (BY_HAND, AT_ONCE_BY_HAND, *EXECUTORS):
        if way != BY_HAND and only not in way:
            continue
        if way in NEEDS and find_spec(NEEDS[way]) is None:
            skip(way, f"{NEEDS[way]} is not installed")
            continue
        with tempfile.TemporaryDirectory() as folder:
            found[way] = taken(way, study, Path(folder) / "runs", cores)
        print(f"{way}: {found[way].wall_s:.1f} s", file=sys.stderr, flush=True)  # it takes minutes
    report(found, runs, cores)


if __name__ == "__main__":
    typer.run(main)
