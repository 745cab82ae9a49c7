"""`python -m tests.ray_nodes`: a study on Ray's own cluster of three local nodes, one of which is
killed in mid-run; fails unless all runs finish, each resumed at most once, with the numbers that
one process gives. Needs the extra `[ray]`; takes minutes, so it is no part of the suite.
"""

import os
import sys
import tempfile
from pathlib import Path

import ray
from ray.cluster_utils import Cluster

from fftui import events as ev
from fftui.executors.ray_cluster import ray_executor
from fftui.executors.share import Share
from fftui.presets import load_preset
from fftui.runs.folder import run_folders
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


def on_three_nodes(runs: Path) -> None:
    """Carry the study out, and kill a node once a run is half way."""
    quiet = {"include_log_monitor": False}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **quiet})
    nodes = [cluster.add_node(num_cpus=1, **quiet) for _ in range(NODES)]
    os.environ["RAY_ADDRESS"] = cluster.address
    executor = ray_executor(None, NODES, Share())
    for progress in run_study(study(), Workspace(runs, device="cpu"), executor=executor):
        view = progress.view
        if nodes and view and view.progress and view.progress.epoch > KILLED_AFTER:
            cluster.remove_node(nodes[0], allow_graceful=False)
            nodes.clear()
            print("killed a node")  # noqa: T201
        if progress.over:
            print(progress.index, progress.state, progress.run)  # noqa: T201
    ray.shutdown()
    cluster.shutdown()


def accuracies(runs: Path) -> list[float]:
    """Test and training accuracies of the runs, in the order of their rates."""
    table = trials_table(study(), runs).sort("rate")
    return [*table["test_accuracy"], *table["train_accuracy"]]


def main() -> int:
    """Compare the cluster with one process."""
    with tempfile.TemporaryDirectory() as folder:
        shared, alone = Path(folder) / "shared", Path(folder) / "alone"
        on_three_nodes(shared)
        list(run_study(study(), Workspace(alone, device="cpu")))
        resumed = [
            sum(event.resumed for _, event in read_journal(each.journal, ev.RunStarted))
            for each in run_folders(shared)
        ]
        equal = accuracies(shared) == accuracies(alone)
    outcome = f"runs {len(resumed)} of {len(RATES)}, resumed {resumed}, equal to local: {equal}"
    print(outcome)  # noqa: T201
    return int(not (equal and len(resumed) == len(RATES) and max(resumed) == 1))


if __name__ == "__main__":
    sys.exit(main())
