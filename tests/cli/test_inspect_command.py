"""`fftui inspect`: what a run has learned, in plain text and JSON."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fftui import api
from fftui.cli import main as cli
from fftui.runs.inspect_tables import INSPECT_TABLES

Inspect = Callable[..., tuple[object, str, str]]


@pytest.fixture
def inspect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Inspect:
    """Runs the command on the runs of a folder: exit code, stdout, stderr."""

    def run(*arguments: str) -> tuple[object, str, str]:
        words = ["fftui", "inspect", *arguments, "--runs", str(tmp_path)]
        monkeypatch.setattr(sys, "argv", words)
        capfd.readouterr()
        with pytest.raises(SystemExit) as left:
            cli.main()
        out, err = capfd.readouterr()
        return left.value.code or 0, out, err

    return run


def test_text_and_json_say_the_same(tmp_path: Path, small: Any, inspect: Inspect) -> None:
    run = api.run(small.experiment(), name="tiny", runs_dir=tmp_path)
    code, out, _ = inspect("tiny", "--images", "50")
    assert code == 0
    assert f"run {run.id}: forward-forward, at its end, checkpoint of " in out
    assert "looked at: 50 test images" in out
    code, as_json, _ = inspect("tiny", "--images", "50", "--json")
    facts = json.loads(as_json)
    assert facts["run"] == run.id
    correct = facts["confusion"]["correct"]
    assert f"{correct} of 50 right" in out
    (layer,) = facts["layers"]
    assert f"{len(layer['units']['dead'])} of 8" in out
    share = layer["goodness"]["negatives_over_median"]
    assert f"{100 * share:.1f} %" in out
    _, in_full, _ = inspect("tiny", "--images", "50", "--layer", "1")
    assert "layer 1: 784→8, learned" in in_full
    assert f"{100 * share:.1f} % of the negatives lie over the median positive" in in_full
    assert "over theta (1.00): " in in_full


def test_its_tables_hold_what_the_report_says(tmp_path: Path, small: Any, inspect: Inspect) -> None:
    run = api.run(small.experiment(), name="tiny", runs_dir=tmp_path)
    _, as_json, _ = inspect("tiny", "--images", "50", "--json")
    facts = json.loads(as_json)
    asked = ("tiny", "--images", "50", "--to", "json", "--table")
    tables = {name: json.loads(inspect(*asked, name)[1]) for name in INSPECT_TABLES}
    (layer,) = tables["layers"]
    assert layer["dead"] == len(facts["layers"][0]["units"]["dead"])
    assert layer["negatives_over_median"] == facts["layers"][0]["goodness"]["negatives_over_median"]
    assert sum(row["positive"] for row in tables["goodness"]) == 50
    whole = [row for row in tables["confusion"] if row["layer"] is None]
    assert len(whole) == 100
    right = sum(row["images"] for row in whole if row["label"] == row["predicted"])
    assert right == facts["confusion"]["correct"]
    assert [(row["layer"], row["other_layer"]) for row in tables["similarity"]] == [(1, 1)]
    file = tmp_path / "layers.csv"
    assert inspect(run.id, "--images", "50", "-o", str(file))[0] == 0
    assert file.read_text().startswith("layer,title,state,units,dead,")
    code, _, err = inspect("tiny", "--table", "layer")
    assert code == 2
    assert "did you mean 'layers'?" in err


def test_wrong_requests_are_one_line(
    tmp_path: Path, small: Any, inspect: Inspect, finished_run: Any
) -> None:
    folder = finished_run(small.experiment())
    code, out, err = inspect(str(folder.path), "--layer", "2")
    assert (code, out) == (2, "")
    assert f"run {folder.id} has no layer 2: --layer goes from 1 to 1" in err
    code, _, err = inspect(str(folder.path))
    assert code == 1
    assert "has no checkpoint yet" in err
    assert len(err.splitlines()) == 1
