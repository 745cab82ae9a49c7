"""The backend of the screens."""

from pathlib import Path

import pytest

from fftui.experiment.values import parse_overrides
from fftui.presets import load_preset, read_preset
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace
from fftui.tui.backend import Backend


@pytest.mark.parametrize(("override", "measured"), [("seed=7", True), ("phases.0.epochs=1", False)])
def test_only_a_run_of_the_same_experiment_gives_the_time(
    tmp_path: Path, override: str, measured: bool
) -> None:
    folder = create(
        Workspace(tmp_path),
        load_preset("quickstart", overrides=parse_overrides([override])),
        preset="quickstart",
    )
    record = folder.record().model_copy(update={"status": "finished", "train_s": 12.5})
    folder.write_record(record)
    backend = Backend(Workspace(tmp_path, None, "cpu"))
    assert backend.runs()
    expected = backend.expectation(load_preset("quickstart"))
    assert (expected.same_run == folder.id) == measured
    assert (expected.seconds == 12.5) == measured
    assert (
        backend.likely_time(read_preset("quickstart"), "mnist-mini").seconds == 12.5
    ) == measured
