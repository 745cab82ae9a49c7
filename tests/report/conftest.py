"""Runs on disk that have ended: those of comparisons, and fifty of a study."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fftui import events as ev
from fftui.experiment import Experiment
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace
from fftui.studies.study import Study
from fftui.studies.study_catalogue import STUDIES

from ..comparison.conftest import new_run

__all__ = ["new_run"]

RUNS, EPOCHS, LAYERS = 50, 60, 4  # as long as the paper's


@pytest.fixture
def fifty_runs(tmp_path: Path) -> tuple[Study, Workspace]:
    """A study of fifty runs, all of which have finished, and where they are."""
    whole = STUDIES["threshold"].build("quick", ["mnist-mini"], 1 + RUNS // 10)
    study = replace(whole, trials=whole.trials[:RUNS])
    workspace = Workspace(tmp_path / "runs")
    for number, trial in enumerate(study.trials):
        _finish(create(workspace, trial.experiment, name=trial.condition.text), number)
    return study, workspace


def _finish(folder: RunFolder, number: int) -> None:
    """Let the run have learned, in a way of its own."""
    accuracy = 0.5 + number / 1000
    journal = JournalWriter(folder.journal)
    for event in _events(folder, folder.experiment(), accuracy):
        journal.append(event)
    journal.close()
    over = {"status": "finished", "test_accuracy": accuracy, "train_s": 1.5, "e2e_s": 2.0}
    folder.write_record(folder.record().model_copy(update=over))


def _events(folder: RunFolder, experiment: Experiment, accuracy: float) -> Iterator[ev.Event]:
    titles = tuple(f"layer {layer}" for layer in range(1, LAYERS + 1))
    yield ev.RunStarted(
        folder.id, experiment.name, "mnist-mini", "cpu", "float32", titles,
        EPOCHS, 4000, 0, 1000, False,
    )  # fmt: skip
    counts = ((int(1000 * accuracy),), (1000,))
    for layer in range(1, LAYERS + 1):
        yield ev.LayerStarted(1, layer, EPOCHS, 2.0)
        for epoch in range(1, EPOCHS + 1):
            loss = math.exp(-epoch / 20) + accuracy / 7
            yield ev.EpochFinished(
                1, layer, epoch, 8 * epoch, loss, 3.0 - loss, loss, 2.0, accuracy, 100.0, 0.5, 0.25
            )
            at = accuracy * (1 - loss / 3)
            yield ev.Evaluated(1, layer, epoch, "test", False, at, (at,) * layer, *counts, 0.125)
        yield ev.LayerFinished(1, layer, EPOCHS, 30.0, False)
    for split in ("train", "test"):
        yield ev.Evaluated(
            1, None, EPOCHS, split, True, accuracy, (accuracy,) * LAYERS, *counts, 0.5
        )
    yield ev.RunFinished("finished", accuracy, (accuracy,) * LAYERS, 1.5, None)
