"""`python -m tests.ray_nodes`: a study on Ray's own cluster of three local nodes, one of which is
killed in mid-run, and again on nodes that do not see the runs folder; fails unless all runs finish,
each resumed at most once, with the numbers that one process gives. Needs the extra `[ray]`; takes
minutes, so it is no part of the suite.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import ray
from ray.cluster_utils import Cluster

from fftui import events as ev
from fftui.executors.ray_cluster import RayExecutor, ray_executor
from fftui.executors.share import Share
from fftui.executors.shipped import Carried, Shipment, run_there
from fftui.presets import load_preset
from fftui.runs.finding import run_folders
from fftui.runs.journal import read_journal
from fftui.runs.workspace import Workspace
from fftui.studies.results import trials_table
from fftui.studies.runner import run_study
from fftui.studies.study import Condition, Study, Trial

NODES = 3
RATES = (0.001, 0.002, 0.003, 0.004, 0.005, 0.006)
KILLED_AFTER = 20  # epochs of a run
TINY = {
    "data.train_images": 1000,
    "model.layers.0.units": 100,
    "model.layers.1.units": 100,
    "phases.0.epochs": 40,
    "telemetry.idle_s": 0,
    "checkpoint.every_s": 1.0,
    "precision": "float32",
}


def study() -> Study:
    """Small runs that differ in their learning rate."""
    experiment = load_preset("ff", "mnist-mini", TINY)
    trials = (
        Trial(
            Condition((("data", "mnist-mini"), ("rate", rate))),
            experiment.changed({"phases.0.learning_rate": rate}),
        )
        for rate in RATES
    )
    return Study("ray-nodes", "Ray", "does a study survive its nodes?", tuple(trials))


@contextmanager
def three_nodes() -> Iterator[tuple[Cluster, list[object], RayExecutor]]:
    """A cluster, its nodes that take tasks, and its executor."""
    quiet = {"include_log_monitor": False}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **quiet})
    nodes = [cluster.add_node(num_cpus=1, **quiet) for _ in range(NODES)]
    os.environ["RAY_ADDRESS"] = cluster.address
    try:
        yield cluster, nodes, ray_executor(None, NODES, Share())
    finally:
        ray.shutdown()
        cluster.shutdown()


def with_a_node_killed(runs: Path) -> None:
    """Carry the study out, and kill a node once a run is half way."""
    with three_nodes() as (cluster, nodes, executor):
        for progress in run_study(study(), Workspace(runs, device="cpu"), executor=executor):
            view = progress.view
            if nodes and view and view.progress and view.progress.epoch > KILLED_AFTER:
                cluster.remove_node(nodes[0], allow_graceful=False)
                nodes.clear()
                print("killed a node")  # noqa: T201
            if progress.over:
                print(progress.index, progress.state, progress.run)  # noqa: T201


def unseeing(shipment: Shipment, words: Sequence[str], threads: int) -> Carried:
    """The task of a node where the run's folder is nowhere."""
    nowhere = f"/nowhere/{Path(shipment.path).name}"
    words = [nowhere if word == shipment.path else word for word in words]
    return run_there(replace(shipment, path=nowhere), words, threads)


def without_the_folder(runs: Path) -> None:
    """Carry the study out on nodes that do not see the runs folder."""
    with three_nodes() as (_, _, executor):
        executor._task = ray.remote(num_cpus=1, max_retries=0, max_calls=1)(unseeing)
        for progress in run_study(study(), Workspace(runs, device="cpu"), executor=executor):
            if progress.over:
                print(progress.index, progress.state, progress.run)  # noqa: T201


def accuracies(runs: Path) -> list[float]:
    """Test and training accuracies of the runs, in the order of their rates."""
    table = trials_table(study(), runs).sort("rate")
    return [*table["test_accuracy"], *table["train_accuracy"]]


def outcome(runs: Path, alone: Path, at_most: int) -> bool:
    """Whether all runs have finished as on one process, one of them resumed so many times, the
    others no more often.
    """
    resumed = [
        sum(event.resumed for _, event in read_journal(each.journal, ev.RunStarted))
        for each in run_folders(runs)
    ]
    equal = accuracies(runs) == accuracies(alone)
    print(f"{len(resumed)} of {len(RATES)} runs, resumed {resumed}, equal: {equal}")  # noqa: T201
    return equal and len(resumed) == len(RATES) and max(resumed) == at_most


def main() -> int:
    """Compare the clusters with one process."""
    with tempfile.TemporaryDirectory() as folder:
        shared, unseen, alone = (Path(folder) / name for name in ("shared", "unseen", "alone"))
        with_a_node_killed(shared)
        without_the_folder(unseen)
        list(run_study(study(), Workspace(alone, device="cpu")))
        fine = [outcome(shared, alone, at_most=1), outcome(unseen, alone, at_most=0)]
    return int(not all(fine))


if __name__ == "__main__":
    sys.exit(main())
