"""A run is inspected from its checkpoint, whose place in the experiment is said."""

from pathlib import Path
from typing import Any

import pytest

from fftui import api
from fftui.errors import RequestError, RunFailedError
from fftui.experiment import Backprop, Experiment, ForwardForward, FullyConnected, Head, Model
from fftui.learning.state import Progress
from fftui.runs.inspect_run import inspect_run, position_of

TWO = Model(layers=(FullyConnected(units=8), FullyConnected(units=8)), head=Head(kind="linear"))
LAYERS = ForwardForward(epochs=3, batch_size=64)
PARALLEL = ForwardForward(epochs=3, batch_size=64, order="parallel")


@pytest.mark.parametrize(
    ("phases", "progress", "expected"),
    [
        ((LAYERS,), {}, (1, 1, 0, False)),
        ((LAYERS,), {"epoch": 2, "step": 1}, (1, 1, 2, False)),
        ((LAYERS,), {"stage": 1}, (1, 1, 3, False)),
        ((LAYERS,), {"stage": 1, "step": 1}, (1, 2, 0, False)),
        ((LAYERS,), {"stage": 2}, (1, 2, 3, True)),
        ((LAYERS,), {"phase": 1}, (1, None, 3, True)),
        ((PARALLEL,), {"epoch": 1}, (1, None, 1, False)),
        ((LAYERS, Backprop(epochs=4)), {"phase": 1}, (1, None, 3, True)),
        ((LAYERS, Backprop(epochs=4)), {"phase": 1, "epoch": 1}, (2, None, 1, False)),
        ((LAYERS, Backprop(epochs=4)), {"phase": 2}, (2, None, 4, True)),
    ],
)
def test_weights_are_of_what_changed_them_last(
    small: Any, phases: Any, progress: dict[str, int], expected: tuple[Any, ...]
) -> None:
    position = position_of(Progress(**progress), small.experiment(model=TWO, phases=phases))
    assert (position.phase, position.layer, position.epoch, position.ended) == expected
    assert position.rule == phases[position.phase - 1].rule


def test_a_run_reports_what_its_final_evaluation_says(tmp_path: Path, small: Any) -> None:
    experiment: Experiment = small.experiment()
    run = api.run(experiment, runs_dir=tmp_path)
    report = run.inspect(images=10_000)
    images = len(report.labels)
    _, labels = api.load_data("mnist-mini", "test")
    assert images == len(labels)
    assert report.position.ended
    assert report.written == run.folder.checkpoint.stat().st_mtime
    network = run.network()
    test_images, labels = api.load_data("mnist-mini", "test")
    right = int((network.predict(test_images) == labels).sum())
    assert report.confusion.correct == right


def test_what_cannot_be_inspected_says_why(small: Any, finished_run: Any) -> None:
    folder = finished_run(small.experiment())
    with pytest.raises(RunFailedError, match="has no checkpoint yet"):
        inspect_run(folder)
    with pytest.raises(RequestError, match="0 probe images are too few"):
        inspect_run(folder, images=0)
