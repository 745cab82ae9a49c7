"""Linear readouts of a run: their results beside it, and nothing of it changed."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from fftui import api
from fftui.errors import RequestError, RunFailedError
from fftui.experiment import Experiment
from fftui.runs.folder import RunFolder
from fftui.runs.readouts import ReadoutSettings, readout_experiment
from fftui.runs.weights import weights_of
from fftui.text.inspect_text import inspect_text


@pytest.fixture
def run(tmp_path: Path, experiment: Experiment) -> api.Run:
    return api.run(experiment, runs_dir=tmp_path / "runs", device="cpu")


def test_a_readout_is_kept_beside_the_run_which_stays_as_it_is(run: api.Run) -> None:
    def contents() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in run.path.iterdir()}

    before, weights = contents(), weights_of(run.folder)
    first = run.probe([1], epochs=2, learning_rate=0.01, device="cpu")
    both = run.probe(epochs=2, device="cpu")
    again = run.probe([1], epochs=2, learning_rate=0.01, device="cpu")
    after = contents()
    kept = json.loads(after.pop("readouts.json"))
    assert after == before
    assert all(torch.equal(each, weights[name]) for name, each in weights_of(run.folder).items())
    assert run.readouts() == (both, again)
    assert (both.layers, again.layers) == ((1, 2), (1,))
    assert again.test_accuracy == first.test_accuracy
    assert kept[1]["learning_rate"] == 0.01
    assert 0 < first.validation_accuracy < 1  # type: ignore[operator]


def test_the_time_that_a_run_was_given_is_not_its_readouts(experiment: Experiment) -> None:
    limited = experiment.changed({"budget_s": 2.0})
    assert readout_experiment(limited, ReadoutSettings((1,)), "run").budget_s is None


def test_what_cannot_be_probed_is_one_line(run: api.Run, finished_run: Any) -> None:
    with pytest.raises(RequestError, match="there is no layer 3: the run's layers go from 1 to 2"):
        run.probe([1, 3], device="cpu")
    by_hand: RunFolder = finished_run(run.experiment)
    with pytest.raises(RunFailedError, match="has no checkpoint yet"):
        api.Run(by_hand).probe(device="cpu")
    run.folder.readouts.write_text("{")
    with pytest.raises(RequestError, match="is damaged"):
        run.readouts()
    with pytest.raises(RunFailedError, match="a lower --learning-rate may help"):
        run.probe(learning_rate=1e38, device="cpu")


@pytest.mark.parametrize("rule", ["image-contrast", "softhebb"])
def test_a_run_without_labels_is_looked_into_and_probed(
    tmp_path: Path, experiment: Experiment, rule: str
) -> None:
    changes = {
        "model.label.encoding": "none",
        "phases": [{"rule": rule, "epochs": 1, "batch_size": 64}],
    }
    run = api.run(experiment.changed(changes), runs_dir=tmp_path / "runs", device="cpu")
    assert run.record.test_accuracy is None
    report = run.inspect(images=20)
    assert (report.confusion.images, report.layers[0].goodness) == (0, None)
    said = inspect_text(run.id, report)
    assert f"{rule} contrasts no labels" in said
    assert "whole network" not in said
    assert run.probe(epochs=1, device="cpu").test_accuracy is not None
