"""`fftui compare`."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fftui.presets import load_preset
from fftui.runs.folder import RunFolder

from .conftest import Call


@pytest.fixture
def call(call: Call) -> Call:
    """Runs `fftui compare` in this process: exit code, stdout, stderr."""
    return partial(call, "compare")


@pytest.fixture
def runs(finished_run: Callable[..., RunFolder]) -> list[str]:
    experiment = load_preset("quickstart")
    return [
        finished_run(experiment.changed({"seed": seed}), 0.9 + seed / 100).id for seed in (0, 1)
    ]


def test_text_is_written_to_stdout(call: Any, runs: list[str]) -> None:
    code, out, err = call(*runs)
    assert (code, err) == (0, "")
    assert "90.00" in out
    assert "91.00" in out
    assert "seed     0  1" in out


def test_the_format_is_that_of_the_file_and_replacing_is_said(
    call: Any, runs: list[str], tmp_path: Path
) -> None:
    options = ("--metric", "separation", "--layer", "1", "--x", "seconds", "-o", "out.json")
    assert call(*runs, *options) == (0, "", "out.json written\n")
    facts = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert facts["lines"][0]["values"] == [2, 2]
    assert facts["layer"] == 1
    assert call(*runs, *options)[2] == "out.json replaced\n"


def test_seeds_are_folded(call: Any, runs: list[str]) -> None:
    code, out, _ = call(*runs, "--fold", "--to", "csv", "--metric", "loss")
    assert code == 0
    assert out.splitlines()[1].split(",")[2:] == ["2", "", "1", "2", "0.25", "0.5", "0.5", "0.5"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--metric", "los"), "did you mean 'loss'"),
        (("--to", "excel"), "no format is called 'excel'"),
        (("--x", "hours"), "no axis is called 'hours'"),
    ],
)
def test_a_wrong_request_is_one_line(
    call: Any, runs: list[str], options: tuple[str, ...], reason: str
) -> None:
    code, out, err = call(*runs, *options)
    assert (code, out) == (2, "")
    assert reason in err
    assert err.count("\n") == 1
    assert call(runs[0])[0] == 2
