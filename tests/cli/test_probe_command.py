"""`fftui probe`: a linear readout of a run, in plain text and JSON."""

import json
from pathlib import Path
from typing import Any

from fftui import api

from .conftest import Call


def test_text_and_json_say_the_same(here: Path, small: Any, call: Call) -> None:
    run = api.run(small.experiment(), name="tiny", runs_dir=here / "runs")
    words = ("probe", "tiny", "--layers", "1", "--epochs", "2", "--device", "cpu")
    code, out, err = call(*words)
    assert code == 0
    assert f"run {run.id} (finished): linear readout of layer 1, 2 epochs" in out
    assert "readout  epoch 2  loss" in err
    code, as_json, _ = call(*words, "--json")
    facts = json.loads(as_json)
    assert (facts["run"], facts["layers"], facts["epochs"]) == (run.id, [1], 2)
    assert f"test accuracy {100 * facts['test_accuracy']:.2f} %" in out
    code, _, err = call("probe", "tiny", "--layers", "one")
    assert code == 2
    assert "write numbers such as 1,2" in err
