"""What the screens ask of the rest of fftui."""

from pathlib import Path

import pytest

from fftui.presets import load_preset, read_preset
from fftui.runs.folder import create
from fftui.tui.workbench import Workbench


@pytest.mark.parametrize(("override", "told"), [("seed=7", True), ("phases.0.epochs=1", False)])
def test_only_a_run_of_the_very_same_experiment_tells_the_time(tmp_path: Path, override: str, told: bool) -> None:
    folder = create(tmp_path, load_preset("quickstart", overrides=[override]), preset="quickstart")
    record = folder.record().model_copy(update={"status": "finished", "train_s": 12.5})
    folder.write_record(record)
    workbench = Workbench(tmp_path, None, "cpu")
    expected = workbench.expected(read_preset("quickstart"), "mnist-mini", workbench.runs())
    assert expected.measured == told
    assert (expected.seconds == 12.5) == told
