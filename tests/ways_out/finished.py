"""Runs that are over, for the screens that list them."""

from collections.abc import Callable
from pathlib import Path

from fftui.experiment import Experiment
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace

from ..conftest import FakeTraining


def two_finished_runs(runs: Path, experiment: Callable[[int], Experiment]) -> None:
    """Write two runs of `experiment` (by its seed) into the folder `runs`."""
    for seed in (0, 1):
        folder = create(Workspace(runs), experiment(seed), name="by hand")
        journal = JournalWriter(folder.journal)
        for event in FakeTraining(folder.id, 0.9, None, False)._events:
            journal.append(event)
        journal.close()
        over = {"status": "finished", "test_accuracy": 0.9, "train_s": 1.5}
        folder.write_record(folder.record().model_copy(update=over))
