"""The room on the disk that an experiment takes, against what its run wrote."""

from pathlib import Path
from typing import Any

import pytest

from fftui.experiment import FullyConnected, Model, Telemetry
from fftui.experiment.disk_cost import disk_of
from fftui.presets import list_presets, load_preset
from fftui.runs.folder import RunFolder
from fftui.runs.new_folder import create
from fftui.runs.run_thread import RunThread
from fftui.runs.workspace import Workspace


def test_the_weights_are_those_that_a_run_wrote(small: Any, tmp_path: Path) -> None:
    experiment = small.experiment(model=Model(layers=(FullyConnected(units=300),)))
    workspace = Workspace(tmp_path, device="cpu")
    folder = create(workspace, experiment)
    RunThread(folder, workspace).run()
    written = folder.checkpoint.stat().st_size
    assert disk_of(experiment).weights == pytest.approx(written, rel=0.02)
    assert written < disk_of(experiment).checkpoint < 4 * written
    assert rows_of(folder) < disk_of(experiment).rows < 4 * rows_of(folder)


def rows_of(folder: RunFolder) -> int:
    """Bytes of the run's journal and tables."""
    return sum(
        path.stat().st_size for path in folder.path.iterdir() if "checkpoint" not in path.name
    )


def test_a_checkpoint_lies_beside_the_last_one_and_samples_take_room() -> None:
    cost = disk_of(load_preset("ff"))
    assert cost.total(None) > 2 * cost.checkpoint > 2 * cost.weights
    silent = load_preset("ff").model_copy(update={"telemetry": Telemetry(hz=0)})
    assert disk_of(silent).rows_per_s < cost.rows_per_s / 5
    assert cost.total(3600) > cost.total(60) + 3000 * 1000


@pytest.mark.parametrize("preset", [each.name for each in list_presets()])
def test_every_preset_has_an_estimate(preset: str) -> None:
    assert 0 < disk_of(load_preset(preset)).weights < 1e10
